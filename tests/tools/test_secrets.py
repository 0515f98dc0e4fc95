"""The secrets that are made so that nobody has to: strong, private, and never made twice."""

import base64
import os
import stat
from pathlib import Path

import pytest
import yaml

from intake_api.settings import NEEDED_BY, read_settings
from tools.container_secrets import main, write_container_secrets
from tools.development_secrets import write_development_secrets
from tools.house import read_house

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"master_key", "index_key", "evidence_key", "receipt_key", "token_key", "service_token", "gateway_token"}


class TestDevelopmentSecrets:
    def test_sec47_are_readable_by_their_owner_only_and_said_once(self, tmp_path: Path) -> None:
        house = read_house(tmp_path, {})
        said = write_development_secrets(house)
        assert said == ["made 7 development secrets in var/secrets: for this machine only, never for real leads"]
        assert {file.name for file in (tmp_path / "var/secrets").iterdir()} == SECRETS
        assert {mode(file) for file in (tmp_path / "var/secrets").iterdir()} == {0o600}
        assert mode(tmp_path / "var/secrets") == 0o700

    def test_one_that_is_there_stays(self, tmp_path: Path) -> None:
        house = read_house(tmp_path, {})
        write_development_secrets(house)
        before = contents(tmp_path / "var/secrets")
        (tmp_path / "var/secrets/token_key").unlink()
        write_development_secrets(house)
        after = contents(tmp_path / "var/secrets")
        assert {name for name in after if after[name] != before[name]} == {"token_key"}
        assert write_development_secrets(house) == []

    def test_one_that_the_environment_gives_is_not_made(self, tmp_path: Path) -> None:
        house = read_house(tmp_path, {"VESTIBULE_MASTER_KEY": "given", "VESTIBULE_INDEX_KEY_FILE": "somewhere"})
        write_development_secrets(house)
        assert set(contents(tmp_path / "var/secrets")) == SECRETS - {"master_key", "index_key"}

    def test_the_settings_take_them(self, tmp_path: Path) -> None:
        house = read_house(tmp_path, {"VESTIBULE_VAR": str(tmp_path / "state"), "VESTIBULE_DESTINATION": "webhook"})
        write_development_secrets(house)
        settings = read_settings({**house.environment, "VESTIBULE_WEBHOOK_URL": "https://crm.example/leads"})
        assert len(settings.secrets.master_key) == 32
        assert settings.secrets.webhook_secrets[0].startswith("whsec_")


class TestContainerSecrets:
    def test_each_file_is_readable_in_a_folder_only_its_owner_can_enter(self, tmp_path: Path) -> None:
        made = write_container_secrets(tmp_path / "secrets")
        assert set(made) == SECRETS | {
            "webhook_secret",
            "postgres_password",
            "database_url",
            "smtp_url",
            "oidc_client_secret",
            "crm_key",
            "crm_erase_key",
            "inbound_secrets",
        }
        assert mode(tmp_path / "secrets") == 0o700
        assert {mode(file) for file in (tmp_path / "secrets").iterdir()} == {0o444}

    def test_the_database_s_address_carries_its_password(self, tmp_path: Path) -> None:
        write_container_secrets(tmp_path)
        password = (tmp_path / "postgres_password").read_text().strip()
        assert (tmp_path / "database_url").read_text().strip() == (
            f"postgresql+psycopg://vestibule:{password}@database/vestibule"
        )

    def test_the_settings_take_them(self, tmp_path: Path) -> None:
        write_container_secrets(tmp_path)
        settings = read_settings({"VESTIBULE_SECRETS_DIR": str(tmp_path)})
        assert settings.database_url == (tmp_path / "database_url").read_text().strip()
        assert settings.secrets.evidence_key == base64.b64decode((tmp_path / "evidence_key").read_text())

    @pytest.mark.parametrize("service", ["public", "internal", "review", "worker", "migrate"])
    def test_sec47_each_container_sees_what_its_process_reads_and_no_more(self, service: str) -> None:
        house = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        mounted = house["services"][service]["secrets"]
        assert sorted(mounted) == sorted({*(name.lower() for name in NEEDED_BY[service]), "database_url"})

    def test_compose_mounts_exactly_what_is_made(self, tmp_path: Path) -> None:
        made = write_container_secrets(tmp_path)
        house = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        mounted = {name for service in house["services"].values() for name in service.get("secrets", [])}
        assert mounted == set(made)
        assert {name: Path(secret["file"]).name for name, secret in house["secrets"].items()} == {
            name: name for name in made
        }

    def test_whoever_makes_them_is_told_which_keys_to_keep_elsewhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("VESTIBULE_SECRETS", str(tmp_path / "secrets"))
        main()
        said = capsys.readouterr().out
        assert all(name in said for name in ("master_key", "index_key", "evidence_key", "receipt_key"))
        main()
        assert "nothing was changed" in capsys.readouterr().out

    def test_sec47_no_container_sees_a_secret_of_another_s(self) -> None:
        services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        others = {name: services[name].get("secrets", []) for name in services if name not in NEEDED_BY}
        assert {name: secrets for name, secrets in others.items() if secrets} == {
            "bot": ["gateway_token"],
            "actions": ["service_token"],
            "database": ["postgres_password"],
        }


def mode(file: Path) -> int:
    return stat.S_IMODE(os.stat(file).st_mode)  # noqa: PTH116 - the mode, whoever runs the test


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}
