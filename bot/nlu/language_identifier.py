"""Tells which of the bot's languages a text is in, by its letters: learnt from the same examples as the intents.

Each example is learnt twice, as it stands and without its marks, since people leave them out on a phone. The language
of the page is the prior: a word that fits two languages is in the one the visitor reads. A text of nothing but words
that many languages share ("ok", "demo") tells nothing, and neither do numbers and addresses: the page's language stays,
at no more than the prior.

`language_confidence` is how likely the language is, the page's taken into account. From `PLAINLY` on, a language that
is not the page's is hardly ever a mistake (docs/nlu.md has the figures).
"""
# ruff: noqa: ARG003 - the libraries prescribe what these methods are given

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bot.nlu.linear import Linear
from bot.nlu.masking import mask

LANGUAGE, LANGUAGE_CONFIDENCE = "language", "language_confidence"
FOREIGN = frozenset({"change_language"})  # its examples name other languages, and are often written in them
TEMPERATURE = 0.3  # makes the confidences true, found once on texts that were held back
PRIOR = 0.7  # how likely a visitor writes in the language of the page
PLAINLY = 0.9
SHARED_BY = 3  # languages in which a word is seen, twice or more each, before it tells nothing
_MASKED = ("xemail", "xurl", "xphone", "xnumber")
_WORD = re.compile(r"[^\W\d_]+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageIdentifier(GraphComponent):  # type: ignore[misc]
    """Puts `language` and `language_confidence` on each message."""

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        self._storage = storage
        self._resource = resource
        self._model: Linear | None = None
        self._shared: frozenset[str] = frozenset(_MASKED)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        """Make an untrained identifier."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageIdentifier:
        """Load what `train` stored."""
        identifier = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            identifier._model, identifier._shared = joblib.load(folder / "languages.joblib")
        return identifier

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples whose block says `metadata: {language: …}`, and store what was learnt."""
        marked = [(mask(example.get(TEXT)), _language_of(example)) for example in training_data.intent_examples]
        known = [(text, language) for text, language in marked if language]
        texts = [text for text, _ in known] + [_without_marks(text) for text, _ in known]
        languages = [language for _, language in known] * 2
        self._shared = _shared_words(known)
        if len(set(languages)) > 2:  # a training for a test of the wiring may know one
            letters = TfidfVectorizer(
                analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, min_df=2, dtype=np.float32
            )
            machine = LinearSVC(C=0.5, class_weight="balanced", random_state=7)
            machine.fit(letters.fit_transform(texts), languages)
            self._model = Linear(letters, machine)
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._model, self._shared), folder / "languages.joblib", compress=3)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the likeliest language on each message, unless it was trained on none."""
        for message in messages:
            metadata = message.get("metadata") or {}
            page = metadata.get("locale") if isinstance(metadata, Mapping) else None
            if found := self.identify(message.get(TEXT) or "", page_language=page):
                message.set(LANGUAGE, found[0], add_to_output=True)
                message.set(LANGUAGE_CONFIDENCE, found[1], add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the examples as they are: the intents are learnt from the text alone."""
        return training_data

    def identify(self, text: str, *, page_language: str | None = None) -> tuple[str, float] | None:
        """Return the likeliest language of a text and how likely it is; without a page's language, None when no word is
        there to judge by."""
        masked = mask(text)
        if self._model is None:
            return None
        if all(_without_marks(word) in self._shared for word in _WORD.findall(masked)):
            return (page_language, PRIOR) if page_language and page_language in self._model.classes else None
        scores = self._model.scores([masked])[0][0] / TEMPERATURE
        languages = [str(language) for language in self._model.classes]
        if page_language in languages:
            other = (1 - PRIOR) / max(len(languages) - 1, 1)
            scores = scores + np.log([PRIOR if language == page_language else other for language in languages])
        shares = np.exp(scores - scores.max())
        best = int(np.argmax(shares))
        return languages[best], float(shares[best] / shares.sum())


def _language_of(example: Message) -> str | None:
    of_intent = (example.get("metadata") or {}).get("intent") or {}
    return None if example.get("intent") in FOREIGN else of_intent.get("language")


def _shared_words(known: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the words that are seen in so many languages that they tell nothing."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for text, language in known:
        for word in _WORD.findall(_without_marks(text)):
            seen[word][language] += 1
    shared = {word for word, counts in seen.items() if sum(count > 1 for count in counts.values()) >= SHARED_BY}
    return frozenset(shared) | frozenset(_MASKED)


def _without_marks(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
