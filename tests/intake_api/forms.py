"""The forms of the catalogue as it stands, in their order: written out, so that one that is lost is missed."""

FORMS = (
    "request_demo", "request_contact", "newsletter", "request_quote", "download", "loyalty", "feedback", "complaint",
    "trial", "survey", "contest", "order", "after_support",
)  # fmt: skip
