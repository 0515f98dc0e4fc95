"""Reads the folder `catalogue/` and gives a Catalogue, or every reason why not.

The order is the order of trust: what stands in one file (`sources`), what the files say about each other (`check`), and
what a visitor would read in each language (`view`). One call shows all problems: each step looks at what the ones
before left sound (`soundness`), and not at what would only be the consequence of a fault that is told already.
"""

from pathlib import Path

from intake_api.catalogue.answers import make_answers
from intake_api.catalogue.check import check_sources, given
from intake_api.catalogue.content_source import contents_file
from intake_api.catalogue.definitions import ANSWERS
from intake_api.catalogue.model import Catalogue, Gaps
from intake_api.catalogue.problems import CatalogueError, Problem
from intake_api.catalogue.shown import Answers, FormView, FreeTexts
from intake_api.catalogue.soundness import Soundness
from intake_api.catalogue.sources import (
    FIELDS,
    ORGANISATION,
    PURPOSES,
    RECIPIENTS,
    Sources,
    read_sources,
    words_file,
)
from intake_api.catalogue.staff_names import make_staff_names
from intake_api.catalogue.view import make_free_texts, make_view
from intake_api.catalogue.words import Words
from intake_api.catalogue.yaml_file import LINE, WHOLE_FILE


def load_catalogue(folder: Path, public_url: str) -> Catalogue:
    """Load the catalogue under `folder`; links to notices begin with `public_url`.

    Deterministic: the same files give the same notices, byte for byte. Raises CatalogueError with every problem found.
    """
    problems: list[Problem] = []
    sources = read_sources(folder, problems)
    sound = Soundness(problems)
    _stop_where_nothing_can_be_judged(sources, sound, problems)
    check_sources(sources, sound, problems)
    views, gaps = _views(sources, sound, public_url, problems)
    answers, answer_gaps = _answers(sources, problems)
    if problems:
        raise _error(problems)
    return Catalogue(
        organisation=sources.organisation,
        default_locale=sources.default_locale,
        locales=tuple(sources.words),
        language_names={locale: words.get("language", locale) for locale, words in sources.words.items()},
        forms=sources.forms,
        purposes=sources.purposes,
        recipients=sources.recipients,
        views=views,
        answers=answers,
        contents=sources.contents,
        codes=sources.codes,
        assignment=sources.assignment,
        destinations=sources.destinations,
        gaps=(*gaps, *answer_gaps),
        free_texts=_free_texts(sources),
        staff_names={locale: make_staff_names(sources, locale) for locale in sources.words},
    )


def _stop_where_nothing_can_be_judged(sources: Sources, sound: Soundness, problems: list[Problem]) -> None:
    """Tell of a file that cannot be read that only; and nothing but that, if all the others rest on it."""
    told = [problem for problem in problems if problem.file not in sound.unreadable or _is_unreadable(problem)]
    problems[:] = told
    foundations = {ORGANISATION, RECIPIENTS, PURPOSES, FIELDS, words_file(sources.default_locale)}
    if sound.unreadable & foundations or sources.default_locale not in sources.words:
        raise _error([problem for problem in told if _is_unreadable(problem)] or told)


def _is_unreadable(problem: Problem) -> bool:
    return problem.key == WHOLE_FILE or problem.key.startswith(LINE)


def _error(problems: list[Problem]) -> CatalogueError:
    return CatalogueError(tuple(sorted(problems, key=lambda problem: (problem.file, problem.key))))


def _views(
    sources: Sources, sound: Soundness, public_url: str, problems: list[Problem]
) -> tuple[dict[tuple[str, str], FormView], tuple[Gaps, ...]]:
    """Make the view of every form in every locale that has all its texts, and count what the others lack."""
    views: dict[tuple[str, str], FormView] = {}
    gaps: list[Gaps] = []
    for form in sources.forms.values():
        if not sound.can_show(form, sources):
            continue
        for locale, texts in sources.words.items():
            if locale not in form.languages or not sound.can_speak(locale, sources):
                continue
            words = Words(locale, texts)
            view = make_view(sources, form, words, public_url, problems)
            for content in given(form):
                words.needed[contents_file(content, locale)] = None
                if (content, locale) not in sources.contents:
                    words.missing[contents_file(content, locale)] = None
            gaps.append(Gaps(locale, form.key, len(words.needed), tuple(words.missing)))
            if not words.missing:
                views[form.key, locale] = view
    return views, tuple(gaps)


def _answers(sources: Sources, problems: list[Problem]) -> tuple[dict[str, Answers], tuple[Gaps, ...]]:
    """Make the answers of every locale that has them all, and count what the others lack."""
    answers: dict[str, Answers] = {}
    gaps: list[Gaps] = []
    for locale, texts in sources.words.items():
        words = Words(locale, texts)
        made = make_answers(sources, words, problems)
        gaps.append(Gaps(locale, ANSWERS, len(words.needed), tuple(words.missing)))
        if not words.missing:
            answers[locale] = made
    return answers, tuple(gaps)


def _free_texts(sources: Sources) -> dict[str, FreeTexts]:
    """Make what reads free texts in every locale that can tell what it leaves out."""
    words = {locale: Words(locale, texts) for locale, texts in sources.words.items()}
    made = {locale: make_free_texts(each) for locale, each in words.items()}
    return {locale: each for locale, each in made.items() if not words[locale].missing}
