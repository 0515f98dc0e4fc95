"""`intake_api catalogue`: is the catalogue in order, and what does a visitor see of it?"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from intake_api.catalogue.definitions import ANSWERS
from intake_api.catalogue.form_kinds import KINDS
from intake_api.catalogue.form_source import form_file
from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue, FormUnknown, Gaps, LocaleNotOffered
from intake_api.catalogue.new_form import CannotMake, make_new_form
from intake_api.catalogue.problems import CatalogueError, Problem
from intake_api.catalogue.sources import words_file
from intake_api.cli.opening import opened
from intake_api.cli.shown_form import CHANNELS, shown_form, wrapped
from intake_api.clock import system_clock
from intake_api.flows.list_code_uses import list_code_uses

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
@click.option("--begun", is_flag=True, help="Count a language that is only begun as no mistake, as a start does.")
def check(folder: Path, public_url: str, missing: str | None, begun: bool) -> None:
    """Read everything as a start would and say all that is wrong: what, where, and what to write instead.

    A language that lacks texts of a form stops no start, since nothing is collected in it then. Here it is a mistake.
    """
    loaded = _load(folder, public_url)
    if missing is not None and missing not in loaded.locales:
        raise click.ClickException(f"There is no language {missing}; there are: {', '.join(loaded.locales)}.")
    untold = () if begun else tuple(_missing_languages(loaded))
    if not untold:
        click.echo(_summary(folder, loaded))
    click.echo(_table(loaded))
    for line in (*_idle(loaded), *_unnamed(loaded)):
        click.echo(line)
    if missing is not None:
        click.echo(_missing_texts(loaded, missing))
    if untold:
        _tell(f"{folder} loads, but not in every language", untold)
        sys.exit(1)


@catalogue.command()
@click.argument("form")
@click.option("--locale", default="en", show_default=True, help="The language of the visitor.")
@click.option("--channel", default="page", show_default=True, type=click.Choice(CHANNELS), help="Where it is shown.")
@_FOLDER
@_PUBLIC_URL
def show(form: str, locale: str, channel: str, folder: Path, public_url: str) -> None:
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
    click.echo("\n".join(shown_form(loaded, view, channel)))


@catalogue.command("new-form")
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="What kind of form it is.")
@_FOLDER
@_PUBLIC_URL
def new_form(name: str, kind: str, folder: Path, public_url: str) -> None:
    """Write a correct starting file for a new form, with its first words in every language, and say what to edit."""
    try:
        made = make_new_form(folder, public_url, name, kind, today=system_clock().date())
    except CannotMake as refused:
        raise click.ClickException(str(refused)) from None
    except CatalogueError as error:
        _tell(f"{folder} does not load", error.problems)
        sys.exit(1)
    click.secho(f"{name} is there, and the catalogue loads with it:", fg="green", bold=True)
    for file in made.files:
        click.echo(f"  {folder / file}")
    click.echo("\nEdit next:")
    for line in made.edit_next:
        click.echo(wrapped(line, "  - ", "    "))
    click.echo(f"\nThen: catalogue check, catalogue show {name}, and a restart.")


@catalogue.command()
def codes() -> None:
    """Say how often each code of a campaign came back, and with which forms. Nobody is named: only numbers are kept."""
    house = opened()
    uses = list_code_uses(house.store)
    for code in sorted({*house.catalogue.codes, *(use.code for use in uses)}):
        known = house.catalogue.codes.get(code)
        about = f"{known.says} (until {known.until.isoformat()})" if known else "not in codes.yml any more"
        total = sum(use.uses for use in uses if use.code == code)
        click.echo(f"{click.style(code, bold=True)}  {total}  {about}")
        for use in uses:
            if use.code == code:
                click.echo(f"  {use.form}: {use.uses}")
    if not uses and not house.catalogue.codes:
        click.echo("There is no code: codes.yml in the catalogue is where they stand.")


def _load(folder: Path, public_url: str) -> Catalogue:
    """Load the catalogue; on problems print each of them and end with exit code 1."""
    try:
        return load_catalogue(folder, public_url)
    except CatalogueError as error:
        _tell(f"{folder} does not load", error.problems)
        sys.exit(1)


def _tell(title: str, problems: Sequence[Problem]) -> None:
    count = len(problems)
    click.secho(f"{title}: {count} {'problem' if count == 1 else 'problems'}.", fg="red", bold=True, err=True)
    for problem in problems:
        click.echo("", err=True)
        click.secho(f"{problem.file}  {problem.key}", bold=True, err=True)
        click.echo(wrapped(problem.wrong, "  "), err=True)
        click.echo(wrapped(problem.instead, "  → ", "    "), err=True)


def _missing_languages(loaded: Catalogue) -> Iterable[Problem]:
    """Find the languages in which a form, or the answers, lack texts, so that nothing is collected in them (N-17)."""
    for gap in loaded.gaps:
        if not gap.missing:
            continue
        others = f" and {len(gap.missing) - 1} more" if len(gap.missing) > 1 else ""
        wrong = f"is missing{others}: {gap.form} is not offered in {gap.locale}."
        instead = f"Write the texts that --missing {gap.locale} lists" + (
            f"; or say in {form_file(gap.form)} which languages it has." if gap.form != ANSWERS else "."
        )
        yield Problem(words_file(gap.locale), gap.missing[0], wrong, instead)


def _summary(folder: Path, loaded: Catalogue) -> str:
    counted = f"{len(loaded.forms)} forms, {len(loaded.purposes)} purposes, {len(loaded.recipients)} recipients"
    return click.style(f"{folder} is in order", fg="green", bold=True) + f": {counted}.\n"


def _table(loaded: Catalogue) -> str:
    """Forms and the answers down, languages across: is it whole, or how many texts has it of how many?"""
    cells = {(gap.form, gap.locale): _state(gap) for gap in loaded.gaps}
    names = [*loaded.forms, ANSWERS]
    cells.update({(name, locale): "-" for name in names for locale in loaded.locales if (name, locale) not in cells})
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
    if purposes:
        yield f"No form uses: {', '.join(sorted(purposes))}."


def _unnamed(loaded: Catalogue) -> Iterable[str]:
    """Say in which languages staff read other words for lack of names of their own: allowed, and good to know."""
    for locale, names in loaded.staff_names.items():
        if names.missing:
            yield f"{words_file(locale)} lacks {len(names.missing)} names for staff; --missing {locale} lists them."
        if names.unused:
            yield f"{words_file(locale)} names for staff what is not there: {', '.join(names.unused)}."


def _missing_texts(loaded: Catalogue, locale: str) -> str:
    missing = dict.fromkeys(key for gap in loaded.gaps if gap.locale == locale for key in gap.missing)
    unnamed = loaded.staff_names[locale].missing
    told = ["", f"{words_file(locale)} lacks {len(missing)} texts:", *(f"  {key}" for key in missing)]
    if unnamed:
        told += ["", f"and {len(unnamed)} names for staff, which may be missing:", *(f"  {key}" for key in unnamed)]
    return "\n".join(told)
