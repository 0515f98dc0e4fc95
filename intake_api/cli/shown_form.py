"""What a visitor sees of a form, as text for a terminal: by the page, the pop-up, the button or the chat."""

import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence

import click

from intake_api.catalogue.definitions import OPT_IN, Form, FormField, Popup
from intake_api.catalogue.form_kinds import DELAY
from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import FormView
from intake_api.rules.fields import ONE_OF

CHANNELS = ("page", "popup", "button", "chat")
CHECKED_ABOVE = 4  # with more fields than this the page shows the answers once more before they are sent

_WIDEST = 100
_BAR = "  │ "


def shown_form(loaded: Catalogue, view: FormView, channel: str) -> list[str]:
    """Return the lines: the notice before the first question, in every channel (H-02)."""
    asked = _asked_in_chat(loaded, view) if channel == "chat" else _asked_in_page(loaded, view)
    return [*_about(view, channel), *_notice(view, channel), "", *asked, *_afterwards(view)]


def wrapped(text: str, first: str = "", later: str | None = None) -> str:
    """Return a text in lines that fit the terminal."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=first if later is None else later)


def _about(view: FormView, channel: str) -> Iterable[str]:
    form = view.form
    yield click.style(f"{form.key} · {form.kind} · {view.locale} · {channel}", dim=True)
    if form.popup and channel == "popup":
        yield wrapped(_manners(form.popup))
    if form.event:
        yield wrapped(f"Shown after the page around it has announced: {form.event}.")
    yield ""


def _manners(popup: Popup) -> str:
    when = f"after {popup.after_seconds} seconds" if popup.trigger == DELAY else f"on {popup.trigger.replace('_', ' ')}"
    return (
        f"Opens {when}, at the {popup.position}; again after {popup.again_after_days} days at the soonest, "
        f"after a no {popup.quiet_after_no_days} days."
    )


def _notice(view: FormView, channel: str) -> Iterable[str]:
    texts = view.notice.texts
    yield click.style(texts["form_title"], bold=True)
    yield wrapped(texts["benefit"])
    yield ""
    if channel == "chat":
        yield wrapped(texts["ai"], _BAR)
    yield wrapped(texts["short"], _BAR)
    yield wrapped(texts["withdraw"], _BAR)
    yield f"{_BAR}{texts['page.title']}:"
    yield f"{_BAR}/notices/{view.notice.hash}"


def _asked_in_page(loaded: Catalogue, view: FormView) -> Iterable[str]:
    pages = _pages(view.form)
    for number, page in enumerate(pages, start=1):
        if len(pages) > 1:
            yield click.style(f"── {number} / {len(pages)} ──", dim=True)
        for field in page:
            yield from _field(view, field, "label")
    yield from _decisions(loaded, view, "label")
    if len(view.form.fields) > CHECKED_ABOVE:
        yield click.style("── the answers, once more, to check ──", dim=True)


def _asked_in_chat(loaded: Catalogue, view: FormView) -> Iterable[str]:
    """One thing at a time, in the words of a question; the reason is said to whoever asks for it."""
    for field in view.form.fields:
        yield from _field(view, field, "question")
    yield from _decisions(loaded, view, "question")


def _field(view: FormView, field: FormField, words: str) -> Iterable[str]:
    texts = view.notice.texts
    necessity = "one_of" if field.rule.necessity.startswith(ONE_OF) else field.rule.necessity
    said = click.style(texts[f"field.{field.name}.{words}"], bold=True)
    yield f"{said} ({texts[f'page.necessity_{necessity}']})"
    if field.asked_if:
        yield wrapped(texts[f"field.{field.name}.asked_if"], "    ")
    yield wrapped(texts[f"field.{field.name}.why"], "    ")
    yield wrapped(f"{texts['page.if_not_given']}: {texts[f'field.{field.name}.if_not_given']}", "    ")
    for choice in field.rule.choices:
        yield f"    ( ) {texts[f'field.{field.name}.choice.{choice}']}"
    yield ""


def _decisions(loaded: Catalogue, view: FormView, words: str) -> Iterable[str]:
    texts = view.notice.texts
    for purpose_id in view.form.purposes:
        if loaded.purposes[purpose_id].control != OPT_IN:
            yield wrapped(texts[f"label.{purpose_id}"], "  • ", "    ")
        elif words == "question":
            yield wrapped(texts[f"question.{purpose_id}"], "? ", "  ")
        else:
            yield wrapped(texts[f"label.{purpose_id}"], "( ) ", "    ")
            yield wrapped(texts[f"if_not_given.{purpose_id}"], "( ) ", "    ")
        yield wrapped(texts[f"text.{purpose_id}"], "    ")
        yield wrapped(f"{texts['page.kept']}: {texts[f'retention.{purpose_id}']}", "    ")
        yield wrapped(texts[f"basis.{purpose_id}"], "    ")
        if f"object.{purpose_id}" in texts:
            yield wrapped(texts[f"legitimate_interest.{purpose_id}"], "    ")
            yield wrapped(texts[f"object.{purpose_id}"], "    ")
        yield ""
    yield from _age(texts)


def _age(texts: Mapping[str, str]) -> Iterable[str]:
    """The question about the age, where the form asks it."""
    if "age.question" not in texts:
        return
    yield click.style(texts["age.question"], bold=True)
    yield wrapped(texts["age.why"], "    ")
    yield f"    ( ) {texts['age.at_or_over']}"
    yield f"    ( ) {texts['age.younger']}"
    yield ""


def _afterwards(view: FormView) -> Iterable[str]:
    texts = view.notice.texts
    if "scoring" in texts:
        yield wrapped(texts["scoring"])
        yield ""
    yield f"[ {texts['submit_label']} ]"
    yield ""
    yield wrapped(texts["what_next"])


def _pages(form: Form) -> Sequence[Sequence[FormField]]:
    by_name = {field.name: field for field in form.fields}
    return [[by_name[name] for name in page] for page in form.pages] or [form.fields]
