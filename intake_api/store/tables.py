"""All tables together, for migrations and their tests."""

from intake_api.store import (
    decisions,
    evidence,
    keyring,
    leads,
    notices,
    presentations,
    sign_in_tries,
    staff,
    subjects,
)
from intake_api.store.base import Table

__all__ = [
    "Table",
    "decisions",
    "evidence",
    "keyring",
    "leads",
    "notices",
    "presentations",
    "sign_in_tries",
    "staff",
    "subjects",
]
