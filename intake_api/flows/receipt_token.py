"""The token that opens a receipt: derived, so that nobody keeps it, and known again by a digest beside the lead."""

import base64
import hashlib
import hmac
import re

from intake_api.store.leads import LeadUnknown

RECEIPT_TOKEN = re.compile("[0-9a-f]{32}-[A-Za-z0-9_-]{32}")


def receipt_token(token_key: bytes, lead_id: str) -> str:
    """Derive the receipt's token, so that the same submission again gets the same link though none is kept.

    It names the lead, so that no index is needed to find it, and 192 bits that nobody can guess.
    """
    digest = hmac.digest(token_key, b"receipt|" + lead_id.encode(), "sha256")
    return f"{lead_id}-{base64.urlsafe_b64encode(digest[:24]).decode()}"


def read_receipt_token(token: str) -> tuple[str, bytes]:
    """Return the id of the lead that a receipt's token names, and the digest it must be kept with there.

    :raises LeadUnknown: not of a token's shape; the database is asked for nothing that it may not be able to take.
    """
    if not RECEIPT_TOKEN.fullmatch(token):
        raise LeadUnknown("No lead has this receipt.")
    lead_id, _, _secret = token.partition("-")
    return lead_id, hashlib.sha256(token.encode()).digest()
