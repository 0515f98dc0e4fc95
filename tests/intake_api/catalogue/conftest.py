"""A copy of the real catalogue that a test may spoil."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.problems import CatalogueError, Problem

REAL = Path(__file__).parents[3] / "catalogue"
PUBLIC_URL = "https://forms.tidewick.example"


@dataclass(frozen=True)
class Copy:
    """A catalogue in a folder of its own."""

    folder: Path

    def change(self, file: str, old: str, new: str) -> None:
        """Put `new` where `old` stands (at least once) in a file."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def load(self) -> Catalogue:
        """Load it."""
        return load_catalogue(self.folder, PUBLIC_URL)

    def problems(self) -> tuple[Problem, ...]:
        """Load it and return what is wrong."""
        with pytest.raises(CatalogueError) as caught:
            self.load()
        return caught.value.problems


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A fresh copy of the real catalogue."""
    return Copy(Path(shutil.copytree(REAL, tmp_path / "catalogue")))


@pytest.fixture
def complete(copy: Copy) -> Callable[[str], None]:
    """Give a language of the copy the English words, whole."""

    def with_english(locale: str) -> None:
        shutil.copy(copy.folder / "locales/en.yml", copy.folder / f"locales/{locale}.yml")

    return with_english


@pytest.fixture
def begun(copy: Copy) -> Callable[[str], None]:
    """Leave a language of the copy without the texts of any form."""

    def without_forms(locale: str) -> None:
        path = copy.folder / f"locales/{locale}.yml"
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
        text = yaml.safe_dump({**words, "forms": {}}, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")

    return without_forms


@pytest.fixture(scope="module")
def real() -> Catalogue:
    """The catalogue as it stands."""
    return load_catalogue(REAL, PUBLIC_URL)
