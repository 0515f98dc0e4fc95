"""The files of the chat widget: one script without dependencies and its style sheet."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from intake_api.web.access import open_to

widget = Blueprint("widget", __name__)

FOLDER = Path(__file__).parent / "static"


@widget.get("/embed/<path:name>")
@open_to("anyone")
def get_file(name: str) -> Response:
    """Give out a file of the widget."""
    response = send_from_directory(FOLDER, name)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
