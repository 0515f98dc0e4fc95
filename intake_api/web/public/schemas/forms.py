"""The shapes of forms: what a visitor is shown, with its notice, and what is answered to everybody."""

from marshmallow import INCLUDE, fields, validate

from intake_api.catalogue.form_kinds import EVENTS, KINDS, POSITIONS, TRIGGERS
from intake_api.web.public.schemas.texts import LOCALE
from intake_api.web.shapes import Choice, Shape, Text

CHANNELS = ("page", "chat", "popup", "button")
PRESENTATION = r"[A-Za-z0-9._-]+"
FIELD_TYPES = ("text", "long_text", "email", "phone", "integer", "choice")


class FormsQuery(Shape):
    """Which language the list is wanted in."""

    locale = Text(16, pattern=LOCALE)


class FormQuery(Shape):
    """Which language, and where the form is shown."""

    locale = Text(16, pattern=LOCALE)
    channel = Choice(*CHANNELS)


class AnswersQuery(Shape):
    """Which language the answers are wanted in."""

    locale = Text(16, pattern=LOCALE)


class FormSummary(Shape):
    """One form in the list."""

    form = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    title = fields.String(required=True)
    benefit = fields.String(required=True)
    page = fields.String(required=True)
    locales = fields.List(fields.String(), required=True)


class FormList(Shape):
    """All forms."""

    forms = fields.List(fields.Nested(FormSummary), required=True)


class FieldLimits(Shape):
    """How long a text may be, or how large a number."""

    max_length = fields.Integer()
    min = fields.Integer()
    max = fields.Integer()


class FieldChoice(Shape):
    """One answer to choose."""

    value = fields.String(required=True)
    label = fields.String(required=True)


class AskedIf(Shape):
    """Ask only whoever gave a whole number of at most `at_most` in `field`."""

    field = fields.String(required=True)
    at_most = fields.Integer(required=True)


class FormField(Shape):
    """One field: what is asked, why, and what happens without it; with `asked_if` it is asked of some only."""

    name = fields.String(required=True)
    type = fields.String(required=True, validate=validate.OneOf(FIELD_TYPES))
    necessity = fields.String(required=True, validate=validate.Regexp(r"^(required|optional|one_of:[a-z_]+)$"))
    label = fields.String(required=True)
    question = fields.String(required=True)
    why = fields.String(required=True)
    if_not_given = fields.String(required=True)
    limits = fields.Nested(FieldLimits, required=True)
    choices = fields.List(fields.Nested(FieldChoice), required=True)
    purposes = fields.List(fields.String(), required=True)
    asked_if = fields.Nested(AskedIf)


class OpeningHours(Shape):
    """When people answer: a part of a sentence, and what the clock says. `opens_at` is null while it is open."""

    text = fields.String(required=True)
    open_now = fields.Boolean(required=True)
    opens_at = fields.DateTime(required=True, allow_none=True)


class StandingAnswer(Shape):
    """What is said to a question that mentions one of `about`: parts of words, in lower case."""

    id = fields.String(required=True)
    about = fields.List(fields.String(), required=True)
    text = fields.String(required=True)


class Answers(Shape):
    """What is answered to everybody, in the order in which the answers are tried."""

    locale = fields.String(required=True)
    opening_hours = fields.Nested(OpeningHours, required=True)
    answers = fields.List(fields.Nested(StandingAnswer), required=True)


class Retention(Shape):
    """How long data is kept for a purpose."""

    duration = fields.String(required=True)
    from_ = fields.String(required=True, data_key="from")
    text = fields.String(required=True)


class Recipient(Shape):
    """Who else gets the data."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    country = fields.String(required=True)


class NoticePurpose(Shape):
    """One purpose as the notice states it. `control`: the act of sending, or an opt-in of its own.

    On a legitimate interest it says which, and how to object (Article 21).
    """

    id = fields.String(required=True)
    title = fields.String(required=True)
    label = fields.String(required=True)
    question = fields.String(required=True)
    text = fields.String(required=True)
    if_not_given = fields.String(required=True)
    legitimate_interest = fields.String()
    object = fields.String()
    basis = fields.String(required=True)
    retention = fields.Nested(Retention, required=True)
    recipients = fields.List(fields.Nested(Recipient), required=True)
    control = fields.String(required=True, validate=validate.OneOf(("act", "opt_in")))
    confirmation = fields.String(required=True, validate=validate.OneOf(("none", "double_opt_in")))


class NoticeWords(Shape):
    """The words beside a field or a purpose: how long it is kept, what is without it, and whether it is needed."""

    kept = fields.String(required=True)
    if_not_given = fields.String(required=True)
    required = fields.String(required=True)
    optional = fields.String(required=True)
    one_of = fields.String(required=True)


class FormNotice(Shape):
    """What is told before anything is asked."""

    hash = fields.String(required=True, validate=validate.Regexp("^[0-9a-f]{64}$"))
    url = fields.String(required=True)
    page = fields.String(required=True)
    short = fields.String(required=True)
    withdraw = fields.String(required=True)
    ai = fields.String(required=True)
    scoring = fields.String(required=True, allow_none=True)
    words = fields.Nested(NoticeWords, required=True)
    purposes = fields.List(fields.Nested(NoticePurpose), required=True)


class AgeQuestion(Shape):
    """One question before a yes counts, with its two answers: whether the visitor is `threshold` years old, or older.

    `too_young` is what is said to whoever answers no; nothing more is asked of them then, and nothing is sent.
    """

    threshold = fields.Integer(required=True)
    question = fields.String(required=True)
    why = fields.String(required=True)
    yes = fields.String(required=True)
    no = fields.String(required=True)
    too_young = fields.String(required=True)


class PresentationShown(Shape):
    """One showing of the notice: name it in the submission, before it ends."""

    id = fields.String(required=True)
    expires_at = fields.DateTime(required=True)


class PopupManners(Shape):
    """When a pop-up opens and how it stays away. `after_seconds` stands beside the trigger `delay` only."""

    trigger = fields.String(required=True, validate=validate.OneOf(TRIGGERS))
    after_seconds = fields.Integer()
    position = fields.String(required=True, validate=validate.OneOf(POSITIONS))
    again_after_days = fields.Integer(required=True)
    quiet_after_no_days = fields.Integer(required=True)


class ProofParameters(Shape):
    """What is to be found: a counter with which the key of `nonce` and counter begins with `keyPrefix`."""

    algorithm = fields.String(required=True)
    nonce = fields.String(required=True)
    salt = fields.String(required=True)
    cost = fields.Integer(required=True)
    keyLength = fields.Integer(required=True)  # noqa: N815 - the names are those of ALTCHA
    keyPrefix = fields.String(required=True)  # noqa: N815
    data = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ProofAsked(Shape):
    """A small calculation for the visitor's browser, when very much is coming in (ALTCHA, version 2)."""

    parameters = fields.Nested(ProofParameters, required=True)
    signature = fields.String(required=True)


class Form(Shape):
    """A form in a language, with its notice and a fresh presentation.

    `popup` stands in forms of that kind. `pages` name the fields page by page, where there are several: nothing is sent
    before the last. `event` is what the page around it announces before feedback is asked for. `age` stands in a form
    that asks whether somebody is old enough for a yes to count.
    """

    form = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    locale = fields.String(required=True)
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    title = fields.String(required=True)
    benefit = fields.String(required=True)
    page = fields.String(required=True)
    submit_label = fields.String(required=True)
    what_next = fields.String(required=True)
    fields_ = fields.List(fields.Nested(FormField), required=True, data_key="fields")
    popup = fields.Nested(PopupManners)
    pages = fields.List(fields.List(fields.String()))
    event = fields.String(validate=validate.OneOf(EVENTS))
    age = fields.Nested(AgeQuestion)
    notice = fields.Nested(FormNotice, required=True)
    presentation = fields.Nested(PresentationShown, required=True)
    proof = fields.Nested(ProofAsked)


class Notice(Shape):
    """A whole notice. `texts` are all sentences a visitor is shown with it."""

    class Meta:
        """A notice may say more than today's; what is named here it always says."""

        unknown = INCLUDE

    schema = fields.String(required=True)
    form = fields.String(required=True)
    locale = fields.String(required=True)
    version = fields.Integer(required=True)
    texts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
