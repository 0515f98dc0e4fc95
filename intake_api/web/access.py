"""Who may knock: every route says for whom it is open, and a door with a route that does not say is not built.

    @forms.get("/v1/forms")
    @open_to("anyone", "service")
    def list_forms() -> ResponseReturnValue: ...

A door knows one guard for each audience it serves, the strictest first. A route that is open to several is guarded by
the first of them that the door serves: on the internal door the form API asks for the service token, on the public
door it is open to anyone.
"""

import hmac
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from flask import Flask, Response, current_app, request

from intake_api.web.door import door
from intake_api.web.errors import RequestProblem

Audience = Literal["anyone", "service", "conversation", "staff"]
Guard = Callable[[], None]
View = TypeVar("View", bound=Callable[..., object])

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
AUDIENCES = "vestibule_audiences"
UNTOLD = "vestibule_untold"
ANYWHERE = "vestibule_anywhere"
PREFLIGHT_LASTS = "600"
SHARED_METHODS = "GET, POST, DELETE"
SHARED_HEADERS = "Authorization, Content-Type, Idempotency-Key"


class RouteOpenToNobody(Exception):
    """A route of this door declares no audience, or none that this door serves."""


def open_to(*audiences: Audience) -> Callable[[View], View]:
    """Declare for whom a route is open. Stands directly under the route."""

    def declare(view: View) -> View:
        setattr(view, AUDIENCES, audiences)
        return view

    return declare


def from_untold_pages(view: View) -> View:
    """Take `Origin: null` at a route whose address is a secret. Stands under `open_to`.

    The page with its button tells nobody where it is (`no-referrer`), and a browser then hides its origin as well.
    Another site cannot make a visitor press the button: it would have to know the address, and could press it itself.
    """
    setattr(view, UNTOLD, True)
    return view


def from_anywhere(view: View) -> View:
    """Take a request whatever site's page sent it along, at a route whose address is a secret. Stands under `open_to`.

    For what mail programs press by themselves (RFC 8058): they may stand in a page of their own. It can only stop.
    """
    setattr(view, ANYWHERE, True)
    return view


def guard_routes(app: Flask, guards: Mapping[Audience, Guard]) -> None:
    """Put the guards before the routes of an app; call it when all routes are there.

    :param guards: one for each audience this door serves, the strictest first; a guard raises RequestProblem.
    :raises RouteOpenToNobody: names the routes; such an app must not serve.
    """
    guard_of = {rule.endpoint: _guard_of(app, rule.endpoint, guards) for rule in app.url_map.iter_rules()}
    if closed := sorted(endpoint for endpoint, guard in guard_of.items() if guard is None):
        raise RouteOpenToNobody(f"These routes do not say for whom they are open here: {', '.join(closed)}.")

    @app.before_request
    def check_who_knocks() -> None:
        _check_origin()
        guard = guard_of.get(request.endpoint or "")
        if guard is not None and request.method != "OPTIONS":
            guard()


def audiences_of(app: Flask) -> dict[str, tuple[Audience, ...]]:
    """Return what each endpoint of an app declares."""
    return {rule.endpoint: _declared(app, rule.endpoint) for rule in app.url_map.iter_rules()}


def let_anyone_in() -> None:
    """Guard what is open to the world."""


def need_service_token() -> None:
    """Guard the internal door: the bot's token, compared in constant time."""
    if not hmac.compare_digest(bearer().encode(), door().settings.secrets.service_token.encode()):
        raise RequestProblem("unauthorised", headers={"WWW-Authenticate": "Bearer"})


def bearer() -> str:
    """Return the bearer token of the request, or an empty text."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def allowed_origins() -> tuple[str, ...]:
    """Return the sites whose pages may use what is asked for: a form's own, where it names some, else the settings'."""
    here = door()
    form = here.catalogue.forms.get((request.view_args or {}).get("form", ""))
    return here.settings.allowed_origins if form is None or form.sites is None else form.sites


def share_with_allowed_origins(app: Flask) -> None:
    """Let pages of the allow-listed sites call the API from a browser, and no others (SEC-13)."""

    @app.after_request
    def add_cors_headers(response: Response) -> Response:
        if "Access-Control-Allow-Origin" in response.headers:
            return response  # open to the whole world by its own decision: a notice
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin is not None and origin in allowed_origins():
            response.headers["Access-Control-Allow-Origin"] = origin
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = SHARED_METHODS
                response.headers["Access-Control-Allow-Headers"] = SHARED_HEADERS
                response.headers["Access-Control-Max-Age"] = PREFLIGHT_LASTS
        return response


def _guard_of(app: Flask, endpoint: str, guards: Mapping[Audience, Guard]) -> Guard | None:
    declared = _declared(app, endpoint)
    return next((guard for audience, guard in guards.items() if audience in declared), None)


def _declared(app: Flask, endpoint: str) -> tuple[Audience, ...]:
    declared: tuple[Audience, ...] = getattr(app.view_functions[endpoint], AUDIENCES, ())
    return declared


def _check_origin() -> None:
    """Refuse a change that another site's page sent along; no `Origin` means no browser (SEC-11, SEC-12).

    Our own address is always right: its host name was checked against the allow-list before (SEC-19).
    """
    origin = request.headers.get("Origin")
    if origin is None or request.method not in CHANGING:
        return
    if request.routing_exception is not None:
        return  # it is refused anyway, and a host name that is not ours cannot be compared with
    view = current_app.view_functions[request.endpoint or ""]
    if getattr(view, ANYWHERE, False) or (origin == "null" and getattr(view, UNTOLD, False)):
        return
    if origin not in (door().origin, request.host_url.rstrip("/"), *allowed_origins()):
        raise RequestProblem("origin_not_allowed")
