"""The settings of the process: one frozen class, read once from the environment at the door.

A default is safe in production and fit to be public; secrets have none. `docs/settings.md` lists each setting.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args
from urllib.parse import urlsplit

from intake_api.clock import Clock, driven_clock, system_clock

Mode = Literal["production", "development", "test"]
Destination = Literal["file", "webhook", "tryton", "odoo", "hubspot", "espocrm", "salesforce", "dolibarr", "pipedrive"]
DESTINATIONS: tuple[Destination, ...] = get_args(Destination)
CRMS = tuple(kind for kind in DESTINATIONS if kind not in ("file", "webhook"))
SecondFactor = Literal["required", "offered"]
SECOND_FACTORS: tuple[SecondFactor, ...] = ("required", "offered")
MailWay = Literal["folder", "smtp"]
MAIL_WAYS: tuple[MailWay, ...] = ("folder", "smtp")
MODES: tuple[Mode, ...] = ("production", "development", "test")
DATABASES = ("sqlite:///", "postgresql+psycopg://")
PREFIX = "VESTIBULE_"
T = TypeVar("T", bound=str)
MIN_SECRET_BYTES = 24
MAY_BE_TOLD, NOBODY = ("lead", "administrator"), "nobody"
LOOPBACK_NAMES = ("127.0.0.1", "localhost")
V = TypeVar("V")

# Which process reads which secret (SEC-47); each reads DATABASE_URL as well. docs/settings.md shows this table, and
# docker-compose.yml mounts what it says.
KEYS = ("MASTER_KEY", "INDEX_KEY", "EVIDENCE_KEY", "RECEIPT_KEY", "TOKEN_KEY")
TOKENS = ("SERVICE_TOKEN", "GATEWAY_TOKEN")
DESTINATION_SECRETS = ("WEBHOOK_SECRET", "CRM_KEY", "CRM_ERASE_KEY")
NEEDED_BY: Mapping[str, tuple[str, ...]] = {
    "public": ("MASTER_KEY", "INDEX_KEY", "TOKEN_KEY", "RECEIPT_KEY", "GATEWAY_TOKEN", "INBOUND_SECRETS"),
    "internal": ("MASTER_KEY", "INDEX_KEY", "TOKEN_KEY", "RECEIPT_KEY", "SERVICE_TOKEN"),
    "review": ("MASTER_KEY", "INDEX_KEY", "TOKEN_KEY", "OIDC_CLIENT_SECRET"),
    "worker": ("MASTER_KEY", "INDEX_KEY", "TOKEN_KEY", "EVIDENCE_KEY", *DESTINATION_SECRETS, "SMTP_URL"),
    "migrate": (),  # `db upgrade`: it changes tables and opens nothing that is sealed
    "operate": ("MASTER_KEY", "INDEX_KEY"),  # `deliveries`, `leads`, `staff`
    "verify": ("EVIDENCE_KEY",),  # `evidence verify`, `evidence export`
    "keys": (*KEYS, "WEBHOOK_SECRET"),  # `keys list`, `keys rotate`: whichever of them are at hand
}
AS_AT_HAND = ("keys",)  # processes that are not asked for what they do not find
EVERY_SECRET = (*KEYS, *TOKENS, *DESTINATION_SECRETS, "INBOUND_SECRETS", "SMTP_URL", "OIDC_CLIENT_SECRET")


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what to write."""

    code = "settings_invalid"


@dataclass(frozen=True)
class CrmAccount:
    """Where a CRM is and what we are let in with. Not every kind of CRM asks for all of it: `docs/delivery.md`.

    `erase_user` and `erase_key` are for erasing, where the account that writes leads may not.
    """

    url: str
    user: str
    key: str = field(repr=False)
    erase_user: str
    erase_key: str = field(repr=False)
    database: str


@dataclass(frozen=True)
class Secrets:
    """The secrets that this process holds, each for one use (E-07). Never printed: `repr` shows none of them."""

    keys: Mapping[str, bytes] = field(repr=False)
    older_keys: Mapping[str, tuple[bytes, ...]] = field(repr=False)  # those that are being rotated out, newest first
    tokens: Mapping[str, str] = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)  # newest first; two while one is being rotated out
    inbound_keys: tuple[bytes, ...] = field(repr=False, default=())  # any of them may have signed what the CRM tells us

    @property
    def master_key(self) -> bytes:
        """Return the key that wraps the data key of each person."""
        return _held(self.keys, "MASTER_KEY")

    @property
    def index_key(self) -> bytes:
        """Return the key of the blind indexes."""
        return _held(self.keys, "INDEX_KEY")

    @property
    def evidence_key(self) -> bytes:
        """Return the seed of the Ed25519 key that signs checkpoints."""
        return _held(self.keys, "EVIDENCE_KEY")

    @property
    def receipt_key(self) -> bytes:
        """Return the seed of the Ed25519 key that signs receipts."""
        return _held(self.keys, "RECEIPT_KEY")

    @property
    def token_key(self) -> bytes:
        """Return the key of receipts, links in mails, form controls and conversations."""
        return _held(self.keys, "TOKEN_KEY")

    @property
    def service_token(self) -> str:
        """Return what the bot's action server shows the internal door."""
        return _held(self.tokens, "SERVICE_TOKEN")

    @property
    def gateway_token(self) -> str:
        """Return what the public door shows the Rasa channel."""
        return _held(self.tokens, "GATEWAY_TOKEN")


@dataclass(frozen=True)
class CompanySignIn:
    """How staff sign in with their company's OpenID Connect provider."""

    issuer: str  # as the provider writes it, to the letter
    client_id: str
    client_secret: str = field(repr=False)
    name: str  # what stands on the button
    two_factors: frozenset[str]  # values of `acr` that stand for two factors; empty: `amr` has to say `mfa`
    plain: bool  # http on loopback is taken, for development and tests


@dataclass(frozen=True)
class Settings:
    """Everything that differs from one place of work to the next. Addresses have no slash at the end."""

    mode: Mode
    database_url: str
    catalogue: Path
    public_url: str
    review_url: str
    internal_url: str
    rasa_url: str
    second_factor: SecondFactor  # of staff
    company: CompanySignIn | None
    passwords: bool  # whether staff may sign in by one
    proxies: int  # how many stand in front of a door and say in X-Forwarded-For who came (SEC-19)
    allowed_origins: tuple[str, ...]
    destination: Destination
    destination_file: Path
    destination_recipient: str
    destination_file_rotation: str  # as `crm/lead_file.py` reads it; empty: never
    destination_rate: str | None  # as `rules/rate.py` reads it; none: the default of its kind
    parked_told: tuple[str, ...]  # the roles that are told by mail of deliveries that failed
    webhook_url: str | None
    crm: CrmAccount | None  # of a destination that is a CRM, in the process that calls it
    webhook_allow_loopback: bool
    mail: MailWay
    mail_folder: Path
    mail_from: str | None  # the organisation's own address when there is none
    smtp_url: str | None = field(repr=False)  # it holds a password
    checkpoint_file: Path
    checkpoint_folder: Path | None
    checkpoint_mail_to: str | None
    test_clock: Path | None
    secrets: Secrets

    @property
    def clock(self) -> Clock:
        """Return the clock of this process."""
        return driven_clock(self.test_clock) if self.test_clock else system_clock

    @property
    def trusted_hosts(self) -> dict[str, list[str]]:
        """Return, by door, the host names it answers to (SEC-19)."""
        return {
            "public": _host_names(self.public_url),
            "review": _host_names(self.review_url),
            "internal": sorted({*_host_names(self.internal_url), *LOOPBACK_NAMES}),
        }


def read_settings(environ: Mapping[str, str], process: str | None = None) -> Settings:
    """Read the settings from an environment.

    :param process: a name of `NEEDED_BY`: the secrets of others are neither read nor asked for. None reads every one.
    :raises SettingsError: one sentence that names the setting and what to write.
    """
    needed = EVERY_SECRET if process is None else NEEDED_BY[process]
    read = _Reader(environ)
    var = read.path("VAR", "var")
    mode = read.one_of("MODE", MODES, "production")
    allow_loopback = read.flag("WEBHOOK_ALLOW_LOOPBACK")
    test_clock = read.path("TEST_CLOCK") if read.text("TEST_CLOCK") else None
    if test_clock and mode != "test":
        raise SettingsError(f"VESTIBULE_TEST_CLOCK moves the time and is for VESTIBULE_MODE=test only, not {mode}.")
    if allow_loopback and mode == "production":
        raise SettingsError(
            "VESTIBULE_WEBHOOK_ALLOW_LOOPBACK is for VESTIBULE_MODE=development; unset it in production."
        )
    public_url = read.url("PUBLIC_URL", _loopback(read, "PUBLIC_PORT", 8080))
    destination = read.one_of("DESTINATION", DESTINATIONS, "file")
    webhook_url = read.text("WEBHOOK_URL")
    if destination == "webhook" and not webhook_url:
        raise SettingsError("VESTIBULE_WEBHOOK_URL is missing: VESTIBULE_DESTINATION=webhook needs an address.")
    crm = _crm(read, destination, needed)
    mail = read.one_of("MAIL", MAIL_WAYS, "folder")
    company = _company(read, mode, needed)
    passwords = read.one_of("PASSWORD_SIGN_IN", ("on", "off"), "on") == "on"
    if not passwords and not read.text("OIDC_ISSUER"):
        raise SettingsError("VESTIBULE_PASSWORD_SIGN_IN=off leaves no way in; set VESTIBULE_OIDC_ISSUER as well.")
    return Settings(
        mode=mode,
        database_url=_database(read) or f"sqlite:///{var}/vestibule.sqlite",
        catalogue=read.path("CATALOGUE", "catalogue"),
        public_url=public_url,
        review_url=read.url("REVIEW_URL", _loopback(read, "REVIEW_PORT", 8081)),
        internal_url=read.url("INTERNAL_URL", _loopback(read, "INTERNAL_PORT", 8082)),
        rasa_url=read.url("RASA_URL", _loopback(read, "RASA_PORT", 5005)),
        second_factor=read.one_of("SECOND_FACTOR", SECOND_FACTORS, "required" if mode == "production" else "offered"),
        company=company,
        passwords=passwords,
        proxies=_proxies(read.text("PROXIES")),
        allowed_origins=(public_url, *read.text("ALLOWED_ORIGINS").split()),
        destination=destination,
        destination_file=read.path("DESTINATION_FILE", f"{var}/crm/leads.jsonl"),
        destination_file_rotation=read.text("DESTINATION_FILE_ROTATION"),
        destination_recipient=read.text("DESTINATION_RECIPIENT") or "crm",
        destination_rate=read.text("DESTINATION_RATE") or None,
        parked_told=_parked_told(read),
        webhook_url=webhook_url or None,
        crm=crm,
        webhook_allow_loopback=allow_loopback,
        mail=mail,
        mail_folder=read.path("MAIL_FOLDER", f"{var}/mail"),
        mail_from=read.text("MAIL_FROM") or None,
        smtp_url=(read.secret("SMTP_URL", needed=mail == "smtp") or None) if "SMTP_URL" in needed else None,
        checkpoint_file=read.path("CHECKPOINT_FILE", f"{var}/evidence/checkpoints.jsonl"),
        checkpoint_folder=read.path("CHECKPOINT_FOLDER") if read.text("CHECKPOINT_FOLDER") else None,
        checkpoint_mail_to=read.text("CHECKPOINT_MAIL_TO") or None,
        test_clock=test_clock,
        secrets=_read_secrets(read, needed, needs_webhook=destination == "webhook", as_at_hand=process in AS_AT_HAND),
    )


def _parked_told(read: "_Reader") -> tuple[str, ...]:
    """Return the roles that are told by mail of deliveries that failed: all of them see the page it leads to."""
    names = (read.text("PARKED_MAIL_TO") or "lead administrator").split()
    if names == [NOBODY]:
        return ()
    if not set(names) <= set(MAY_BE_TOLD):
        raise SettingsError(f"{PREFIX}PARKED_MAIL_TO: write some of {' '.join(MAY_BE_TOLD)}, or {NOBODY}.")
    return tuple(names)


def _crm(read: "_Reader", destination: Destination, needed: Sequence[str]) -> CrmAccount | None:
    """Return how a CRM lets us in, for the process that calls it."""
    if destination not in CRMS or "CRM_KEY" not in needed:
        return None
    if not read.text("CRM_URL"):
        raise SettingsError(f"VESTIBULE_CRM_URL is missing: VESTIBULE_DESTINATION={destination} needs an address.")
    return CrmAccount(
        url=read.text("CRM_URL"),
        user=read.text("CRM_USER"),
        key=read.secret("CRM_KEY"),
        erase_user=read.text("CRM_ERASE_USER"),
        erase_key=read.secret("CRM_ERASE_KEY", needed=False),
        database=read.text("CRM_DATABASE"),
    )


def _company(read: "_Reader", mode: Mode, needed: Sequence[str]) -> CompanySignIn | None:
    """Return how staff sign in with their company, for the process that lets them in."""
    issuer = read.text("OIDC_ISSUER")
    if not issuer or "OIDC_CLIENT_SECRET" not in needed:
        return None
    parts, plain = urlsplit(issuer), mode != "production"
    on_loopback = plain and parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES
    if not (parts.hostname and (parts.scheme == "https" or on_loopback)) or parts.query or parts.fragment:
        raise SettingsError("VESTIBULE_OIDC_ISSUER is not an address; write it like https://login.company.example.")
    client_id = read.text("OIDC_CLIENT_ID")
    if not client_id:
        raise SettingsError("VESTIBULE_OIDC_CLIENT_ID is missing: VESTIBULE_OIDC_ISSUER needs what it knows us by.")
    return CompanySignIn(
        issuer=issuer,
        client_id=client_id,
        client_secret=read.secret("OIDC_CLIENT_SECRET"),
        name=read.text("OIDC_NAME") or "your company's account",
        two_factors=frozenset(read.text("OIDC_ACR").split()),
        plain=plain,
    )


def _read_secrets(read: "_Reader", needed: Sequence[str], *, needs_webhook: bool, as_at_hand: bool) -> Secrets:
    at_hand = [name for name in KEYS if name in needed and (not as_at_hand or read.secret(name, needed=False))]
    held = {name: read.keys(name) for name in at_hand}
    tokens = {name: read.token(name) for name in TOKENS if name in needed}
    needs_webhook = needs_webhook and not as_at_hand
    webhook = read.secret("WEBHOOK_SECRET", needed=needs_webhook) if "WEBHOOK_SECRET" in needed else ""
    every = [key for keys in held.values() for key in keys]
    if len(set(every)) < len(every) or len(set(tokens.values())) < len(tokens):
        raise SettingsError("Two secrets are the same. Give each its own value: each key has one use (SEC-47).")
    newest, older = {name: keys[0] for name, keys in held.items()}, {name: keys[1:] for name, keys in held.items()}
    inbound = read.signing_keys("INBOUND_SECRETS") if "INBOUND_SECRETS" in needed else ()
    return Secrets(newest, older, tokens, tuple(webhook.split()), inbound)


def _held(secrets: Mapping[str, V], name: str) -> V:
    """Return a secret; never an empty one in the place of one that this process was not given."""
    if name not in secrets:
        raise SettingsError(f"{PREFIX}{name} is not for this process; docs/settings.md says who reads which secret.")
    return secrets[name]


class _Reader:
    """Reads values from the environment, or from the file a `_FILE` setting or SECRETS_DIR names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str) -> str:
        return self.environ.get(PREFIX + name, "").strip()

    def flag(self, name: str) -> bool:
        return self.one_of(name, ("1", "0"), "0") == "1"

    def path(self, name: str, default: str = "") -> Path:
        return Path(self.text(name) or default)

    def one_of(self, name: str, allowed: tuple[T, ...], default: T) -> T:
        value = self.text(name) or default
        for choice in allowed:
            if value == choice:
                return choice
        raise SettingsError(f"{PREFIX}{name} is {value!r}; write one of: {', '.join(allowed)}.")

    def url(self, name: str, default: str) -> str:
        value = (self.text(name) or default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"{PREFIX}{name} is not an address; write it like https://leads.company.example.")
        return value

    def secret(self, name: str, *, needed: bool = True) -> str:
        value = self.text(name) or self._from_file(name)
        if not value and needed:
            raise SettingsError(f"{PREFIX}{name} is missing. Set it, or {PREFIX}{name}_FILE, or {PREFIX}SECRETS_DIR.")
        return value

    def _from_file(self, name: str) -> str:
        file = self.text(f"{name}_FILE")
        # Where `make run` writes a development machine's own, so that commands beside it need no environment.
        folder = self.path("SECRETS_DIR") if self.text("SECRETS_DIR") else self.path("VAR", "var") / "secrets"
        if not file and (folder / name.lower()).exists():
            file = str(folder / name.lower())
        try:
            return Path(file).read_text().strip() if file else ""
        except OSError as error:
            raise SettingsError(f"{PREFIX}{name}: the file {file} cannot be read.") from error

    def keys(self, name: str) -> tuple[bytes, ...]:
        """Read a key; more than one while it is being rotated, newest first."""
        return tuple(self._key(name, value) for value in self.secret(name).split())

    def signing_keys(self, name: str) -> tuple[bytes, ...]:
        """Read secrets of Standard Webhooks; none where nobody is listened to."""
        return tuple(self._signing_key(name, value) for value in self.secret(name, needed=False).split())

    def _signing_key(self, name: str, written: str) -> bytes:
        try:
            value = base64.b64decode(written.removeprefix("whsec_"), validate=True)
        except ValueError:
            value = b""
        if not written.startswith("whsec_") or not 24 <= len(value) <= 64 or len(set(value)) < 8:
            raise SettingsError(f"{PREFIX}{name} is not `whsec_` and 24 to 64 random bytes in base64 (SEC-33).")
        return value

    def _key(self, name: str, written: str) -> bytes:
        try:
            value = base64.b64decode(written, validate=True)
        except ValueError as error:
            raise SettingsError(f"{PREFIX}{name} is not base64; make one with: openssl rand -base64 32") from error
        if len(value) != 32 or len(set(value)) < 8:
            raise SettingsError(f"{PREFIX}{name} is not 32 random bytes; make one with: openssl rand -base64 32")
        return value

    def token(self, name: str) -> str:
        value = self.secret(name)
        if len(value) < MIN_SECRET_BYTES or len(set(value)) < 8:
            raise SettingsError(f"{PREFIX}{name} is too short or too simple; make one with: openssl rand -hex 32")
        return value


def _loopback(read: _Reader, port: str, default: int) -> str:
    value = read.text(port) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise SettingsError(f"{PREFIX}{port} is {value!r}; write a port number from 1 to 65535.")
    return f"http://127.0.0.1:{value}"


def _database(read: _Reader) -> str:
    """Return the database's address, if one is set. A problem does not quote it: it may hold a password."""
    value = read.secret("DATABASE_URL", needed=False)
    if value and not value.startswith(DATABASES):
        raise SettingsError(f"{PREFIX}DATABASE_URL cannot be used; write one that begins {' or '.join(DATABASES)}.")
    return value


def _proxies(value: str) -> int:
    if value not in ("", *"0123456789"):
        raise SettingsError(f"{PREFIX}PROXIES is {value!r}; write how many proxies there are, from 0 to 9.")
    return int(value or 0)


def _host_names(url: str) -> list[str]:
    host = urlsplit(url).hostname or ""
    return list(LOOPBACK_NAMES) if host in LOOPBACK_NAMES else [host]
