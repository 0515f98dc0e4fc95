"""Rasa's own command line on an installation without TensorFlow: `python -m bot.lean train | run | data validate |
test`.

Why. Rasa 3.6 imports TensorFlow before it looks at the pipeline, only because its recipe lists every component it ever
had. We use none of those, and TensorFlow costs 2 GB on disk, 350 MB resident and 4 s a start. So, before anything of
Rasa is imported, stand-ins take the place of the few modules that would pull it in: the module is there, the names Rasa
looks up in it are there, and whoever tries to *use* one is told plainly. The list of default components is replaced by
one that holds only what runs here.

This leans on private modules of Rasa 3.6.21. That is safe because the version is pinned by hash and is the last of its
line; tests/bot/test_lean.py trains, validates, tests and runs through it.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import ModuleType
from typing import Any

from bot.quick_answers import build_answer_validator_once
from bot.quiet_logs import quieten_logs

# Module -> the names Rasa imports from it at its own import.
STAND_INS: dict[str, tuple[str, ...]] = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
    "rasa.nlu.classifiers.diet_classifier": ("DIETClassifier",),
    "rasa.nlu.selectors.response_selector": ("ResponseSelector",),
    "rasa.core.policies.ted_policy": ("TEDPolicy",),
    "rasa.core.policies.unexpected_intent_policy": ("UnexpecTEDIntentPolicy",),
}
DEFAULT_COMPONENTS = "rasa.engine.recipes.default_components"
SEES_NO_VISITOR: tuple[list[str], ...] = (["train"], ["data"], ["test"], ["--version"], ["--help"], [])
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",  # H-13: nothing calls home
    "OPENBLAS_NUM_THREADS": "1",  # two threads on a small matrix spend their time in context switches
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class NotInstalled(RuntimeError):
    """A component that needs TensorFlow was asked for; the message names it."""


def main(arguments: list[str]) -> None:
    """Run Rasa's command line with `arguments` on this installation; exits as Rasa does.

    Where visitors are served, nothing they wrote reaches a log (`bot.quiet_logs`), and each answer of the action server
    is checked by a validator that was built once (`bot.quick_answers`).
    """
    warnings.simplefilter("ignore", DeprecationWarning)  # of packages as old as Rasa; none is ours to mend
    serves_visitors = arguments[:1] not in SEES_NO_VISITOR
    if serves_visitors:
        quieten_logs()
    put_stand_ins()
    import rasa.__main__ as rasa_command_line

    build_answer_validator_once()
    if serves_visitors:
        quieten_logs()  # once more: Rasa's import has set up its own
    sys.argv = ["rasa", *arguments]
    rasa_command_line.main()


def put_stand_ins() -> None:
    """Put the stand-ins in place and set the environment; harmless when done twice.

    :raises RuntimeError: when Rasa was imported before, because then it is too late.
    """
    if DEFAULT_COMPONENTS in sys.modules and not hasattr(sys.modules[DEFAULT_COMPONENTS], "is_stand_in"):
        raise RuntimeError("put_stand_ins() must run before anything of rasa.engine is imported")
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for module, classes in STAND_INS.items():
        sys.modules.setdefault(module, _module_of_refusals(module, classes))
    if DEFAULT_COMPONENTS not in sys.modules:
        # First an empty list, so that the import of the components below cannot come back here half-way.
        sys.modules[DEFAULT_COMPONENTS] = _components_module([])
        sys.modules[DEFAULT_COMPONENTS].__dict__["DEFAULT_COMPONENTS"].extend(_components_that_run_here())


def _module_of_refusals(module: str, classes: tuple[str, ...]) -> ModuleType:
    stand_in = ModuleType(module, f"Stand-in for {module}, which needs TensorFlow.")
    for name in classes:
        setattr(
            stand_in, name, type(name, (), {"__init__": _refuse, "create": classmethod(_refuse), "__module__": module})
        )
    return stand_in


def _refuse(it: Any, /, *_arguments: object, **_named: object) -> None:
    name = it.__name__ if isinstance(it, type) else type(it).__name__
    raise NotInstalled(f"{name} needs TensorFlow, which is left out of this installation (see bot/lean.py).")


def _components_module(components: list[type]) -> ModuleType:
    module = ModuleType(DEFAULT_COMPONENTS, "The components that run without TensorFlow.")
    module.__dict__.update(DEFAULT_COMPONENTS=components, is_stand_in=True)
    return module


def _components_that_run_here() -> list[type]:
    from rasa.core.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
    from rasa.nlu.classifiers.keyword_intent_classifier import KeywordIntentClassifier
    from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
    from rasa.nlu.extractors.entity_synonyms import EntitySynonymMapper
    from rasa.nlu.extractors.regex_entity_extractor import RegexEntityExtractor
    from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
    from rasa.nlu.featurizers.sparse_featurizer.regex_featurizer import RegexFeaturizer
    from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer

    return [
        FallbackClassifier,
        KeywordIntentClassifier,
        LogisticRegressionClassifier,
        EntitySynonymMapper,
        RegexEntityExtractor,
        CountVectorsFeaturizer,
        RegexFeaturizer,
        WhitespaceTokenizer,
        RulePolicy,
        MemoizationPolicy,
        AugmentedMemoizationPolicy,
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
