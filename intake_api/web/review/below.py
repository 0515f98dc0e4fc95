"""The English sentences that lower floors hand to the pages: named here, so that they are translated with ours.

Rules and flows know no language; what they say in tables and errors is looked up by its English text.
"""

from intake_api.rules.exports import NAMES_SOMEBODY
from intake_api.rules.forwarding import OBSTACLES
from intake_api.rules.lead_state import DECLINE_REASONS
from intake_api.rules.suspicion import SAYS
from intake_api.web.errors import PROBLEMS

# What their errors say, where a page tells it as it is.
ERRORS = (
    "A note has 2000 characters at most.",
    "Choose a day from today on, and not after the lead is erased.",
    NAMES_SOMEBODY,
    "Own words are one line of 200 characters at most.",
    "Say in your own words what it is for.",
    "Say in your own words what was done.",
    "The number over there is one word of letters, digits and . _ : / = -",
    "Choose a reason from the list, so that the next person understands.",
    "Choose one of those who decide about leads.",
    "Give the view a name of at most 60 letters.",
    "There is nothing in this note.",
    "This note holds characters that cannot be kept.",
    "This form is none of ours.",
    "You have saved 40 views. Remove one that you no longer use.",
)
# The problems that a page of this door can tell; the others belong to the API of visitors.
TOLD_HERE = (
    "request_malformed",
    "origin_not_allowed",
    "consent_by_staff",
    "not_your_role",
    "second_person_needed",
    "form_not_ours",
    "not_found",
    "notice_unknown",
    "receipt_unknown",
    "method_not_allowed",
    "export_gone",
    "lead_restricted",
    "lead_erased",
    "body_too_large",
    "address_too_long",
    "content_type_not_accepted",
    "query_invalid",
    "too_many_requests",
    "internal_error",
    "unavailable",
)


def sentences() -> list[str]:
    """Return all of them."""
    titles = [PROBLEMS[code][1] for code in TOLD_HERE]
    gate = [sentence for one in OBSTACLES for sentence in (one.says, one.next)]
    return [*DECLINE_REASONS.values(), *SAYS.values(), *gate, *ERRORS, *titles]
