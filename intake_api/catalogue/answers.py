"""Makes what is answered in a language about the company and its product, and the words for when people answer."""

from collections.abc import Mapping
from datetime import time

from intake_api.catalogue.answer_source import AnswerSource
from intake_api.catalogue.notice import named_recipients
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.shown import Answer, Answers
from intake_api.catalogue.sources import Sources, words_file
from intake_api.catalogue.words import Words, places, unfilled
from intake_api.rules.opening_hours import WEEKDAYS, WORKING_DAYS, OpeningHours


def make_answers(sources: Sources, words: Words, problems: list[Problem]) -> Answers:
    """Make the answers of a locale. `words` notes what it lacks: if anything, they must not be used."""
    own, reference = sources.answers[words.locale], sources.answers[sources.default_locale]
    filled = _filled(sources, words)
    for name in reference:
        words.needed[f"answers.{name}"] = None
        if name not in own:
            words.missing[f"answers.{name}"] = None
    problems.extend(_odd(words.locale, own, reference, filled))
    listed = [Answer(one.id, one.about, words.fill(one.text, filled)) for one in own.values()]
    return Answers(words.locale, filled["opening_hours"], tuple(listed))


def opening_words(hours: OpeningHours) -> tuple[str, ...]:
    """Return the keys of the words that the sentence about these hours is made of."""
    return ("text", *_day_words(hours), f"zones.{hours.zone.key}")


def _day_words(hours: OpeningHours) -> list[str]:
    if hours.weekdays == WORKING_DAYS:
        return ["working_days"]
    if hours.weekdays == WEEKDAYS:
        return ["every_day"]
    return [f"days.{day}" for day in hours.weekdays]


def _filled(sources: Sources, words: Words) -> dict[str, str]:
    organisation = sources.organisation
    recipients = [recipient for recipient in sources.recipients if _gets_anything(sources, recipient)]
    return {
        **organisation.in_texts,
        "website": organisation.website,
        "recipients": named_recipients(sources, recipients, words),
        "opening_hours": _sentence(organisation.opening_hours, words),
    }


def _gets_anything(sources: Sources, recipient: str) -> bool:
    return any(recipient in purpose.recipients for purpose in sources.purposes.values())


def _sentence(hours: OpeningHours, words: Words) -> str:
    said = [words.say(f"opening_hours.{day}") for day in _day_words(hours)]
    filled = {
        "days": words.listed(said),
        "from": _clock(hours.opens),
        "to": _clock(hours.closes),
        "zone": words.say(f"opening_hours.zones.{hours.zone.key}"),
    }
    return words.say("opening_hours.text", filled)


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02}"


def _odd(
    locale: str, own: Mapping[str, AnswerSource], reference: Mapping[str, AnswerSource], filled: Mapping[str, str]
) -> list[Problem]:
    """Find what the complete language does not have: answers, and words in braces."""
    file, found = words_file(locale), []
    for name, answer in own.items():
        key = f"answers.{name}"
        if name not in reference:
            found.append(
                Problem(file, key, "is an answer that the complete language lacks.", "Write it there as well.")
            )
        elif places(answer.text) != places(reference[name].text):
            wanted = ", ".join(sorted(places(reference[name].text))) or "none"
            wrong = "has other words in braces than the complete language has."
            found.append(Problem(file, key, wrong, f"Use exactly these: {wanted}."))
        for place in sorted(unfilled(answer.text) - set(filled)):
            instead = f"Known here are: {', '.join(sorted(filled))}."
            found.append(Problem(file, key, f"has {{{place}}}, which nothing fills in.", instead))
    return found
