"""Intents by TF-IDF of letters, words and looks (bot/nlu/features.py), and two linear machines whose confidences are
calibrated: a support vector machine, and naive Bayes, which errs elsewhere and so takes sureness from it where it errs.

Chosen by measurement (docs/nlu.md): trained in a minute, a few ms a message, no TensorFlow. Consent leans on the
confidence (C-08), so it must mean what it says: temperatures, found on a part of the training data that was not learnt
from, bring it there. One model for all languages: people mix them, and a wrong guess of the language then costs
nothing.
"""
# ruff: noqa: ARG003 - the libraries prescribe what these methods are given

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from bot.nlu.features import Read, Reader, new_features
from bot.nlu.linear import Linear
from bot.wording import GIVEN_NAMES, read_given_names

LOG = logging.getLogger("vestibule.nlu")
INTENT_RANKING = "intent_ranking"
RANKING_LENGTH = 5
TEMPERATURES = np.geomspace(0.05, 20.0, 100)
HELD_BACK = 0.2
FEW = 1000


class Temperatures(NamedTuple):
    """What brings the scores of the machines, and then what they say together, to true confidences."""

    vectors: float = 1.0
    bayes: float = 1.0
    together: float = 1.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MaskedTextIntentClassifier(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Rasa asks for full annotations in `typing`'s own names here; without them a training stops."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings that config.yml may change."""
        return {
            "regularisation": 1.0,
            "bayes_smoothing": 0.03,
            "bayes_share": 0.35,
            "seen_at_least": 2,
            "random_seed": 7,
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model: Linear | None = None
        self._temperatures = Temperatures()
        self._reader = Reader(())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MaskedTextIntentClassifier:
        """Make an untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> MaskedTextIntentClassifier:
        """Load what `train` stored."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._model, classifier._temperatures, classifier._reader = joblib.load(folder / "intents.joblib")
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a text and an intent, and store what was learnt."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        self._reader = Reader(read_given_names(GIVEN_NAMES))
        texts = [self._reader.read(example.get(TEXT)) for example in examples]
        intents = [example.get(INTENT) for example in examples]
        self._temperatures = _calibrate(self._config, texts, intents)
        self._model = _learn(self._config, texts, intents)
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._model, self._temperatures, self._reader), folder / "intents.joblib", compress=3)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put intent and ranking on each message."""
        for message in messages:
            ranking = self.rank(message.get(TEXT) or "")
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING, ranking, add_to_output=True)
        return messages

    def rank(self, text: str) -> list[dict[str, Any]]:
        """Return the likeliest intents of a text with their confidences, best first."""
        read = self._reader.read(text)
        if self._model is None or not any(sign.isalnum() for sign in read.folded):
            return [{"name": "out_of_scope", "confidence": 1.0}]  # nothing but signs and emoji
        confidences = _confidences(self._config, self._model.scores([read]), self._temperatures)[0]
        best = np.argsort(confidences)[::-1][:RANKING_LENGTH]
        return [{"name": str(self._model.classes[i]), "confidence": float(confidences[i])} for i in best]


def _learn(config: dict[str, Any], texts: Sequence[Read], intents: Sequence[str]) -> Linear:
    features = new_features(config["seen_at_least"] if len(texts) > FEW else 1)  # with few texts each one counts
    seen = features.fit_transform(texts)
    vectors = LinearSVC(C=config["regularisation"], random_state=config["random_seed"]).fit(seen, intents)
    bayes = MultinomialNB(alpha=config["bayes_smoothing"]).fit(seen, intents)
    return Linear(features, vectors, bayes)


def _calibrate(config: dict[str, Any], texts: Sequence[Read], intents: Sequence[str]) -> Temperatures:
    """Return the temperatures that make the confidences true on texts that were held back."""
    fewest = min(Counter(intents).values())
    if fewest * HELD_BACK < 1:
        return Temperatures()  # nothing to hold back: a training for a test of the wiring
    learnt, held, learnt_intents, held_intents = train_test_split(
        texts, intents, test_size=HELD_BACK, stratify=intents, random_state=config["random_seed"]
    )
    model = _learn(config, learnt, learnt_intents)
    scores = model.scores(held)
    truth = np.searchsorted(model.classes, held_intents)
    apart = Temperatures(*(_temperature(of_one, truth) for of_one in scores))
    together = np.log(_together(config, scores, apart))
    temperatures = apart._replace(together=_temperature(together, truth))
    accuracy = float((together.argmax(axis=1) == truth).mean())
    shown = " ".join(f"{name}={value:.3f}" for name, value in temperatures._asdict().items())
    LOG.info("nlu.trained examples=%d held_back_accuracy=%.3f temperatures: %s", len(texts), accuracy, shown)
    return temperatures


def _temperature(scores: Any, truth: Any) -> float:
    """Return the temperature at which the true classes are likeliest."""
    right = np.arange(len(truth)), truth
    losses = [-np.log(_soften(scores, t)[right] + 1e-12).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def _confidences(config: dict[str, Any], scores: Any, temperatures: Temperatures) -> Any:
    return _soften(np.log(_together(config, scores, temperatures)), temperatures.together)


def _together(config: dict[str, Any], scores: Any, temperatures: Temperatures) -> Any:
    """Return what both machines hold likely, never quite nothing."""
    share, (vectors, bayes) = config["bayes_share"], scores
    mixed = (1 - share) * _soften(vectors, temperatures.vectors) + share * _soften(bayes, temperatures.bayes)
    return np.maximum(mixed, 1e-12)


def _soften(scores: Any, temperature: float) -> Any:
    scaled = scores / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
