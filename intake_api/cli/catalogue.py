"""`intake_api catalogue`: is the catalogue in order, and what does a visitor see of it?"""

import shutil
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import click

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import (
    ANSWERS,
    OPT_IN,
    Catalogue,
    CatalogueError,
    FormUnknown,
    FormView,
    Gaps,
    LocaleNotOffered,
)
from intake_api.rules.fields import ONE_OF

_WIDEST = 100

_FOLDER = click.option(
    "--folder",
    envvar="VESTIBULE_CATALOGUE",
    default="catalogue",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where the catalogue stands.",
)
_PUBLIC_URL = click.option(
    "--public-url", envvar="VESTIBULE_PUBLIC_URL", default="http://127.0.0.1:8080", help="Where links to notices begin."
)


@click.group()
def catalogue() -> None:
    """What may be asked, and why."""


@catalogue.command()
@_FOLDER
@_PUBLIC_URL
@click.option("--missing", metavar="LOCALE", help="List every text this language still lacks.")
def check(folder: Path, public_url: str, missing: str | None) -> None:
    """Read everything as a start would, and say what is wrong, or how far each language has come."""
    loaded = _load(folder, public_url)
    if missing is not None and missing not in loaded.locales:
        raise click.ClickException(f"There is no language {missing}; there are: {', '.join(loaded.locales)}.")
    click.echo(_summary(folder, loaded))
    click.echo(_table(loaded))
    for line in _idle(loaded):
        click.echo(line)
    if missing is not None:
        click.echo(_missing_texts(loaded, missing))


@catalogue.command()
@click.argument("form")
@click.option("--locale", default="en", show_default=True, help="The language of the visitor.")
@_FOLDER
@_PUBLIC_URL
def show(form: str, locale: str, folder: Path, public_url: str) -> None:
    """Print what a visitor sees of a form, in the order they see it."""
    loaded = _load(folder, public_url)
    try:
        view = loaded.view(form, locale)
    except FormUnknown:
        raise click.ClickException(f"There is no form {form}; there are: {', '.join(loaded.forms)}.") from None
    except LocaleNotOffered as refused:
        offered = ", ".join(refused.locales)
        told = f"{form} does not collect in {locale}: its texts are not complete. It does in: {offered}."
        raise click.ClickException(told) from None
    click.echo("\n".join(_shown(loaded, view)))


def _load(folder: Path, public_url: str) -> Catalogue:
    """Load the catalogue; on problems print each of them and end with exit code 1."""
    try:
        return load_catalogue(folder, public_url)
    except CatalogueError as error:
        count = len(error.problems)
        title = f"{folder} does not load: {count} {'problem' if count == 1 else 'problems'}."
        click.secho(title, fg="red", bold=True, err=True)
        for problem in error.problems:
            click.echo("", err=True)
            click.secho(f"{problem.file}  {problem.key}", bold=True, err=True)
            click.echo(_wrapped(problem.wrong, "  "), err=True)
            click.echo(_wrapped(problem.instead, "  → ", "    "), err=True)
        sys.exit(1)


def _summary(folder: Path, loaded: Catalogue) -> str:
    counted = f"{len(loaded.forms)} forms, {len(loaded.purposes)} purposes, {len(loaded.recipients)} recipients"
    return click.style(f"{folder} is in order", fg="green", bold=True) + f": {counted}.\n"


def _table(loaded: Catalogue) -> str:
    """Forms and the answers down, languages across: is it whole, or how many texts has it of how many?"""
    cells = {(gap.form, gap.locale): _state(gap) for gap in loaded.gaps}
    names = [*loaded.forms, ANSWERS]
    first = max(map(len, names))
    width = max(len("collects"), *map(len, cells.values()))
    rows = ["  ".join(["".ljust(first), *(locale.ljust(width) for locale in loaded.locales)])]
    rows += [
        "  ".join([name.ljust(first), *(cells[name, locale].ljust(width) for locale in loaded.locales)])
        for name in names
    ]
    return "\n".join(row.rstrip() for row in rows)


def _state(gap: Gaps) -> str:
    if gap.missing:
        return f"{gap.needed - len(gap.missing)} of {gap.needed}"
    return "given" if gap.form == ANSWERS else "collects"


def _idle(loaded: Catalogue) -> Iterable[str]:
    """Say what stands ready but no form uses: allowed, and good to know."""
    purposes = set(loaded.purposes) - {purpose for form in loaded.forms.values() for purpose in form.purposes}
    unfinished = [
        locale for locale in loaded.locales if any(gap.missing for gap in loaded.gaps if gap.locale == locale)
    ]
    if unfinished:
        yield f"\nA language collects when it has every text of a form. See what is left: --missing {unfinished[0]}"
    if purposes:
        yield f"No form uses: {', '.join(sorted(purposes))}."


def _missing_texts(loaded: Catalogue, locale: str) -> str:
    missing = dict.fromkeys(key for gap in loaded.gaps if gap.locale == locale for key in gap.missing)
    return "\n".join(["", f"locales/{locale}.yml lacks {len(missing)} texts:", *(f"  {key}" for key in missing)])


def _shown(loaded: Catalogue, view: FormView) -> list[str]:
    texts = view.notice.texts
    return [
        click.style(texts["form_title"], bold=True),
        _wrapped(texts["benefit"]),
        "",
        _wrapped(texts["short"], "  │ "),
        _wrapped(texts["withdraw"], "  │ "),
        f"  │ {texts['page.title']}: /notices/{view.notice.hash}",
        "",
        *_asked(view),
        *_purposes(loaded, view),
        f"[ {texts['submit_label']} ]",
        "",
        _wrapped(texts["what_next"]),
        *([_wrapped(texts["scoring"])] if "scoring" in texts else []),
    ]


def _asked(view: FormView) -> Iterable[str]:
    texts = view.notice.texts
    for field in view.form.fields:
        necessity = "one_of" if field.rule.necessity.startswith(ONE_OF) else field.rule.necessity
        yield f"{click.style(texts[f'field.{field.name}.label'], bold=True)} ({texts[f'page.necessity_{necessity}']})"
        yield _wrapped(texts[f"field.{field.name}.why"], "    ")
        yield _wrapped(texts[f"field.{field.name}.if_not_given"], "    ")
        for choice in field.rule.choices:
            yield f"    ( ) {texts[f'field.{field.name}.choice.{choice}']}"
        yield ""


def _purposes(loaded: Catalogue, view: FormView) -> Iterable[str]:
    texts = view.notice.texts
    for purpose_id in view.form.purposes:
        purpose = loaded.purposes[purpose_id]
        yield _wrapped(texts[f"label.{purpose_id}"], "[ ] " if purpose.control == OPT_IN else "  • ", "    ")
        yield _wrapped(texts[f"text.{purpose_id}"], "    ")
        yield _wrapped(texts[f"retention.{purpose_id}"], "    ")
        yield _wrapped(texts[f"basis.{purpose_id}"], "    ")
        yield ""


def _wrapped(text: str, first: str = "", later: str | None = None) -> str:
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=first if later is None else later)
