"""All tables together, for migrations and their tests."""

from intake_api.store import (
    code_uses,
    confirmations,
    decisions,
    deliveries,
    destinations,
    evidence,
    keyring,
    leads,
    notices,
    presentations,
    publications,
    rights_cases,
    showings,
    sign_in_tries,
    staff,
    subjects,
    workers,
)
from intake_api.store.base import Table

__all__ = [
    "Table",
    "code_uses",
    "confirmations",
    "decisions",
    "deliveries",
    "destinations",
    "evidence",
    "keyring",
    "leads",
    "notices",
    "presentations",
    "publications",
    "rights_cases",
    "showings",
    "sign_in_tries",
    "staff",
    "subjects",
    "workers",
]
