"""Ask the provider: no redirects, a few seconds, a bounded answer. Whom to ask stands in the settings (SEC-34)."""

import json
import time
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

MOST_BYTES = 256 * 1024
WITHIN = 10.0  # seconds for one whole answer
CHUNK = 16 * 1024


class ProviderUnavailable(Exception):
    """The company's sign-in cannot be reached, or answers what cannot be understood. The text says nothing it sent."""

    code = "company_unavailable"


class Fetch:
    """The connections to the provider; safe to share between threads."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=4, retries=False, timeout=urllib3.Timeout(connect=3.0, read=5.0))

    def get(self, url: str) -> dict[str, Any]:
        """Return the object at an address.

        :raises ProviderUnavailable: there is none.
        """
        status, body = self._asked("GET", url, {"Accept": "application/json"}, None)
        if status != 200 or body is None:
            raise ProviderUnavailable(f"The provider answers {status}.")
        return body

    def post(self, url: str, headers: dict[str, str], form: str) -> dict[str, Any] | None:
        """Send a form and return the object that is answered; None where the provider refuses what was sent.

        :raises ProviderUnavailable: there is no such answer.
        """
        sent = {**headers, "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        status, body = self._asked("POST", url, sent, form)
        if 400 <= status < 500:
            return None
        if status != 200 or body is None:
            raise ProviderUnavailable(f"The provider answers {status}.")
        return body

    def _asked(
        self, method: str, url: str, headers: dict[str, str], form: str | None
    ) -> tuple[int, dict[str, Any] | None]:
        try:
            answer = self._pool.request(
                method, url, headers=headers, body=form, redirect=False, preload_content=False, decode_content=False
            )
            try:
                return answer.status, _object(_read(answer))
            finally:
                answer.release_conn()
        except (HTTPError, OSError) as error:
            raise ProviderUnavailable(f"The provider does not answer: {type(error).__name__}.") from None


def _read(answer: urllib3.BaseHTTPResponse) -> bytes:
    body, over = b"", time.monotonic() + WITHIN
    while chunk := answer.read(CHUNK):
        body += chunk
        if len(body) > MOST_BYTES or time.monotonic() > over:
            answer.close()
            raise ProviderUnavailable("The provider's answer is too long.")
    return body


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
