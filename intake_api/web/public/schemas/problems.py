"""The shapes of what goes wrong, and of what says that all is well."""

from marshmallow import fields

from intake_api.web.public.schemas.forms import Form
from intake_api.web.shapes import Shape


class FieldProblem(Shape):
    """What is wrong with one field: a stable code, and a sentence in the visitor's language."""

    code = fields.String(required=True)
    text = fields.String(required=True)


class Problem(Shape):
    """What went wrong (RFC 9457). `form` is a fresh showing, if another one is needed; `erased_at` of what is gone."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    instance = fields.String()
    fields_ = fields.Dict(keys=fields.String(), values=fields.Nested(FieldProblem), data_key="fields")
    locales = fields.List(fields.String())
    form = fields.Nested(Form)
    form_page = fields.String()
    erased_at = fields.DateTime()


class Alive(Shape):
    """The process answers."""

    ok = fields.Boolean(required=True)
