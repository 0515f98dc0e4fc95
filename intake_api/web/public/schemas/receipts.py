"""The shapes of receipts, of the keys they are signed with, and of the log that proves them."""

from marshmallow import INCLUDE, fields, validate

from intake_api.web.public.schemas.forms import Notice
from intake_api.web.shapes import Shape, Text


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
