"""The shapes of rights, and of the question whether a contact may be used."""

from marshmallow import fields, validate

from intake_api.catalogue.sources import CHANNELS as CONTACT_CHANNELS
from intake_api.rules.contact import EMAIL_LENGTH, PHONE_LENGTH
from intake_api.rules.permission import REASONS
from intake_api.rules.rights import ASKED_FOR
from intake_api.web.public.schemas.texts import LOCALE
from intake_api.web.shapes import Choice, Several, Shape, Text, TrueOrFalse


class RightsBody(Shape):
    """What somebody wants to have done with what is held about an address."""

    kind = Choice(*(kind.value for kind in ASKED_FOR), required=True)
    email = Text(EMAIL_LENGTH, required=True)
    locale = Text(16, pattern=LOCALE, required=True)


class RightsAsked(Shape):
    """The same to everybody: if anything is held about the address, a mail with a link is on its way."""

    state = fields.String(required=True, validate=validate.OneOf(("asked",)))
    text = fields.String(required=True)


class WithdrawalBody(Shape):
    """What is taken back: purposes by their ids. Without them it is every yes or, where there is none, the request."""

    purposes = Several(Text(64), most=20)


class TakenBack(Shape):
    """What stands as taken back of what was meant; saying it again gets the same answer."""

    state = fields.String(required=True, validate=validate.OneOf(("done",)))
    withdrawn = fields.List(fields.String(), required=True)
    text = fields.String(required=True)


class ErasureBody(Shape):
    """Nothing has to be said."""


class Erased(Shape):
    """What was sent is gone."""

    state = fields.String(required=True, validate=validate.OneOf(("done",)))
    text = fields.String(required=True)


class PermissionBody(Shape):
    """Which contact (exactly one of the two), for which purpose and by which channel; `use`: it is about to be done."""

    email = Text(EMAIL_LENGTH)
    phone = Text(PHONE_LENGTH)
    purpose = Text(64, required=True)
    channel = Choice(*CONTACT_CHANNELS, required=True)
    use = TrueOrFalse(load_default=False)


class PermissionTold(Shape):
    """Whether it is allowed now, and why; `until` says how long, or when it will be. `status` is the DPV's (R-03).

    `unsubscribe` belongs into the header `List-Unsubscribe` of the mail (RFC 8058).
    """

    allowed = fields.Boolean(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    until = fields.DateTime(required=True, allow_none=True)
    state = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, allow_none=True)
    unsubscribe = fields.Url(required=True, allow_none=True, require_tld=False)


class PrivacyControl(Shape):
    """That the signal of Global Privacy Control is honoured, since when (W3C)."""

    gpc = fields.Boolean(required=True)
    lastUpdate = fields.Date(required=True)  # noqa: N815 - the name is the W3C's
