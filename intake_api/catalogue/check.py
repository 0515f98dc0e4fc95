"""What the files of the catalogue say about each other: ids that meet, consents that stay free, texts all there."""

from collections.abc import Iterable, Mapping

from intake_api.catalogue.answers import opening_words
from intake_api.catalogue.children import AGE_TEXTS
from intake_api.catalogue.content_source import contents_file
from intake_api.catalogue.definitions import ACT, ASKED, DOUBLE_OPT_IN, OPT_IN, Form, Purpose
from intake_api.catalogue.form_kinds import GIVING
from intake_api.catalogue.form_source import FieldSource, form_file
from intake_api.catalogue.notice import CHILDREN_HEADING, CHILDREN_TEXTS, CONFIRMATION_TEXTS, INTEREST_TEXTS, PAGE_TEXTS
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.soundness import Soundness
from intake_api.catalogue.sources import FIELDS, ORGANISATION, PURPOSES, RECIPIENTS, Sources, words_file
from intake_api.catalogue.staff_names import STAFF
from intake_api.catalogue.terms import OTHER_MATTER, PURPOSE_TEXT_LENGTH, RIGHTS, ROLES, VAGUE
from intake_api.catalogue.words import places
from intake_api.catalogue.yaml_file import WHOLE_FILE
from intake_api.rules.fields import CODES, ONE_OF, REQUIRED
from intake_api.rules.opening_hours import WEEKDAYS
from intake_api.rules.retention import STARTS
from intake_api.rules.sensitive_text import LEFT_OUT_CODES

APPROVAL, POINTS = "page.automated_approval", "score_at_least"
_PURPOSE_TEXTS = ("title", "label", "question", "text", "if_not_given")
_FIELD_TEXTS = ("label", "question", "why", "if_not_given")
# Words for what purposes and recipients say: with one of those wrong it is not known which are needed.
_MADE_OF_NAMES = ("bases.", "durations.", "kept.", "countries.", "roles.")
_FORM_TEXTS = ("title", "benefit", "submit_label", "what_next", "short")


def check_sources(sources: Sources, sound: Soundness, problems: list[Problem]) -> None:
    """Add a Problem for everything that does not fit together, as far as what it is made of is sound."""
    _check_countries(sources, problems)
    _check_purposes(sources, problems)
    for form in sources.forms.values():
        if sound.can_judge(form, sources.purposes):
            problems.extend(_form_problems(form, sources.purposes))
    if sound.all_named():
        _check_recipients_are_named(sources, problems)
        _check_contents(sources, problems)
    _check_words(sources, sound, problems)


def given(form: Form) -> tuple[str, ...]:
    """Return the ids of the contents that a form gives."""
    return form.rules[form.delivers].choices if form.delivers else ()


def _check_countries(sources: Sources, problems: list[Problem]) -> None:
    for locale, country in sources.countries.items():
        if country not in sources.authorities:
            wrong = f"is {country}, for which no authority is written."
            instead = f"Write the data protection authority under authorities.{country}."
            problems.append(Problem(ORGANISATION, f"locales.{locale}.country", wrong, instead))


def _check_purposes(sources: Sources, problems: list[Problem]) -> None:
    for purpose in sources.purposes.values():
        for recipient in purpose.recipients:
            if recipient not in sources.recipients:
                wrong = f"names {recipient}, which {RECIPIENTS} does not have."
                instead = f"Use of: {', '.join(sources.recipients)}."
                problems.append(Problem(PURPOSES, f"{purpose.id}.recipients", wrong, instead))
        for name in sorted(purpose.needs - set(sources.fields)):
            wrong = f"names {name}, which {FIELDS} does not have."
            problems.append(Problem(PURPOSES, f"{purpose.id}.needs", wrong, f"Use of: {', '.join(sources.fields)}."))
        if purpose.confirmation == DOUBLE_OPT_IN and "email" not in purpose.needs:
            wrong = "lacks email, though the second yes is asked for by e-mail."
            problems.append(Problem(PURPOSES, f"{purpose.id}.needs", wrong, "Write: needs: [email]."))


def _check_recipients_are_named(sources: Sources, problems: list[Problem]) -> None:
    used = {purpose for form in sources.forms.values() for purpose in form.purposes}
    named = {
        name for purpose_id, purpose in sources.purposes.items() if purpose_id in used for name in purpose.recipients
    }
    for recipient in sources.recipients:
        if recipient not in named:
            wrong = "is named by the notice of no form, so it may get nothing (N-06)."
            instead = "Name it in the purposes it serves, or take it out."
            problems.append(Problem(RECIPIENTS, recipient, wrong, instead))


def _check_contents(sources: Sources, problems: list[Problem]) -> None:
    """Find contents that the complete language lacks, and those that no form gives."""
    wanted = {content for form in sources.forms.values() for content in given(form)}
    written = {content for content, locale in sources.contents if locale == sources.default_locale}
    for content in sorted(wanted - written):
        file = contents_file(content, sources.default_locale)
        problems.append(Problem(file, WHOLE_FILE, "does not exist.", "Write what the form promises to give."))
    for content, locale in sources.contents:
        if content not in wanted:
            instead = "Take it out, or name it among the choices of a field that a form delivers."
            problems.append(Problem(contents_file(content, locale), WHOLE_FILE, "is given by no form.", instead))


def _form_problems(form: Form, purposes: Mapping[str, Purpose]) -> Iterable[Problem]:
    file = form_file(form.key)
    served = {purpose for field in form.fields for purpose in field.purposes}
    for purpose_id in form.purposes:
        if purpose_id not in served:
            yield Problem(
                file,
                "purposes",
                f"names {purpose_id}, for which no field is asked.",
                "Take it out, or name it at a field.",
            )
        for name in sorted(purposes[purpose_id].needs):
            if not any(field.name == name and purpose_id in field.purposes for field in form.fields):
                instead = f"Ask {name} and name {purpose_id} among its purposes."
                yield Problem(file, "fields", f"lacks {name}, without which {purpose_id} is worth nothing.", instead)
    doubles = [purpose_id for purpose_id in form.purposes if purposes[purpose_id].confirmation == DOUBLE_OPT_IN]
    if len(doubles) > 1:
        wrong = f"has {', '.join(doubles)} with a double opt-in; one address gets one such mail a day (C-15)."
        yield Problem(file, "purposes", wrong, "Leave one of them here and ask the others by forms of their own.")
    yield from _tied_fields(file, form, purposes)
    yield from _tied_content(file, form, purposes)
    yield from _lonely_groups(file, form)


def _tied_fields(file: str, form: Form, purposes: Mapping[str, Purpose]) -> Iterable[Problem]:
    """Find fields that must be given only for something the person may say no to (7(4): a yes must be free)."""
    if not any(purposes[purpose_id].control == ACT for purpose_id in form.purposes):
        return
    for position, field in enumerate(form.fields, start=1):
        if (
            field.rule.necessity == REQUIRED
            and field.name != form.delivers
            and all(purposes[purpose_id].control == OPT_IN for purpose_id in field.purposes)
        ):
            wrong = "is required, though it serves only what the person may refuse."
            yield Problem(file, f"fields.{position}.necessity", wrong, "Write: necessity: optional.")


def _tied_content(file: str, form: Form, purposes: Mapping[str, Purpose]) -> Iterable[Problem]:
    """Find what is given only to whoever says yes to something else (C-04): the content stands on its own purpose."""
    if form.kind not in GIVING and not form.delivers:
        return
    for position, field in enumerate(form.fields, start=1):
        if field.name == form.delivers and all(purposes[name].control == OPT_IN for name in field.purposes):
            wrong = f"ties what is given to a yes to {', '.join(field.purposes)}."
            instead = "Name a purpose that is agreed to by asking for it; the content comes with or without the news."
            yield Problem(file, f"fields.{position}.purposes", wrong, instead)
    if all(purposes[name].control == OPT_IN for name in form.purposes):
        wrong = f"are all asked with a yes of their own, so that what a {form.kind} form gives hangs on that yes."
        instead = "Add the purpose of giving it, on a basis other than consent; news is then a yes that may be a no."
        yield Problem(file, "purposes", wrong, instead)


def _lonely_groups(file: str, form: Form) -> Iterable[Problem]:
    groups = [field.rule.necessity for field in form.fields if field.rule.necessity.startswith(ONE_OF)]
    for group in dict.fromkeys(groups):
        if groups.count(group) == 1:
            yield Problem(file, "fields", f"has one field alone in {group}.", "Write required, or add the other field.")


def _check_words(sources: Sources, sound: Soundness, problems: list[Problem]) -> None:
    expected = set(_expected_keys(sources))
    possible = expected | set(_spare_keys(sources)) | set(_own_words(sources.forms.values()))
    reference = sources.words[sources.default_locale]
    all_named = sound.all_named()
    missing = expected - set(reference)
    told = (key for key in sorted(missing) if all_named or not key.startswith(_MADE_OF_NAMES))
    problems.extend(_missing(sources, key) for key in told)
    for locale, texts in sources.words.items():
        file = words_file(locale)
        for key, text in texts.items():
            if key.startswith(STAFF):
                continue  # names for staff stop nothing
            if key in missing or (key not in possible and not all_named):
                continue  # the consequence of something told already
            if key not in possible:
                wrong = "is a text that nothing uses."
                problems.append(Problem(file, key, wrong, "Take it out; if it was renamed, rename it here too."))
            elif key not in reference:
                wrong = f"is not in {words_file(sources.default_locale)}."
                problems.append(Problem(file, key, wrong, "Take it out, or write it there as well."))
            elif places(text) != places(reference[key]):
                wrong = "has other words in braces than the complete language has."
                instead = f"Use exactly these: {', '.join(sorted(places(reference[key]))) or 'none'}."
                problems.append(Problem(file, key, wrong, instead))
        problems.extend(_vague_texts(file, texts, sources.purposes))
        problems.extend(_bundled_labels(file, texts, sources.purposes))
    problems.extend(_silent_shorts(sources))
    problems.extend(_silent_approvals(sources))


def _missing(sources: Sources, key: str) -> Problem:
    file = words_file(sources.default_locale)
    if key.endswith(".why") and key.startswith("fields."):
        return Problem(file, key, "is missing: nobody says why this is asked.", "Write the reason, or do not ask it.")
    if key.endswith(".scoring"):
        return Problem(
            file, key, "is missing, though answers are scored (N-13).", "Say in plain words what is added up."
        )
    if key.endswith(".approval"):
        wrong = "is missing, though a rule approves leads without a person (N-13)."
        return Problem(file, key, wrong, "Say in plain words what is passed on by itself, and that no lead is dropped.")
    return Problem(file, key, "is missing.", "Write the sentence.")


def _silent_approvals(sources: Sources) -> Iterable[Problem]:
    """Find rules that approve leads by a number of points that their sentence does not say (N-13)."""
    file, texts = words_file(sources.default_locale), sources.words[sources.default_locale]
    for form in sources.forms.values():
        key = f"forms.{form.key}.approval"
        needs_saying = form.approval is not None and form.approval.score_at_least > 0
        if needs_saying and key in texts and POINTS not in places(texts[key]):
            yield Problem(file, key, f"does not say {{{POINTS}}}.", f"Put {{{POINTS}}} where the sentence needs it.")


def _silent_shorts(sources: Sources) -> Iterable[Problem]:
    """Find first layers that do not say who, for whom, how long and how to take a yes back (N-16).

    Only the complete language is read: the others must have the same words in braces.
    """
    file = words_file(sources.default_locale)
    texts = sources.words[sources.default_locale]
    for form in sources.forms.values():
        key = f"forms.{form.key}.short"
        must = {
            "controller",
            "recipients",
            "privacy_email",
            *(f"duration.{purpose_id}" for purpose_id in form.purposes),
        }
        for place in sorted(must - places(texts.get(key, ""))) if key in texts else ():
            yield Problem(file, key, f"does not say {{{place}}}.", f"Put {{{place}}} where the sentence needs it.")


def _vague_texts(file: str, texts: Mapping[str, str], purposes: Mapping[str, Purpose]) -> Iterable[Problem]:
    """Find purposes whose text names no act (N-04)."""
    for purpose_id in purposes:
        for key in (f"purposes.{purpose_id}.title", f"purposes.{purpose_id}.text"):
            if vague := VAGUE.search(texts.get(key, "")):
                wrong = f"says “{vague[0]}”, which tells nobody what is done."
                yield Problem(file, key, wrong, "Say who does what with it, and how often.")
        text = texts.get(f"purposes.{purpose_id}.text")
        if text is not None and len(text) < PURPOSE_TEXT_LENGTH and not VAGUE.search(text):
            wrong = f"is shorter than {PURPOSE_TEXT_LENGTH} characters: that is a label."
            yield Problem(file, f"purposes.{purpose_id}.text", wrong, "Say who does what with it, and how often.")


def _bundled_labels(file: str, texts: Mapping[str, str], purposes: Mapping[str, Purpose]) -> Iterable[Problem]:
    """Find controls of a consent that ask for something else in the same breath (C-03)."""
    for purpose in purposes.values():
        key = f"purposes.{purpose.id}.label"
        if purpose.control == OPT_IN and (other := OTHER_MATTER.search(texts.get(key, ""))):
            wrong = f"asks about “{other[0]}” in the same breath, which makes one yes of two."
            yield Problem(file, key, wrong, "Let the yes be about this purpose alone.")


def _expected_keys(sources: Sources) -> Iterable[str]:
    """Every text the complete language must have."""
    yield from ("language", "and", "ai", "withdraw", *(f"page.{name}" for name in PAGE_TEXTS))
    if any(field.asked_if for form in sources.forms.values() for field in form.fields):
        yield "page.asked_if"
    yield from _children_keys(sources.forms.values())
    yield from (f"rights.{right}" for right in RIGHTS)
    yield from (f"problems.{code}" for code in CODES)
    yield from (f"opening_hours.{name}" for name in opening_words(sources.organisation.opening_hours))
    yield from (f"left_out.{code}.{part}" for code in LEFT_OUT_CODES for part in ("placeholder", "text"))
    yield from (f"{name}.{part}" for name, parts in _terms(sources).items() for part in sorted(parts))
    yield from (f"recipients.{recipient}.does" for recipient in sources.recipients)
    for purpose_id, purpose in sources.purposes.items():
        yield from (f"purposes.{purpose_id}.{name}" for name in _PURPOSE_TEXTS)
        if purpose.legitimate_interest:
            yield from (f"purposes.{purpose_id}.{name}" for name in INTEREST_TEXTS)
    if any(purpose.validity for purpose in sources.purposes.values()):
        yield "valid_for"
    if any(purpose.confirmation == DOUBLE_OPT_IN for purpose in sources.purposes.values()):
        yield from (f"confirmation.{name}" for name in CONFIRMATION_TEXTS)
    for field in sources.fields.values():
        yield from _field_keys(field)
    for form in sources.forms.values():
        yield from (f"forms.{form.key}.{name}" for name in _FORM_TEXTS)
        if form.approval:
            yield from (f"forms.{form.key}.approval", APPROVAL)
        elif form.qualification:
            yield f"forms.{form.key}.scoring"


def _children_keys(forms: Iterable[Form]) -> Iterable[str]:
    """What is said about children, as far as a form says it."""
    policies = {form.children.policy for form in forms if form.children}
    said = [key for policy, key in CHILDREN_TEXTS.items() if policy in policies]
    yield from (CHILDREN_HEADING, *said) if said else ()
    if ASKED in policies:
        yield from (f"age.{name}" for name in AGE_TEXTS)


def _spare_keys(sources: Sources) -> Iterable[str]:
    """Texts that may stand ready though nothing uses them yet."""
    yield from (f"kept.{start}" for start in STARTS)
    yield from (f"roles.{role}" for role in ROLES)
    yield from ("page.asked_if", APPROVAL)
    for form in sources.forms.values():
        yield f"forms.{form.key}.approval"
        if form.approval and form.qualification:
            yield f"forms.{form.key}.scoring"  # what was said before, and will be when a person approves each again
    yield from (CHILDREN_HEADING, *CHILDREN_TEXTS.values(), *(f"age.{name}" for name in AGE_TEXTS))
    yield f"countries.{sources.organisation.country}"
    yield from (f"opening_hours.{name}" for name in ("working_days", "every_day"))
    yield from (f"opening_hours.days.{day}" for day in WEEKDAYS)


def _terms(sources: Sources) -> dict[str, set[str]]:
    """The words for ids of the catalogue: bases, durations, starting events, countries and roles that are used."""
    purposes = sources.purposes.values()
    recipients = sources.recipients.values()
    return {
        "bases": {purpose.basis_id for purpose in purposes},
        "durations": {
            span.text for purpose in purposes for span in (purpose.kept.duration, purpose.validity) if span is not None
        },
        "kept": {purpose.kept.start for purpose in purposes},
        "countries": {recipient.country for recipient in recipients},
        "roles": {recipient.role for recipient in recipients},
    }


def _field_keys(field: FieldSource) -> Iterable[str]:
    yield from (f"fields.{field.name}.{name}" for name in _FIELD_TEXTS)
    yield from (f"fields.{field.name}.choices.{choice}" for choice in field.choices)


def _own_words(forms: Iterable[Form]) -> Iterable[str]:
    """The texts by which a form may ask a field in its own words."""
    for form in forms:
        yield from (f"forms.{form.key}.fields.{field.name}.{name}" for field in form.fields for name in _FIELD_TEXTS)
