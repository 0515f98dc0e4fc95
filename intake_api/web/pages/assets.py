"""The one style sheet of the pages and the mark of the company."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from intake_api.web.access import open_to

page_assets = Blueprint("page_assets", __name__)

FOLDER = Path(__file__).parent / "static"


@page_assets.get("/static/<path:name>")
@open_to("anyone")
def get_asset(name: str) -> Response:
    """Give out a file of the pages."""
    response = send_from_directory(FOLDER, name)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
