"""The doors: what each listener is made of. The only file that sees all parts."""

from flask import Flask

from intake_api.web.access import Audience, Guard, guard_routes
from intake_api.web.door import Door, open_door
from intake_api.web.errors import PageOfProblem, answer_errors
from intake_api.web.headers import add_headers
from intake_api.web.limits import BODY_BYTES


def _new_app(door: Door, *, page_of_problem: PageOfProblem | None = None) -> Flask:
    """Make an app without routes: hosts, sizes, headers and errors as every door has them."""
    app = Flask(f"vestibule.{door.name}", static_folder=None, template_folder=None)
    app.config.update(
        TRUSTED_HOSTS=door.settings.trusted_hosts[door.name],
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES,
        MAX_FORM_PARTS=100,
    )
    app.url_map.merge_slashes = False  # a doubled slash is no address of ours, and no redirect either (SEC-18)
    open_door(app, door)
    answer_errors(app, page_of_problem)
    add_headers(app)
    return app
