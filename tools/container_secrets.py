"""`make secrets`: the secrets that docker-compose.yml reads, made at random where they are missing.

The folder can be entered by its owner only; the files in it can be read by all, because each container has its own
user and sees the files of its own secrets only.
"""

from __future__ import annotations

import os
from pathlib import Path

from tools.random_secrets import KEYS, TOKENS, random_key, random_token, random_webhook_secret, write_missing

ROOT = Path(__file__).resolve().parent.parent
MODE = 0o444


def write_container_secrets(folder: Path) -> list[str]:
    """Write what is missing and return the names of the files written."""
    wanted = {name.lower(): random_key for name in KEYS} | {name.lower(): random_token for name in TOKENS}
    wanted |= {"webhook_secret": random_webhook_secret, "postgres_password": random_token}
    theirs = ("smtp_url", "oidc_client_secret", "crm_key", "crm_erase_key", "inbound_secrets")
    wanted |= dict.fromkeys(theirs, str)  # empty: only who uses these has one to write
    made = write_missing(folder, wanted, mode=MODE)
    password = (folder / "postgres_password").read_text().strip()
    address = f"postgresql+psycopg://vestibule:{password}@database/vestibule"
    return made + write_missing(folder, {"database_url": lambda: address}, mode=MODE)


def main() -> None:
    folder = Path(os.environ.get("VESTIBULE_SECRETS") or ROOT / "secrets")
    made = write_container_secrets(folder)
    if made:
        print(
            f"Made {len(made)} secrets in {folder}. Keep a copy of master_key, index_key, evidence_key and receipt_key"
        )
        print("elsewhere: without them the leads cannot be read, and evidence and receipts cannot be continued.")
    else:
        print(f"All secrets are in {folder} already; nothing was changed.")


if __name__ == "__main__":
    main()
