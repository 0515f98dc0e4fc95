"""Each kind of destination that the settings know can be opened from them, and staff read every reason in words."""

import ast
import re
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.crm.registry import KINDS, open_destination
from intake_api.settings import CRMS, DESTINATIONS, Destination, SettingsError, read_settings
from intake_api.web.review.code_words import DESTINATIONS as CALLED
from intake_api.web.review.code_words import WHY_NOT_SENT
from tests.intake_api.conftest import ROOT, random_secrets
from tests.intake_api.crm.worlds import WORLDS

OUTCOMES = {"Refused", "Retry", "Unknown", "NotAllowedIn", "Gone"}


class TestKinds:
    def test_each_that_can_be_chosen_is_there_and_has_a_name(self) -> None:
        assert set(KINDS) == set(CRMS)
        assert set(CALLED) == set(DESTINATIONS)

    @pytest.mark.parametrize("kind", DESTINATIONS)
    def test_each_is_held_to_its_promises_and_stands_in_the_docs(self, kind: Destination) -> None:
        assert any(world.partition("-")[0] == kind for world in WORLDS)
        delivery, settings = ((ROOT / "docs" / f"{page}.md").read_text("utf-8") for page in ("delivery", "settings"))
        assert f"`VESTIBULE_DESTINATION={kind}`" in delivery
        (row,) = [line for line in settings.splitlines() if line.startswith("| `VESTIBULE_DESTINATION` |")]
        assert f"`{kind}`" in row

    @pytest.mark.parametrize("kind", DESTINATIONS)
    def test_each_is_opened_by_its_settings_alone(
        self, kind: Destination, catalogue: Catalogue, tmp_path: Path
    ) -> None:
        told = {"CRM_URL": "https://crm.example", "CRM_DATABASE": "crm", "CRM_USER": "bot", "CRM_KEY": "k" * 32}
        hooked = {"WEBHOOK_URL": "https://crm.example/leads", "DESTINATION": kind, "VAR": str(tmp_path)}
        environment = {f"VESTIBULE_{name}": value for name, value in {**told, **hooked}.items()}
        settings = read_settings({**random_secrets(), **environment}, "worker")
        opened = open_destination(settings, catalogue)
        assert (opened.name, opened.recipient) == (kind, "crm")

    @pytest.mark.parametrize("kind", [kind for kind in DESTINATIONS if kind != "file"])
    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("http://127.0.0.1:8069", "does not begin with https://. Only what is on this machine itself"),
            ("https://crm.example:8069", "has a port other than 443 and 8443. Only what is on this machine itself"),
            ("https://bot:key@crm.example", "has a user in it. Leave that out"),
            ("crm.example", "is no address. Write one such as https://"),
            ("https://crm example", "is no address. Write one such as https://"),
            ("https://-/", "has no name or address of a host."),
        ],
    )
    def test_sec34_an_address_that_cannot_be_is_said_with_its_setting_and_with_what_can(
        self, kind: Destination, url: str, sentence: str, catalogue: Catalogue, tmp_path: Path
    ) -> None:
        told = {"CRM_URL": url, "CRM_DATABASE": "crm", "CRM_USER": "bot", "CRM_KEY": "k" * 32, "WEBHOOK_URL": url}
        environment = {f"VESTIBULE_{name}": value for name, value in {**told, "DESTINATION": kind}.items()}
        settings = read_settings({**random_secrets(), **environment, "VESTIBULE_VAR": str(tmp_path)}, "worker")
        setting = "VESTIBULE_WEBHOOK_URL" if kind == "webhook" else "VESTIBULE_CRM_URL"
        with pytest.raises(SettingsError, match=f"^{setting} {re.escape(sentence)}"):
            open_destination(settings, catalogue)


class TestReasons:
    def test_each_reason_that_a_connector_gives_is_said_in_words(self) -> None:
        given = {
            reason
            for file in (ROOT / "intake_api" / "crm").glob("*.py")
            for call in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in OUTCOMES
            for reason in reasons_in(call)
        }
        assert len(given) > 40
        assert given - set(WHY_NOT_SENT) == set()


def reasons_in(call: ast.Call) -> list[str]:
    """Return the codes that stand in the first argument, in either branch where it is chosen."""
    parts = call.args[:1]
    if parts and isinstance(parts[0], ast.IfExp):
        parts = [parts[0].body, parts[0].orelse]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
