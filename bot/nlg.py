"""The bot's voice: replies by name, in the visitor's language, made inside the Rasa process from bot/words."""
# ruff: noqa: ARG002 - the libraries prescribe what these methods are given

from __future__ import annotations

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator

from bot.wording import Wording, load_wording

LANGUAGE_SLOT = "language"


class SpokenWords(NaturalLanguageGenerator):  # type: ignore[misc]
    """Named in endpoints.yml. English must be complete, else Rasa does not start; another language may be only
    begun."""

    def __init__(self, endpoint_config: Any = None, domain: Any = None, wording: Wording | None = None) -> None:
        self.wording = wording or load_wording()
        unsaid = [name for name in _responses(domain) if name not in self.wording.for_language(None).replies]
        if unsaid:
            raise ValueError(f"bot/words/en.yml has no words for: {', '.join(sorted(unsaid))}")

    async def generate(
        self, utter_action: str, tracker: Any, output_channel: str, **values: Any
    ) -> dict[str, Any] | None:
        """Return text and buttons of a reply.

        `language` among the values decides, then the slot, then the page's locale. `offers` are the buttons, each with
        a `payload` and either a `title` or the name of a `word`.
        """
        words = self.wording.for_language(values.get("language") or _language_of(tracker))
        if utter_action not in words.replies:
            return None
        answer: dict[str, Any] = {"text": words.say(utter_action, values)}
        if offers := values.get("offers"):
            titles = [words.title(offer.get("title"), offer.get("word")) for offer in offers]
            answer["buttons"] = [
                {"payload": offer["payload"], "title": title} for offer, title in zip(offers, titles, strict=True)
            ]
        return answer


def _language_of(tracker: Any) -> str | None:
    if tracker is None:
        return None
    chosen = tracker.get_slot(LANGUAGE_SLOT)
    metadata = getattr(tracker.latest_message, "metadata", None) or {}
    return chosen or metadata.get("locale")


def _responses(domain: Any) -> list[str]:
    return list(domain.responses) if domain is not None else []
