"""The bot's way to the form API: the internal door, asked with the service token (tests/contract/examples).

The bot is one more client of that API: no rule of its own about what is acceptable, no second way to a lead.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

import aiohttp

Json = dict[str, Any]
LONGEST_ANSWER = 512 * 1024


class ApiAway(Exception):
    """The API did not answer in time, or answered that it cannot work now.

    `may_have_acted` is False only where it surely did nothing: nobody took the request, or the door turned it away.
    """

    def __init__(self, why: str, *, may_have_acted: bool = True) -> None:
        self.may_have_acted = may_have_acted
        super().__init__(why)


class ApiRefused(Exception):
    """The API says no for good: `status`, a stable `code`, and what else came with it in `problem`."""

    def __init__(self, status: int, problem: Json) -> None:
        code = problem.get("code")
        self.status = status
        self.code = code if isinstance(code, str) else ""
        self.problem = problem
        super().__init__(f"{status} {self.code}")  # never the detail: it may speak of a value

    @property
    def fresh_form(self) -> Json | None:
        """Return the form that came with the refusal of a presentation, to be shown anew."""
        form = self.problem.get("form")
        return form if isinstance(form, dict) else None

    @property
    def field_problems(self) -> dict[str, Json]:
        """Return, by field name, `code` and `text` of what is wrong with it."""
        fields = self.problem.get("fields")
        if not isinstance(fields, dict):
            return {}
        return {name: what for name, what in fields.items() if isinstance(what, dict)}


class FormApi:
    """One HTTP session to the internal door. Each call raises `ApiAway` or `ApiRefused`, and nothing else."""

    def __init__(self, url: str, token: str, *, seconds: float = 4.0) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, 2.0))
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> FormApi:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def list_forms(self, locale: str) -> list[Json]:
        """Return what may be asked for in `locale`: form, kind, title, benefit, locales."""
        answer = await self._call("GET", "/v1/forms", params={"locale": locale})
        return list(answer.get("forms", []))

    async def get_form(self, form: str, locale: str) -> Json:
        """Return the form with its notice and a fresh presentation."""
        return await self._call("GET", f"/v1/forms/{form}", params={"locale": locale, "channel": "chat"})

    async def get_notice(self, notice_hash: str) -> Json:
        """Return the whole notice that hashes to `notice_hash`."""
        return await self._call("GET", f"/v1/notices/{notice_hash}")

    async def check(self, form: str, locale: str, fields: Json) -> Json:
        """Return, by field name, whether the value is acceptable, its normalised and masked form, or why not."""
        answer = await self._call("POST", f"/v1/forms/{form}/checks", json={"locale": locale, "fields": fields})
        return dict(answer.get("fields", {}))

    async def submit(self, form: str, submission: Json, *, key: str) -> Json:
        """Send a submission and return reference, receipt and what_next; the same `key` gives the first answer
        again."""
        return await self._call(
            "POST", f"/v1/forms/{form}/submissions", json=submission, headers={"Idempotency-Key": key}
        )

    async def refuse(self, form: str, presentation: str) -> None:
        """Say that the visitor said no to this showing of the notice."""
        await self._call("POST", f"/v1/forms/{form}/refusals", json={"presentation": presentation})

    async def answers(self, locale: str) -> Json:
        """Return `opening_hours` and the `answers` to general questions."""
        return await self._call("GET", "/v1/answers", params={"locale": locale})

    async def check_text(self, locale: str, text: str, form: str | None = None) -> Json:
        """Return whether a text tells that a child writes it (`too_young`), and how it may be kept (`value`).

        Who is one, the form says that is open, if it asks for an age.
        """
        about = {"form": form} if form else {}
        return await self._call("POST", "/v1/texts/checks", json={"locale": locale, "text": text, **about})

    async def ask_for_right(self, right: str, email: str, locale: str) -> Json:
        """Begin a case of `withdraw`, `access` or `erasure`; the answer is the same whether the address is known or
        not."""
        return await self._call("POST", "/v1/rights", json={"kind": right, "email": email, "locale": locale})

    async def receipt(self, receipt: str) -> Json:
        """Return the receipt: what was agreed to. One that was erased is refused with 410 (`receipt_erased`)."""
        return await self._call("GET", f"/v1/receipts/{receipt}")

    async def withdraw(self, receipt: str, purposes: list[str] | None = None) -> Json:
        """Take back the yeses of a receipt, or those to `purposes`; doing it again changes nothing."""
        body = {} if purposes is None else {"purposes": purposes}
        return await self._call("POST", f"/v1/receipts/{receipt}/withdrawals", json=body)

    async def erase(self, receipt: str) -> Json:
        """Erase what a receipt was given for; doing it again changes nothing."""
        return await self._call("POST", f"/v1/receipts/{receipt}/erasures", json={})

    async def _call(self, method: str, path: str, **named: Any) -> Json:
        if self._session is None:  # made here: a session belongs to the running loop
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        try:
            async with self._session.request(method, self._url + path, allow_redirects=False, **named) as answer:
                return await _read(answer)
        except aiohttp.ClientConnectorError as error:
            raise ApiAway(type(error).__name__, may_have_acted=False) from None
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise ApiAway(type(error).__name__) from None


async def _read(answer: aiohttp.ClientResponse) -> Json:
    if answer.status == 204:
        return {}
    if answer.status in (401, 403, 429):
        # A token that does not fit is ours to mend, not the visitor's: for them the door is closed for now.
        raise ApiAway(str(answer.status), may_have_acted=False)
    if answer.status >= 500 or answer.status == 408:
        raise ApiAway(str(answer.status))
    if (answer.content_length or 0) > LONGEST_ANSWER:
        raise ApiAway("answer too long")
    body = await answer.json(content_type=None)
    if not isinstance(body, dict):
        raise ApiAway("answer of the wrong shape")
    if answer.status >= 300:
        raise ApiRefused(answer.status, body)
    return body
