"""The page of a form in the frame of another site: `/f/<form>?frame=1`, on the sites the form may stand on (SEC-15).

Every other page stands in nobody's frame, and so does this one without the word.
"""

from flask import Response, request

from intake_api.web.access import allowed_origins
from intake_api.web.headers import framed

FRAME = "frame"
PAGES = ("form_pages.get_page", "form_pages.send_page")


def is_framed() -> bool:
    """Say whether the page asked for is the one that stands in frames."""
    return request.endpoint in PAGES and request.args.get(FRAME) == "1"


def frame_sites() -> tuple[str, ...]:
    """Return the sites in whose frames the page asked for may stand: none, for most."""
    return allowed_origins() if is_framed() else ()


def as_framed(response: Response) -> Response:
    """Let an answer stand in the frames of the form's sites."""
    return framed(response, frame_sites())
