"""How the pages of merging say why two leads are not merged."""

from intake_api.rules.merging import Hindrance
from intake_api.web.review.tongue import _l

# Why two leads are not merged, and what can be done instead.
HINDRANCES: dict[Hindrance, str] = {
    Hindrance.SAME_LEAD: _l("This is one and the same lead."),
    Hindrance.NOT_CONFIRMED: _l(
        "Leads are merged only if they have the same e-mail address and its owner confirmed it by "
        "the link that was mailed to it. Anybody can type an address, a number or a name. Open both: if they are of "
        "one person, decline one of them as already handled under another lead."
    ),
    Hindrance.STATE: _l(
        "One of them cannot be merged as it stands: it is held, spam, taken back, erased, or merged "
        "already. What is held or spam can be released first; what is merged, undone first."
    ),
    Hindrance.HAS_MERGED: _l(
        "Other leads are merged into the one that would become part of another. Let that one stay, "
        "or undo its merges first."
    ),
    Hindrance.UNDER_WAY: _l(
        "The one that would become part of the other is being sent at this moment. Try again in a minute."
    ),
}
