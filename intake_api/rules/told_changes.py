"""Tell what has changed between two notices for somebody who agreed to one purpose, in the notices' own words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True)
class ToldChange:
    """One thing that is otherwise now, under the heading that the notice has for it."""

    heading: str
    before: str
    now: str


def told_changes(before: Document, now: Document, purpose: str) -> list[ToldChange]:
    """Return what is said otherwise about a purpose that both notices have: who, what for, for whom, how long."""
    told = (ToldChange(now["texts"][heading], say(before, purpose), say(now, purpose)) for heading, say in _ASPECTS)
    return [one for one in told if one.before != one.now]


def _who(notice: Document, _: str) -> str:
    return str(notice["texts"]["page.who_text"])


def _why(notice: Document, purpose: str) -> str:
    texts = notice["texts"]
    return f"{texts[f'title.{purpose}']}. {texts[f'text.{purpose}']} {texts[f'basis.{purpose}']}"


def _recipients(notice: Document, purpose: str) -> str:
    named = next(one["recipients"] for one in notice["purposes"] if one["id"] == purpose)
    return "; ".join(_recipient(notice["texts"], one) for one in notice["recipients"] if one["id"] in named)


def _recipient(texts: Mapping[str, str], one: Document) -> str:
    does, country = texts[f"recipient.{one['id']}.does"], texts[f"country.{one['country']}"]
    role = texts["role." + one["role"]]
    said = f"{one['name']} ({does}), {country}; {role}"
    safeguard = texts.get(f"recipient.{one['id']}.safeguard")
    return f"{said}. {safeguard}" if safeguard else said


def _kept(notice: Document, purpose: str) -> str:
    texts = notice["texts"]
    return " ".join(filter(None, (texts.get(f"validity.{purpose}"), texts[f"retention.{purpose}"])))


_ASPECTS: tuple[tuple[str, Callable[[Document, str], str]], ...] = (
    ("page.who", _who),
    ("page.why", _why),
    ("page.recipients", _recipients),
    ("page.kept", _kept),
)
