"""Which entries of the evidence are security events as well: told to the log, so that somebody can be woken (SEC-52).

The log is read by machines of the operator's choice, the evidence by whoever must prove something. What stands in the
log are ids; docs/review.md shows the catalogue, a test compares.
"""

from collections.abc import Mapping

# By the kind of the entry: what the log calls it, behind `security.`.
EVENTS: Mapping[str, str] = {
    "staff.signed_in": "signed_in",
    "staff.signed_out": "signed_out",
    "staff.sign_in_failed": "sign_in_failed",
    "staff.password_accepted": "password_accepted",
    "staff.password_issued": "password_issued",
    "staff.password_chosen": "password_chosen",
    "staff.code_refused": "factor_refused",
    "staff.factor_shown": "factor_shown",
    "staff.factor_set_up": "factor_set_up",
    "staff.factor_removed": "factor_removed",
    "staff.codes_renewed": "codes_renewed",
    "staff.identity_linked": "identity_linked",
    "staff.identity_unlinked": "identity_unlinked",
    "staff.invited": "invited",
    "staff.roles_changed": "roles_changed",
    "staff.disabled": "account_off",
    "staff.enabled": "account_on",
    "staff.sessions_ended": "sessions_ended",
    "readings.limited": "readings_limited",
    "report.exported": "exported",
    "leads.export_asked": "export_asked",
    "leads.export_approved": "export_approved",
    "leads.export_refused": "export_refused",
    "leads.exported": "leads_exported",
    "leads.export_downloaded": "export_downloaded",
    "key.rotated": "key_rotated",
    "audit.thinned": "audit_thinned",
}
# What is no entry, and where it comes from.
OTHERS: Mapping[str, str] = {
    "too_many_tries": "a try to sign in was not even looked at",
    "company_refused": "the company's provider, or its answer, let nobody in; with a reason",
}
