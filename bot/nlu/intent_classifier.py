"""Intents by TF-IDF of characters and words, and a logistic regression whose confidences are calibrated.

Chosen by measurement (docs/bot.md): as good as a transformer at this amount of data, trained in seconds, 2 ms a
message, no
TensorFlow. Consent leans on the confidence (C-08), so it must mean what it says: a temperature, found on held-out folds
of the training data, brings it there.
"""
# ruff: noqa: ARG003 - the libraries prescribe what these methods are given

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

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
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import FeatureUnion, Pipeline

from bot.nlu.masking import mask

LOG = logging.getLogger("vestibule.nlu")
INTENT_RANKING = "intent_ranking"
RANKING_LENGTH = 5
TEMPERATURES = np.geomspace(0.2, 2.0, 40)
FOLDS = 5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MaskedTextIntentClassifier(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Rasa asks for full annotations in `typing`'s own names here; without them a training stops."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings that config.yml may change."""
        return {"regularisation": 10.0, "random_seed": 7}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model: Any = None
        self._temperature = 1.0

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
            classifier._model, classifier._temperature = joblib.load(folder / "intents.joblib")
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples that have a text and an intent, and store what was learnt."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        texts = [mask(example.get(TEXT)) for example in examples]
        intents = [example.get(INTENT) for example in examples]
        self._model = _new_model(self._config).fit(texts, intents)
        self._temperature = _calibrate(_new_model(self._config), texts, intents, self._config["random_seed"])
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._model, self._temperature), folder / "intents.joblib", compress=3)
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
        masked = mask(text)
        if not any(sign.isalnum() for sign in masked):
            return [{"name": "out_of_scope", "confidence": 1.0}]  # nothing but signs and emoji
        confidences = _soften(self._model.predict_log_proba([masked]), self._temperature)[0]
        best = np.argsort(confidences)[::-1][:RANKING_LENGTH]
        return [{"name": str(self._model.classes_[i]), "confidence": float(confidences[i])} for i in best]


def _new_model(config: dict[str, Any]) -> Any:
    features = FeatureUnion(
        [
            (
                "letters",
                TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, strip_accents="unicode"),
            ),
            (
                "words",
                TfidfVectorizer(
                    analyzer="word",
                    ngram_range=(1, 2),
                    sublinear_tf=True,
                    strip_accents="unicode",
                    token_pattern=r"(?u)[\w']+",  # noqa: S106 - a pattern of words
                ),
            ),
        ]
    )
    regression = LogisticRegression(
        C=config["regularisation"], max_iter=300, class_weight="balanced", random_state=config["random_seed"]
    )
    return Pipeline([("features", features), ("regression", regression)])


def _calibrate(model: Any, texts: Sequence[str], intents: Sequence[str], seed: int) -> float:
    fewest = min(intents.count(intent) for intent in set(intents))  # type: ignore[attr-defined]
    if fewest < 2:
        return 1.0  # nothing to hold out: a training for a test of the wiring
    folds = StratifiedKFold(n_splits=min(FOLDS, fewest), shuffle=True, random_state=seed)
    scores = cross_val_predict(model, texts, intents, cv=folds, method="predict_log_proba")
    truth = np.searchsorted(np.unique(intents), intents)
    losses = [-np.log(_soften(scores, t)[np.arange(len(truth)), truth] + 1e-12).mean() for t in TEMPERATURES]
    temperature = float(TEMPERATURES[int(np.argmin(losses))])
    accuracy = float((scores.argmax(axis=1) == truth).mean())
    LOG.info("nlu.trained examples=%d folds_accuracy=%.3f temperature=%.2f", len(texts), accuracy, temperature)
    return temperature


def _soften(scores: Any, temperature: float) -> Any:
    scaled = scores / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
