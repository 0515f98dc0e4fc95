"""Settings: safe defaults, no default secrets, one sentence when something is wrong."""

import base64
from pathlib import Path

import pytest

from intake_api.settings import AS_AT_HAND, EVERY_SECRET, KEYS, NEEDED_BY, TOKENS, SettingsError, read_settings
from tests.intake_api.conftest import random_secrets


class TestReading:
    """From an environment."""

    def test_secrets_are_enough_for_a_start(self) -> None:
        settings = read_settings(random_secrets())
        assert settings.mode == "production"
        assert settings.public_url == "http://127.0.0.1:8080"

    @pytest.mark.parametrize("url", ["mysql://zq7f3@db/x", "postgresql://zq7f3@db/x", "zq7f3"])
    def test_a_database_we_do_not_know_is_named_without_its_address(self, url: str) -> None:
        with pytest.raises(SettingsError, match=r"VESTIBULE_DATABASE_URL .* postgresql\+psycopg://") as refused:
            read_settings({**random_secrets(), "VESTIBULE_DATABASE_URL": url})
        assert "zq7f3" not in str(refused.value)

    def test_ports_move_the_addresses(self) -> None:
        assert read_settings({**random_secrets(), "VESTIBULE_REVIEW_PORT": "9001"}).review_url.endswith(":9001")

    @pytest.mark.parametrize("name", [*KEYS, "SERVICE_TOKEN"])
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

    @pytest.mark.parametrize(
        ("name", "value"), [("MODE", "debug"), ("PUBLIC_URL", "nowhere"), ("PUBLIC_PORT", "x"), ("PROXIES", "-1")]
    )
    def test_a_wrong_value_is_named(self, name: str, value: str) -> None:
        with pytest.raises(SettingsError, match=f"VESTIBULE_{name}"):
            read_settings({**random_secrets(), f"VESTIBULE_{name}": value})

    def test_secrets_are_never_printed(self) -> None:
        environment = random_secrets()
        settings = read_settings(environment)
        assert environment["VESTIBULE_SERVICE_TOKEN"] not in repr(settings)
        assert repr(settings.secrets) == "Secrets()"


class TestTheSecretsOfOneProcess:
    """SEC-47: each process reads what it needs, and no more."""

    @pytest.mark.parametrize("process", NEEDED_BY)
    def test_sec47_a_process_starts_with_its_own_secrets_alone(self, process: str) -> None:
        settings = read_settings(secrets_of(process), process)
        for name in (*KEYS, *TOKENS):
            if name in NEEDED_BY[process]:
                assert getattr(settings.secrets, name.lower())
            else:
                with pytest.raises(SettingsError, match=f"VESTIBULE_{name} is not for this process"):
                    getattr(settings.secrets, name.lower())

    @pytest.mark.parametrize(
        ("process", "name"),
        [
            (process, name)
            for process, names in NEEDED_BY.items()
            if process not in AS_AT_HAND
            for name in names
            if name not in ("CRM_ERASE_KEY", "INBOUND_SECRETS")  # not every CRM needs or has one
        ],
    )
    def test_sec47_one_that_it_needs_and_lacks_is_named(self, process: str, name: str) -> None:
        environment = {**secrets_of(process), **(A_CRM if name in ("CRM_KEY", "CRM_ERASE_KEY") else {})}
        del environment[f"VESTIBULE_{name}"]
        with pytest.raises(SettingsError, match=f"VESTIBULE_{name} is missing"):
            read_settings(environment, process)

    @pytest.mark.parametrize("process", NEEDED_BY)
    def test_sec47_those_of_others_are_not_read_where_they_are_at_hand(self, process: str) -> None:
        settings = read_settings({**secrets_of(None), **A_CRM}, process)
        held = {*settings.secrets.keys, *settings.secrets.tokens}
        held |= {"WEBHOOK_SECRET"} if settings.secrets.webhook_secrets else set()
        held |= {"INBOUND_SECRETS"} if settings.secrets.inbound_keys else set()
        held |= {"CRM_KEY", "CRM_ERASE_KEY"} if settings.crm else set()
        held |= {"SMTP_URL"} if settings.smtp_url else set()
        held |= {"OIDC_CLIENT_SECRET"} if settings.company else set()
        assert held == set(NEEDED_BY[process])

    def test_e07_who_rotates_keys_takes_those_at_hand(self) -> None:
        environment = secrets_of("keys")
        for name in ("MASTER_KEY", "WEBHOOK_SECRET"):
            del environment[f"VESTIBULE_{name}"]
        assert set(read_settings(environment, "keys").secrets.keys) == {*KEYS} - {"MASTER_KEY"}

    def test_e07_a_key_that_is_being_rotated_has_two_values_the_newest_first(self) -> None:
        environment, new = secrets_of("worker"), random_secrets()["VESTIBULE_MASTER_KEY"]
        old = environment["VESTIBULE_MASTER_KEY"]
        secrets = read_settings({**environment, "VESTIBULE_MASTER_KEY": f"{new} {old}"}, "worker").secrets
        assert secrets.master_key == base64.b64decode(new)
        assert secrets.older_keys["MASTER_KEY"] == (base64.b64decode(old),)
        with pytest.raises(SettingsError, match="Two secrets are the same"):
            read_settings({**environment, "VESTIBULE_MASTER_KEY": f"{old} {old}"}, "worker")

    def test_e07_only_the_worker_and_who_verifies_can_sign_checkpoints(self) -> None:
        assert {process for process, names in NEEDED_BY.items() if "EVIDENCE_KEY" in names} == {
            "worker",
            "verify",
            "keys",
        }


COMPANY = {"VESTIBULE_OIDC_ISSUER": "https://login.company.example", "VESTIBULE_OIDC_CLIENT_ID": "vestibule"}


class TestCompany:
    def test_stands_as_it_is_set(self) -> None:
        more = {"VESTIBULE_OIDC_ACR": "phr phrh", "VESTIBULE_OIDC_NAME": "Tidewick"}
        company = read_settings({**secrets_of("review"), **more}, "review").company
        assert company
        assert (company.issuer, company.client_id, company.client_secret, company.name) == (
            "https://login.company.example",
            "vestibule",
            "hush, OIDC_CLIENT_SECRET",
            "Tidewick",
        )
        assert company.two_factors == {"phr", "phrh"}
        assert not company.plain

    @pytest.mark.parametrize(
        ("mode", "issuer", "taken"),
        [
            ("production", "https://login.company.example/tenant/v2.0", True),
            ("production", "http://login.company.example", False),
            ("production", "http://127.0.0.1:9000", False),
            ("development", "http://127.0.0.1:9000", True),
            ("test", "http://localhost:9000", True),
            ("development", "http://10.0.0.1:9000", False),
            ("development", "http://localhost.evil.example", False),
            ("production", "https://", False),
            ("production", "https://login.company.example?tenant=1", False),
            ("production", "file:///etc/passwd", False),
        ],
    )
    def test_sec34_is_asked_over_https_or_on_loopback_in_development(self, mode: str, issuer: str, taken: bool) -> None:
        environment = {**secrets_of("review"), "VESTIBULE_MODE": mode, "VESTIBULE_OIDC_ISSUER": issuer}
        if taken:
            assert read_settings(environment, "review").company
            return
        with pytest.raises(SettingsError, match="VESTIBULE_OIDC_ISSUER is not an address"):
            read_settings(environment, "review")

    def test_passwords_are_switched_off_only_where_there_is_another_way_in(self) -> None:
        off = {**secrets_of("review"), "VESTIBULE_PASSWORD_SIGN_IN": "off"}
        assert not read_settings(off, "review").passwords
        with pytest.raises(SettingsError, match="leaves no way in"):
            read_settings({**off, "VESTIBULE_OIDC_ISSUER": ""}, "review")

    def test_needs_what_the_provider_knows_us_by(self) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_OIDC_CLIENT_ID is missing"):
            read_settings({**secrets_of("review"), "VESTIBULE_OIDC_CLIENT_ID": ""}, "review")


A_CRM = {"VESTIBULE_DESTINATION": "odoo", "VESTIBULE_CRM_URL": "https://crm.example"}


def secrets_of(process: str | None) -> dict[str, str]:
    """Return the environment of a process that sends to a webhook and by SMTP, with its secrets and no other."""
    names = EVERY_SECRET if process is None else NEEDED_BY[process]
    made = {**random_secrets(), "VESTIBULE_SMTP_URL": "smtp://user:hush@mail.example"}
    made |= {f"VESTIBULE_{name}": f"hush, {name}" for name in ("OIDC_CLIENT_SECRET", "CRM_KEY", "CRM_ERASE_KEY")}
    made["VESTIBULE_INBOUND_SECRETS"] = random_secrets()["VESTIBULE_WEBHOOK_SECRET"]
    ways = {"VESTIBULE_DESTINATION": "webhook", "VESTIBULE_WEBHOOK_URL": "https://crm.example/leads", **COMPANY}
    own = {f"VESTIBULE_{name}": made[f"VESTIBULE_{name}"] for name in names}
    return {**ways, "VESTIBULE_MAIL": "smtp", "VESTIBULE_VAR": "nowhere", **own}
