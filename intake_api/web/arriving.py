"""How a submission came to this door: what may be judged of it, and what it is counted by (SEC-37, SEC-38)."""

from flask import request

from intake_api.flows.judge_arrival import Arrival, needs_proof
from intake_api.web.door import door
from intake_api.web.networks import network_asking

V4_BITS = 24  # neighbours whose addresses change among them (M-06)


def arrival(*, trap: str = "", proof: str = "") -> Arrival:
    """Return how the submission of the present request came."""
    return Arrival(door().arrivals, visitors_network(), is_direct=_is_direct(), trap=trap, proof=proof)


def asks_proof(form: str) -> bool:
    """Say whether a form that is shown to the present request asks the browser for a small calculation."""
    return _is_direct() and needs_proof(door().arrivals, form, visitors_network(), now=door().now())


def signals_gpc() -> bool:
    """Say whether the visitor's browser asks that nothing be sold or shared (Global Privacy Control, C-20).

    Nothing here is shared for marketing, so there is nothing that it would turn off: it is written down beside what
    the person decided. A yes that they say in spite of it is a yes.
    """
    return request.headers.get("Sec-GPC") == "1"


def visitors_network() -> str | None:
    """Return the network the visitor came from; None where the request does not tell.

    The bot's network is not the visitor's. Nor is this machine itself: that is somebody who runs it, or a proxy that
    the settings do not know of, and then everybody would be one network.
    """
    return network_asking(v4=V4_BITS, elsewhere=True) if _is_direct() else None


def _is_direct() -> bool:
    return door().name == "public"
