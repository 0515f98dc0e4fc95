"""The webhook destination as its tests open it."""

import base64
from typing import Any

from intake_api.crm.webhook import Webhook

SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()


def webhook(url: str, **options: Any) -> Webhook:
    """Open a webhook that may call loopback; `options` replace what is usual."""
    return Webhook(url, [SECRET], "crm", **{"allow_loopback": True, "time_limit": 10.0, **options})
