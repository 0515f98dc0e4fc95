"""What the shapes that carry a text share: its language, its length, what is left out of it."""

from marshmallow import fields, validate

from intake_api.rules.sensitive_text import LEFT_OUT_CODES
from intake_api.web.shapes import Shape

TEXT_LENGTH = 2000  # what a chat message may be
LOCALE = "[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"


class LeftOut(Shape):
    """One kind of thing that was left out of a text: a code, and a sentence in the visitor's language."""

    code = fields.String(required=True, validate=validate.OneOf(LEFT_OUT_CODES))
    text = fields.String(required=True)
