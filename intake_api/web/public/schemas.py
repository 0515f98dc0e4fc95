"""The shapes of the form API: what comes in is checked against them, and all of them describe it (`/openapi.json`)."""

from marshmallow import INCLUDE, ValidationError, fields, validate, validates_schema

from intake_api.catalogue.form_kinds import EVENTS, KINDS, POSITIONS, TRIGGERS
from intake_api.catalogue.sources import CHANNELS as CONTACT_CHANNELS
from intake_api.rules.attribution import CAMPAIGN, CAMPAIGN_LENGTH, CODE, CODE_LENGTH, SOURCES, goes_with
from intake_api.rules.contact import EMAIL_LENGTH, PHONE_LENGTH
from intake_api.rules.permission import REASONS
from intake_api.rules.rights import ASKED_FOR
from intake_api.rules.sensitive_text import LEFT_OUT_CODES
from intake_api.store.presentations import SIGNED_ID_LENGTH
from intake_api.web.shapes import (
    WRONG,
    Answer,
    AsItIs,
    ByName,
    Choice,
    Inner,
    Several,
    Shape,
    Text,
    TrueOrFalse,
    YesOrNo,
)

TEXT_LENGTH = 2000  # what a chat message may be
CHANNELS = ("page", "chat", "popup", "button")
LOCALE = "[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*"
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


class ChecksBody(Shape):
    """Some answers to look at, of any kind: what is neither text nor whole number is told `type_wrong`."""

    locale = Text(16, pattern=LOCALE, required=True)
    fields_ = ByName(AsItIs(), required=True, data_key="fields", attribute="fields")


class TextBody(Shape):
    """One free text to look at, as it stood in a chat."""

    locale = Text(16, pattern=LOCALE, required=True)
    text = Text(TEXT_LENGTH, min_length=0, required=True)


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

    @validates_schema
    def check_source(self, given: dict[str, str], **_: object) -> None:
        """Refuse words of one's own beside a source of the list."""
        if not goes_with(given):
            raise ValidationError(WRONG, "source_other")


class SubmissionBody(Shape):
    """What a visitor sends, once. `trap` is what stood in a field that people cannot see, if there is one.

    `proof` is the solution of what the form asked for, if it did: an ALTCHA payload.
    """

    presentation = Text(SIGNED_ID_LENGTH, pattern=PRESENTATION, required=True)
    locale = Text(16, pattern=LOCALE, required=True)
    fields_ = ByName(Answer(), required=True, data_key="fields", attribute="fields")
    decisions = ByName(YesOrNo(), load_default=dict)
    attribution = Inner(Attribution, load_default=dict)
    trap = Text(TEXT_LENGTH, min_length=0, load_default="")
    proof = Text(TEXT_LENGTH, min_length=0, pattern="[A-Za-z0-9+/=]*", load_default="")


class RefusalBody(Shape):
    """A no to the whole notice."""

    presentation = Text(SIGNED_ID_LENGTH, pattern=PRESENTATION, required=True)


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
    before the last. `event` is what the page around it announces before feedback is asked for.
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
    notice = fields.Nested(FormNotice, required=True)
    presentation = fields.Nested(PresentationShown, required=True)
    proof = fields.Nested(ProofAsked)


class LeftOut(Shape):
    """One kind of thing that was left out of a text: a code, and a sentence in the visitor's language."""

    code = fields.String(required=True, validate=validate.OneOf(LEFT_OUT_CODES))
    text = fields.String(required=True)


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


class ReceiptDecision(Shape):
    """What was decided about one purpose."""

    purpose = fields.String(required=True)
    state = fields.String(required=True)
    basis = fields.String(required=True)
    control = fields.String(required=True)
    decided_at = fields.DateTime(required=True)


class ReceiptEvidence(Shape):
    """Where it stands in the evidence; `position` is null until the entry has its place in the tree."""

    entry = fields.String(required=True)
    leaf_hash = fields.String(required=True)
    position = fields.Integer(required=True, allow_none=True)


class ReceiptNotice(Shape):
    """The notice the decisions were made on: its name, where its bytes are, and the bytes as JSON."""

    hash = fields.String(required=True)
    url = fields.String(required=True)
    document = fields.Nested(Notice, required=True)


class Receipt(Shape):
    """The visitor's own copy of what was agreed. Nothing they typed is in it."""

    reference = fields.String(required=True)
    form = fields.String(required=True)
    locale = fields.String(required=True)
    channel = fields.String(required=True)
    received_at = fields.DateTime(required=True)
    signed = fields.String(required=True)
    decisions = fields.List(fields.Nested(ReceiptDecision), required=True)
    notice = fields.Nested(ReceiptNotice, required=True)
    evidence = fields.Nested(ReceiptEvidence, required=True)


class SignedReceipt(Shape):
    """The receipt as a file to keep: JSON-LD in the terms of DPV (ISO/IEC TS 27560), canonical, signed, with its proof.

    `docs/receipts.md` says what each part is and how it is verified.
    """

    class Meta:
        """It says more than what is named here; what is named it always says."""

        unknown = INCLUDE

    profile = fields.String(required=True, data_key="dct:conformsTo")
    created = fields.DateTime(required=True, data_key="dct:created")
    records = fields.List(fields.Dict(), required=True, data_key="dpv:hasRecordOfActivity")
    proof = fields.Dict(required=True, data_key="li:proof")
    signature = fields.Dict(required=True, data_key="li:signature")


class PublicKey(Shape):
    """A key in the form of RFC 8037, what it signs, and since when; `until` of one that signs no more."""

    kty = fields.String(required=True, validate=validate.OneOf(("OKP",)))
    crv = fields.String(required=True, validate=validate.OneOf(("Ed25519",)))
    x = fields.String(required=True)
    kid = fields.String(required=True)
    signs = fields.String(required=True, validate=validate.OneOf(("receipt", "checkpoint")))
    since = fields.DateTime(required=True)
    until = fields.DateTime(required=True, allow_none=True)


class PublicKeys(Shape):
    """The keys of receipts and of the evidence, those of the past included (RFC 7517)."""

    keys = fields.List(fields.Nested(PublicKey), required=True)


class ProofQuery(Shape):
    """Which entry: its hash, and its place in the log, as a receipt has them (the hash in hex here)."""

    leaf_hash = Text(64, pattern="[0-9a-f]{64}", required=True)
    place = Text(15, pattern="[0-9]+", required=True)


class GrowthQuery(Shape):
    """From which signed state: over how many entries."""

    size = Text(15, pattern="[0-9]+", required=True)


class SignedCheckpoint(Shape):
    """A signed state of the log: the signature is over `text`, which names origin, size, root and time."""

    size = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    text = fields.String(required=True)
    kid = fields.String(required=True, allow_none=True)
    signature = fields.String(required=True)


class InclusionProof(Shape):
    """The path from the entry at `place` to the root of `size` entries (RFC 9162, 2.1.3)."""

    place = fields.Integer(required=True)
    size = fields.Integer(required=True)
    path = fields.List(fields.String(), required=True)
    checkpoint = fields.Nested(SignedCheckpoint, required=True)


class GrowthProof(Shape):
    """The proof that the log of `size` entries begins with the one of `from` (RFC 9162, 2.1.4).

    Where that is not the newest one yet, ask on from there.
    """

    from_ = fields.Integer(required=True, data_key="from")
    size = fields.Integer(required=True)
    path = fields.List(fields.String(), required=True)
    checkpoint = fields.Nested(SignedCheckpoint, required=True)


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


class ConversationBody(Shape):
    """Where a chat begins."""

    locale = Text(16, pattern=LOCALE, required=True)
    page = Text(500, min_length=0, pattern="[!-~]*", load_default="")


class MessageBody(Shape):
    """One turn of the visitor: exactly one of the two."""

    text = Text(TEXT_LENGTH, pattern=r"[\s\S]*\S[\s\S]*")
    button = Text(2000, pattern="[A-Za-z0-9_=-]+")


class ChatButton(Shape):
    """A button; its id is opaque, belongs to this conversation and counts on the next turn only."""

    id = fields.String(required=True)
    title = fields.String(required=True)


class ChatMessage(Shape):
    """One message of the assistant."""

    text = fields.String(required=True)
    buttons = fields.List(fields.Nested(ChatButton), required=True)


class ChatTurn(Shape):
    """What the assistant says: in its how many-th turn, and in which language."""

    turn = fields.Integer(required=True)
    locale = fields.String(required=True)
    messages = fields.List(fields.Nested(ChatMessage), required=True)


class ConversationBegun(ChatTurn):
    """A conversation: send the token as a bearer token; it ends after `expires_in` seconds."""

    token = fields.String(required=True)
    expires_in = fields.Integer(required=True)


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
