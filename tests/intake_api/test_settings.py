"""Settings: safe defaults, no default secrets, one sentence when something is wrong."""

import base64
from pathlib import Path

import pytest

from intake_api.settings import SettingsError, read_settings
from tests.intake_api.conftest import random_secrets


class TestReading:
    """From an environment."""

    def test_secrets_are_enough_for_a_start(self) -> None:
        settings = read_settings(random_secrets())
        assert settings.mode == "production"
        assert settings.public_url == "http://127.0.0.1:8080"

    def test_ports_move_the_addresses(self) -> None:
        assert read_settings({**random_secrets(), "VESTIBULE_REVIEW_PORT": "9001"}).review_url.endswith(":9001")

    @pytest.mark.parametrize("name", ["MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "TOKEN_KEY", "SERVICE_TOKEN"])
    def test_sec47_a_missing_secret_is_named(self, name: str) -> None:
        environment = {**random_secrets(), "VESTIBULE_VAR": "nowhere"}
        del environment[f"VESTIBULE_{name}"]
        with pytest.raises(SettingsError, match=f"VESTIBULE_{name} is missing"):
            read_settings(environment)

    @pytest.mark.parametrize("value", ["", "short", base64.b64encode(bytes(32)).decode(), "ÿ" * 44])
    def test_sec47_a_weak_key_is_refused(self, value: str) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_MASTER_KEY"):
            read_settings({**random_secrets(), "VESTIBULE_VAR": "nowhere", "VESTIBULE_MASTER_KEY": value})

    def test_sec47_two_equal_keys_are_refused(self) -> None:
        environment = random_secrets()
        environment["VESTIBULE_INDEX_KEY"] = environment["VESTIBULE_MASTER_KEY"]
        with pytest.raises(SettingsError, match="the same"):
            read_settings(environment)

    def test_a_secret_may_stand_in_a_file(self, tmp_path: Path) -> None:
        environment = random_secrets()
        (tmp_path / "service_token").write_text(environment.pop("VESTIBULE_SERVICE_TOKEN") + "\n")
        settings = read_settings({**environment, "VESTIBULE_SECRETS_DIR": str(tmp_path)})
        assert settings.secrets.service_token == (tmp_path / "service_token").read_text().strip()

    def test_a_command_beside_make_run_needs_to_know_its_folder_only(self, tmp_path: Path) -> None:
        (tmp_path / "secrets").mkdir()
        for name, value in random_secrets().items():
            (tmp_path / "secrets" / name.removeprefix("VESTIBULE_").lower()).write_text(value)
        settings = read_settings({"VESTIBULE_VAR": str(tmp_path)})
        assert settings.database_url == f"sqlite:///{tmp_path}/vestibule.sqlite"
        assert settings.checkpoint_file == tmp_path / "evidence" / "checkpoints.jsonl"

    def test_an_empty_file_of_a_secret_is_a_missing_secret(self, tmp_path: Path) -> None:
        environment = random_secrets()
        del environment["VESTIBULE_SERVICE_TOKEN"]
        (tmp_path / "service_token").write_text("\n")
        with pytest.raises(SettingsError, match="VESTIBULE_SERVICE_TOKEN is missing"):
            read_settings({**environment, "VESTIBULE_SECRETS_DIR": str(tmp_path)})

    @pytest.mark.parametrize("mode", ["production", "development"])
    def test_the_time_can_be_driven_in_tests_only(self, mode: str) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_TEST_CLOCK"):
            read_settings({**random_secrets(), "VESTIBULE_MODE": mode, "VESTIBULE_TEST_CLOCK": "clock"})

    def test_production_never_sends_to_loopback(self) -> None:
        with pytest.raises(SettingsError, match="ALLOW_LOOPBACK"):
            read_settings({**random_secrets(), "VESTIBULE_WEBHOOK_ALLOW_LOOPBACK": "1"})

    @pytest.mark.parametrize(("name", "value"), [("MODE", "debug"), ("PUBLIC_URL", "nowhere"), ("PUBLIC_PORT", "x")])
    def test_a_wrong_value_is_named(self, name: str, value: str) -> None:
        with pytest.raises(SettingsError, match=f"VESTIBULE_{name}"):
            read_settings({**random_secrets(), f"VESTIBULE_{name}": value})

    def test_secrets_are_never_printed(self) -> None:
        environment = random_secrets()
        settings = read_settings(environment)
        assert environment["VESTIBULE_SERVICE_TOKEN"] not in repr(settings)
        assert repr(settings.secrets) == "Secrets()"
