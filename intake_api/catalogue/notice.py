"""Makes a notice: one document of one form in one language, its canonical bytes and the hash that names it (V-01).

The document is all that Article 13 asks for and every sentence the visitor is shown with it. It holds no address of
this service, so that the same text has the same hash wherever the service runs.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import cast

import rfc8785

from intake_api.catalogue.children import AGE_TEXTS
from intake_api.catalogue.definitions import ASKED, NOT_FOR_CHILDREN, OPT_IN, Form, FormField, JsonObject, Purpose
from intake_api.catalogue.shown import Notice
from intake_api.catalogue.sources import Sources
from intake_api.catalogue.terms import RIGHTS
from intake_api.catalogue.words import Words
from intake_api.rules.approval import as_told
from intake_api.rules.confirmation import ANSWER_WITHIN, UNCONFIRMED

SCHEMA = "urn:vestibule:notice:1"

PAGE_TEXTS = (
    "title",
    "in_short",
    "who",
    "who_text",
    "representative",
    "representative_none",
    "officer",
    "officer_none",
    "why",
    "fields",
    "if_not_given",
    "recipients",
    "safeguard",
    "kept",
    "withdraw",
    "rights",
    "rights_how",
    "complaint",
    "complaint_text",
    "automated",
    "automated_none",
    "version",
    "necessity_required",
    "necessity_optional",
    "necessity_one_of",
)

# The mail that asks for the second yes of a double opt-in, and the page it leads to (C-14).
CONFIRMATION_TEXTS = (
    "subject",
    "asked",
    "asked_at",
    "confirm",
    "lasts",
    "ignore",
    "disown",
    "notice",
    "title",
    "button",
    "confirmed_title",
    "confirmed_text",
    "disown_title",
    "disown_text",
    "disown_button",
    "disowned_title",
    "disowned_text",
    "over_title",
    "over_text",
)


# What must be said of a purpose that rests on an interest of ours (N-05).
INTEREST_TEXTS = ("legitimate_interest", "object")

# What is said about children, by what is done about them (K-01, K-05).
CHILDREN_HEADING = "page.children"
CHILDREN_TEXTS = {ASKED: "page.children_asked", NOT_FOR_CHILDREN: "page.children_not_for"}


def make_notice(sources: Sources, form: Form, words: Words) -> Notice:
    """Make the notice of a form from its sources and the words of a locale (which may turn out to lack some)."""
    purposes = [sources.purposes[purpose_id] for purpose_id in form.purposes]
    texts = _texts(sources, form, purposes, words)
    document = _document(sources, form, purposes, texts, words.locale)
    canonical = rfc8785.dumps(cast("dict[str, object]", document))  # type: ignore[arg-type]
    return Notice(
        hash=hashlib.sha256(canonical).hexdigest(),
        form=form.key,
        locale=words.locale,
        family=form.family,
        version=form.version,
        canonical=canonical,
        document=document,
        texts=texts,
        recipients=frozenset(recipient_id for purpose in purposes for recipient_id in purpose.recipients),
        purposes=form.purposes,
    )


def named_recipients(sources: Sources, recipients: Iterable[str], words: Words) -> str:
    """Return who gets data, each with what it does for us, as a part of a sentence."""
    named = [
        f"{sources.recipients[recipient_id].name} ({words.say(f'recipients.{recipient_id}.does')})"
        for recipient_id in recipients
    ]
    return words.listed(named)


def _document(
    sources: Sources, form: Form, purposes: list[Purpose], texts: Mapping[str, str], locale: str
) -> JsonObject:
    organisation = sources.organisation
    authority = sources.authorities[sources.countries[locale]]
    recipients = dict.fromkeys(recipient_id for purpose in purposes for recipient_id in purpose.recipients)
    return {
        "schema": SCHEMA,
        "family": form.family,
        "version": form.version,
        "form": form.key,
        "locale": locale,
        "effective_from": form.effective_from,
        "material_change": form.material_change,
        "controller": {
            "name": organisation.name,
            "address": organisation.address,
            "country": organisation.country,
            "email": organisation.email,
            "phone": organisation.phone,
            "website": organisation.website,
            "representative": organisation.representative,
            "dpo": organisation.dpo,
        },
        "authority": {"id": authority.id, "name": authority.name, "url": authority.url, "country": authority.country},
        "recipients": [_recipient(sources, recipient_id) for recipient_id in recipients],
        "purposes": [_purpose(purpose, form, texts) for purpose in purposes],
        "fields": [_field(field) for field in form.fields],
        "rights": {"how": texts["page.rights_how"], "contact": organisation.email, "list": list(RIGHTS)},
        "withdraw": {"contact": organisation.email, "text": texts["withdraw"]},
        "children": _children(form, locale),
        "scoring": _scoring(form, texts),
        **({"approval": {**as_told(form.approval), "text": texts["page.automated_approval"]}} if form.approval else {}),
        "texts": dict(texts),
    }


def _recipient(sources: Sources, recipient_id: str) -> JsonObject:
    recipient = sources.recipients[recipient_id]
    return {
        "id": recipient_id,
        "name": recipient.name,
        "role": recipient.role,
        "country": recipient.country,
        "safeguard": recipient.safeguard,
    }


def _purpose(purpose: Purpose, form: Form, texts: Mapping[str, str]) -> JsonObject:
    return {
        "id": purpose.id,
        "title": texts[f"title.{purpose.id}"],
        "text": texts[f"text.{purpose.id}"],
        "dpv": purpose.dpv,
        "basis": purpose.basis,
        "legitimate_interest": texts.get(f"legitimate_interest.{purpose.id}"),
        "control": purpose.control,
        "confirm": purpose.confirmation,
        "channel": purpose.channel,
        "validity": purpose.validity.text if purpose.validity else None,
        "fields": [
            {"name": field.name, "pd": field.pd, "necessity": _necessity(form, field)}
            for field in form.fields
            if purpose.id in field.purposes
        ],
        "if_not_given": texts[f"if_not_given.{purpose.id}"],
        "recipients": list(purpose.recipients),
        "retention": {"duration": purpose.kept.duration.text, "from": purpose.kept.start},
        "automated_decision": False,
    }


def _field(field: FormField) -> JsonObject:
    told = {"name": field.name, "pd": field.pd, "necessity": field.rule.necessity, "purposes": list(field.purposes)}
    return {**told, "asked_if": asdict(field.asked_if)} if field.asked_if else told


def _necessity(form: Form, field: FormField) -> str:
    """Say the necessity so that it can be read without the form: which fields the group has."""
    group = [other.name for other in form.fields if other.rule.necessity == field.rule.necessity]
    return f"required_one_of:{','.join(group)}" if ":" in field.rule.necessity else field.rule.necessity


def _children(form: Form, locale: str) -> JsonObject | None:
    """Say what is done about children; `threshold` is the age that is asked for, if it is."""
    if form.children is None:
        return None
    return {"policy": form.children.policy, "threshold": form.age_of_consent(locale)}


def _scoring(form: Form, texts: Mapping[str, str]) -> JsonObject | None:
    if not form.qualification:
        return None
    fields = dict.fromkeys(line.field for line in form.qualification)
    return {"version": form.qualification_version, "fields": list(fields), "text": texts["scoring"]}


def _texts(sources: Sources, form: Form, purposes: list[Purpose], words: Words) -> dict[str, str]:
    """Collect every sentence a visitor is shown with this notice, by the keys under which pages and chat find them."""
    filled = _filled(sources, form, purposes, words)
    title = f"forms.{form.key}"
    texts = {name: words.say(f"{title}.{name}", filled) for name in ("short", "benefit", "submit_label", "what_next")}
    texts["form_title"] = filled["form_title"]
    if form.approval:  # what is added up and what comes of it, in one: that a person reads each would not be true
        texts["scoring"] = words.say(f"{title}.approval", filled)
    elif form.qualification:
        texts["scoring"] = words.say(f"{title}.scoring", filled)
    texts["ai"] = words.say("ai", filled)
    texts["withdraw"] = words.say("withdraw", filled)
    for purpose in purposes:
        texts.update(_purpose_texts(purpose, filled, words))
    for field in form.fields:
        texts.update(_field_texts(sources, form, field, words, texts))
    for recipient_id in dict.fromkeys(recipient_id for purpose in purposes for recipient_id in purpose.recipients):
        texts.update(_recipient_texts(sources, recipient_id, words))
    if any(purpose.control == OPT_IN for purpose in purposes):  # a yes that staff write down is confirmed, too
        texts.update({f"confirmation.{name}": words.say(f"confirmation.{name}", filled) for name in CONFIRMATION_TEXTS})
    texts.update(_page_texts(sources, form, filled, words))
    texts.update(_children_texts(form, filled, words))
    texts.update({f"right.{right}": words.say(f"rights.{right}") for right in RIGHTS})
    return texts


def _filled(sources: Sources, form: Form, purposes: list[Purpose], words: Words) -> dict[str, str]:
    """What stands for the words in braces: never typed a second time, so never another than the rules say."""
    organisation = sources.organisation
    recipients = dict.fromkeys(recipient_id for purpose in purposes for recipient_id in purpose.recipients)
    return {
        "form_title": words.say(f"forms.{form.key}.title", {"product": organisation.product}),
        **organisation.in_texts,
        "recipients": named_recipients(sources, recipients, words),
        "authority": sources.authorities[sources.countries[words.locale]].name,
        "officer": organisation.dpo or "",
        "representative": organisation.representative or "",
        "version": str(form.version),
        "effective_from": form.effective_from,
        "score_at_least": str(form.approval.score_at_least) if form.approval else "",
        "threshold": str(form.age_of_consent(words.locale) or ""),
        "confirm_hours": str(ANSWER_WITHIN // timedelta(hours=1)),
        "confirm_days": str(UNCONFIRMED.duration.exact // timedelta(days=1)),
        **{f"duration.{purpose.id}": words.say(f"durations.{purpose.kept.duration.text}") for purpose in purposes},
    }


def _purpose_texts(purpose: Purpose, filled: Mapping[str, str], words: Words) -> dict[str, str]:
    names = ["title", "label", "question", "text", "if_not_given"]
    if purpose.legitimate_interest:
        names += INTEREST_TEXTS
    duration = {"duration": words.say(f"durations.{purpose.kept.duration.text}")}
    valid_for = {"duration": words.say(f"durations.{purpose.validity.text}")} if purpose.validity else None
    return {
        **{f"{name}.{purpose.id}": words.say(f"purposes.{purpose.id}.{name}", filled) for name in names},
        f"basis.{purpose.id}": words.say(f"bases.{purpose.basis_id}"),
        f"retention.{purpose.id}": words.say(f"kept.{purpose.kept.start}", duration),
        **({f"validity.{purpose.id}": words.say("valid_for", valid_for)} if valid_for else {}),
    }


def _field_texts(
    sources: Sources, form: Form, field: FormField, words: Words, texts_before: Mapping[str, str]
) -> dict[str, str]:
    """A field's own sentences, or those this form has for it: which of them, the complete language says for all."""
    reference = sources.words[sources.default_locale]
    texts = {}
    for name in ("label", "question", "why", "if_not_given"):
        own = f"forms.{form.key}.fields.{field.name}.{name}"
        texts[f"field.{field.name}.{name}"] = words.say(own if own in reference else f"fields.{field.name}.{name}")
    if field.asked_if:
        asked = {"label": texts_before[f"field.{field.asked_if.field}.label"], "at_most": str(field.asked_if.at_most)}
        texts[f"field.{field.name}.asked_if"] = words.say("page.asked_if", asked)
    for choice in field.rule.choices:
        texts[f"field.{field.name}.choice.{choice}"] = words.say(f"fields.{field.name}.choices.{choice}")
    return texts


def _recipient_texts(sources: Sources, recipient_id: str, words: Words) -> dict[str, str]:
    recipient = sources.recipients[recipient_id]
    texts = {
        f"recipient.{recipient_id}.does": words.say(f"recipients.{recipient_id}.does"),
        f"country.{recipient.country}": words.say(f"countries.{recipient.country}"),
        f"role.{recipient.role}": words.say(f"roles.{recipient.role}"),
    }
    if recipient.safeguard:
        texts[f"recipient.{recipient_id}.safeguard"] = words.say("page.safeguard", {"safeguard": recipient.safeguard})
    return texts


def _children_texts(form: Form, filled: Mapping[str, str], words: Words) -> dict[str, str]:
    """What the notice says about children, and the question with its two answers where it is asked."""
    if form.children is None:
        return {}
    keys = [CHILDREN_HEADING, CHILDREN_TEXTS[form.children.policy]]
    if form.children.policy == ASKED:
        keys += [f"age.{name}" for name in AGE_TEXTS]
    return {key: words.say(key, filled) for key in keys}


def _page_texts(sources: Sources, form: Form, filled: Mapping[str, str], words: Words) -> dict[str, str]:
    """The headings and sentences of the whole notice as a page; of a pair of sentences the one that is true here."""
    organisation = sources.organisation
    untrue = {
        "safeguard",
        "representative_none" if organisation.representative else "representative",
        "officer_none" if organisation.dpo else "officer",
        "automated_none" if form.approval else "automated_approval",
    }
    said = (*PAGE_TEXTS, "automated_approval")
    return {f"page.{name}": words.say(f"page.{name}", filled) for name in said if name not in untrue}
