"""A press that changes the catalogue and publishes it, as an officer does."""

import shutil
from pathlib import Path

from intake_api.catalogue.model import Catalogue
from intake_api.flows.publish_notices import publish_notices
from intake_api.store.base import Store
from intake_api.store.staff import add_staff
from tests.intake_api.catalogue.conftest import REAL, Copy
from tests.intake_api.conftest import DrivenClock

OFFICER = "officer@example.com"
MATERIAL = ("recipients.yml", "Brightledger", "Otherledger")
WORDING = ("locales/en.yml", "Once a month, for hosts", "Monthly, for hosts")


class Press:
    """Changes the catalogue and publishes it."""

    def __init__(self, store: Store, clock: DrivenClock, folder: Path) -> None:
        self._store, self._clock = store, clock
        self._copy = Copy(Path(shutil.copytree(REAL, folder / "published")))
        with store.writing() as tx:
            add_staff(tx, OFFICER, "none", one_time=True, now=clock())

    @property
    def folder(self) -> Path:
        return self._copy.folder

    def publish(self, *changes: tuple[str, str, str]) -> Catalogue:
        for file, old, new in changes:
            self._copy.change(file, old, new)
        catalogue = self._copy.load()
        publish_notices(self._store, catalogue, by=OFFICER, reason="A test.", now=self._clock.advance(minutes=5))
        return catalogue
