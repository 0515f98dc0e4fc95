"""The shapes of what a visitor sends: a dry run, a submission, a no, and what comes back."""

from marshmallow import ValidationError, fields, validate, validates_schema

from intake_api.rules.age_of_consent import SaidAge
from intake_api.rules.attribution import CAMPAIGN, CAMPAIGN_LENGTH, CODE, CODE_LENGTH, OTHER, SOURCES, goes_with
from intake_api.store.presentations import SIGNED_ID_LENGTH
from intake_api.web.public.schemas.forms import PRESENTATION
from intake_api.web.public.schemas.texts import LOCALE, TEXT_LENGTH, LeftOut
from intake_api.web.shapes import WRONG, Answer, AsItIs, ByName, Choice, Inner, Shape, Text, YesOrNo


class ChecksBody(Shape):
    """Some answers to look at, of any kind: what is neither text nor whole number is told `type_wrong`."""

    locale = Text(16, pattern=LOCALE, required=True)
    fields_ = ByName(AsItIs(), required=True, data_key="fields", attribute="fields")


class TextBody(Shape):
    """One free text to look at, as it stood in a chat; `form` is the one that is open there, which may ask an age."""

    locale = Text(16, pattern=LOCALE, required=True)
    text = Text(TEXT_LENGTH, min_length=0, required=True)
    form = Text(64, pattern="[a-z0-9_]+")


class Attribution(Shape):
    """What brought the visitor: a campaign, a source of a closed list, a code that was given out; nothing finer (M-09).

    `source_other` takes words of one's own, and stands only beside the source `other`.
    """

    utm_source = Text(CAMPAIGN_LENGTH, pattern=CAMPAIGN)
    utm_medium = Text(CAMPAIGN_LENGTH, pattern=CAMPAIGN)
    utm_campaign = Text(CAMPAIGN_LENGTH, pattern=CAMPAIGN)
    source = Choice(*SOURCES)
    source_other = Text(CAMPAIGN_LENGTH, pattern=CAMPAIGN)
    code = Text(CODE_LENGTH, pattern=CODE)
    also = {  # noqa: RUF012 - nobody changes it
        "anyOf": [
            {"not": {"required": ["source_other"]}},
            {"required": ["source"], "properties": {"source": {"const": OTHER}}},
        ]
    }

    @validates_schema
    def check_source(self, given: dict[str, str], **_: object) -> None:
        """Refuse words of one's own beside a source of the list."""
        if not goes_with(given):
            raise ValidationError(WRONG, "source_other")


class SubmissionBody(Shape):
    """What a visitor sends, once. `trap` is what stood in a field that people cannot see, if there is one.

    `age` answers the question about it, where the form asks it: needed with a yes to a purpose on consent.
    `proof` is the solution of what the form asked for, if it did: an ALTCHA payload.
    """

    presentation = Text(SIGNED_ID_LENGTH, pattern=PRESENTATION, required=True)
    locale = Text(16, pattern=LOCALE, required=True)
    fields_ = ByName(Answer(), required=True, data_key="fields", attribute="fields")
    decisions = ByName(YesOrNo(), load_default=dict)
    attribution = Inner(Attribution, load_default=dict)
    age = Choice(*SaidAge, load_default=None, allow_none=False)
    trap = Text(TEXT_LENGTH, min_length=0, load_default="")
    proof = Text(TEXT_LENGTH, min_length=0, pattern="[A-Za-z0-9+/=]*", load_default="")


class RefusalBody(Shape):
    """A no to the whole notice."""

    presentation = Text(SIGNED_ID_LENGTH, pattern=PRESENTATION, required=True)


class FieldVerdict(Shape):
    """One field of a dry run: fine (`value`, `masked`), or not (`code`, `text`).

    `warnings` tell what was left out of a free text; `value` and `masked` are without it.
    """

    ok = fields.Boolean(required=True)
    value: fields.Field[object] = fields.Field(metadata={"anyOf": [{"type": "string"}, {"type": "integer"}]})
    masked = fields.String()
    code = fields.String()
    text = fields.String()
    warnings = fields.List(fields.Nested(LeftOut))


class Checks(Shape):
    """A dry run: all fields, and whether all are fine."""

    ok = fields.Boolean(required=True)
    fields_ = fields.Dict(keys=fields.String(), values=fields.Nested(FieldVerdict), required=True, data_key="fields")


class Download(Shape):
    """Something that was asked for, and where it is."""

    title = fields.String(required=True)
    url = fields.String(required=True)


class SubmissionKept(Shape):
    """It is kept: on disk, with evidence."""

    reference = fields.String(required=True, validate=validate.Regexp("^VB-[0-9A-Z]{4}-[0-9A-Z]{4}$"))
    state = fields.String(required=True)
    receipt = fields.String(required=True)
    what_next = fields.String(required=True)
    left_out = fields.List(fields.Nested(LeftOut))
    downloads = fields.List(fields.Nested(Download))


class TextChecked(Shape):
    """A text as it might be kept, what was left out of it, and whether its writer tells they are under age."""

    too_young = fields.Boolean(required=True)
    value = fields.String(required=True)
    warnings = fields.List(fields.Nested(LeftOut), required=True)
