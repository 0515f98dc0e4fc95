"""Makes what a visitor sees of a form in a language: the body of `GET /v1/forms/{form}`, prepared once at start.

Every sentence in it is taken from the notice's `texts`, so that what was shown is what was hashed (V-08).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict

from intake_api.catalogue.definitions import Form, FormField, JsonObject, Purpose
from intake_api.catalogue.notice import INTEREST_TEXTS, make_notice
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.sensitive_words import read_sensitive_words
from intake_api.catalogue.shown import FormView, FreeTexts, Notice
from intake_api.catalogue.sources import Sources, words_file
from intake_api.catalogue.terms import SHORT_TEXT_LENGTH
from intake_api.catalogue.words import Words, unfilled
from intake_api.rules.fields import CODES
from intake_api.rules.sensitive_text import LEFT_OUT_CODES, TextReader
from intake_api.rules.young_writer import THRESHOLD

# The words that stand beside what a form asks and what is agreed to, under the names the form object gives them.
_WORDS = {
    "kept": "kept",
    "if_not_given": "if_not_given",
    "required": "necessity_required",
    "optional": "necessity_optional",
    "one_of": "necessity_one_of",
}
# The question about the age and its two answers, under the names the form object gives them.
_AGE = {"question": "question", "why": "why", "yes": "at_or_over", "no": "younger", "too_young": "too_young"}


def make_view(sources: Sources, form: Form, words: Words, public_url: str, problems: list[Problem]) -> FormView:
    """Make the view of a form. `words` notes what it lacks: if anything, the view must not be used."""
    threshold = form.age_of_consent(words.locale) or THRESHOLD
    problem_texts = {code: words.say(f"problems.{code}", {"threshold": str(threshold)}) for code in CODES}
    words.say("language")
    notice = make_notice(sources, form, words)
    if not words.missing:
        _check_texts(form, notice, problems)
    document: JsonObject = {
        "form": form.key,
        "kind": form.kind,
        "locale": words.locale,
        "title": notice.texts["form_title"],
        "benefit": notice.texts["benefit"],
        "page": f"{public_url}/f/{form.key}",
        "submit_label": notice.texts["submit_label"],
        "what_next": notice.texts["what_next"],
        "fields": [_field(field, notice.texts) for field in form.fields],
        **_for_scripts(form),
        **_age(form, notice),
        "notice": _notice(sources, form, notice, public_url),
    }
    return FormView(
        form=form,
        locale=words.locale,
        notice=notice,
        document=document,
        json=json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        problem_texts=problem_texts,
        choice_labels=_choice_labels(form, notice.texts),
        free_texts=make_free_texts(words, threshold),
    )


def make_free_texts(words: Words, threshold: int = THRESHOLD) -> FreeTexts:
    """Make what reads free texts in a language, and tells a writer under the threshold (K-03).

    `words` notes what it lacks: if anything, it must not be used.
    """
    placeholders = {code: words.say(f"left_out.{code}.placeholder") for code in LEFT_OUT_CODES}
    told = {code: words.say(f"left_out.{code}.text") for code in LEFT_OUT_CODES}
    return FreeTexts(words.locale, TextReader(read_sensitive_words(threshold=threshold), placeholders), told)


def _for_scripts(form: Form) -> JsonObject:
    """What a script that shows the form somewhere else keeps to: only what this form has of it."""
    found: dict[str, object] = {}
    if form.popup:
        found["popup"] = {name: value for name, value in asdict(form.popup).items() if value is not None}
    if form.pages:
        found["pages"] = [list(page) for page in form.pages]
    if form.event:
        found["event"] = form.event
    return found


def _age(form: Form, notice: Notice) -> JsonObject:
    """The question about the age, where it is asked (K-01); `too_young` is said to whoever answers no."""
    threshold = form.age_of_consent(notice.locale)
    if threshold is None:
        return {}
    return {"age": {"threshold": threshold, **{name: notice.texts[f"age.{key}"] for name, key in _AGE.items()}}}


def _field(field: FormField, texts: Mapping[str, str]) -> JsonObject:
    rule = field.rule
    asked_if = {"asked_if": asdict(field.asked_if)} if field.asked_if else {}
    choices = [{"value": choice, "label": texts[f"field.{rule.name}.choice.{choice}"]} for choice in rule.choices]
    return {
        "name": rule.name,
        "type": rule.type,
        "necessity": rule.necessity,
        **{name: texts[f"field.{rule.name}.{name}"] for name in ("label", "question", "why", "if_not_given")},
        "limits": _limits(field),
        "choices": choices,
        "purposes": list(field.purposes),
        **asked_if,
    }


def _limits(field: FormField) -> JsonObject:
    rule = field.rule
    if rule.type == "integer":
        return {"min": rule.minimum, "max": rule.maximum}
    return {"max_length": rule.max_length} if rule.max_length else {}


def _notice(sources: Sources, form: Form, notice: Notice, public_url: str) -> JsonObject:
    return {
        "hash": notice.hash,
        "url": f"{public_url}/v1/notices/{notice.hash}",
        "page": f"{public_url}/notices/{notice.hash}",
        "short": notice.texts["short"],
        "withdraw": notice.texts["withdraw"],
        "ai": notice.texts["ai"],
        "scoring": notice.texts.get("scoring"),
        "words": {name: notice.texts[f"page.{key}"] for name, key in _WORDS.items()},
        "purposes": [_purpose(sources, sources.purposes[purpose_id], notice.texts) for purpose_id in form.purposes],
    }


def _purpose(sources: Sources, purpose: Purpose, texts: Mapping[str, str]) -> JsonObject:
    return {
        "id": purpose.id,
        **{name: texts[f"{name}.{purpose.id}"] for name in ("title", "label", "question", "text", "if_not_given")},
        **{name: texts[f"{name}.{purpose.id}"] for name in INTEREST_TEXTS if purpose.legitimate_interest},
        "basis": purpose.basis_id,
        "retention": {
            "duration": purpose.kept.duration.text,
            "from": purpose.kept.start,
            "text": texts[f"retention.{purpose.id}"],
        },
        "recipients": [_recipient(sources, recipient_id) for recipient_id in purpose.recipients],
        "control": purpose.control,
        "confirmation": purpose.confirmation,
    }


def _recipient(sources: Sources, recipient_id: str) -> JsonObject:
    recipient = sources.recipients[recipient_id]
    return {"id": recipient_id, "name": recipient.name, "role": recipient.role, "country": recipient.country}


def _choice_labels(form: Form, texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {
        field.name: {choice: texts[f"field.{field.name}.choice.{choice}"] for choice in field.rule.choices}
        for field in form.fields
        if field.rule.choices
    }


def _check_texts(form: Form, notice: Notice, problems: list[Problem]) -> None:
    """Check what only shows once the texts are filled in: places left open, and the first layer's promises (N-16)."""
    file = words_file(notice.locale)
    for key, text in notice.texts.items():
        for place in sorted(unfilled(text)):
            instead = "Take it out; docs/catalogue.md lists what can be filled in where."
            problems.append(Problem(file, key, f"has {{{place}}}, which nothing fills in.", instead))
    length = len(notice.texts["short"])
    if length > SHORT_TEXT_LENGTH:
        wrong = f"has {length} characters when filled in; the first layer has room for {SHORT_TEXT_LENGTH} (N-16)."
        problems.append(
            Problem(file, f"forms.{form.key}.short", wrong, "Make it shorter; the whole text is one click away.")
        )
