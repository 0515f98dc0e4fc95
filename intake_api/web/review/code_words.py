"""How these pages say the codes of destinations, and why something was not sent."""

from intake_api.web.review.names import spoken
from intake_api.web.review.tongue import _l

DESTINATIONS = {"file": _l("file"), "webhook": _l("webhook")}
# Why a delivery or a mail to staff did not go, by the code that is kept with it.
WHY_NOT_SENT = {
    "address_gone": _l("address gone"),
    "address_not_public": _l("address not public"),
    "address_refused": _l("address refused"),
    "answer_too_large": _l("answer too large"),
    "approved_again": _l("approved again"),
    "asked_to_wait": _l("asked to wait"),
    "certificate_not_trusted": _l("certificate not trusted"),
    "confirmation_missing": _l("confirmation missing"),
    "credential_refused": _l("credential refused"),
    "destination_not_configured": _l("destination not configured"),
    "destination_paused": _l("destination paused"),
    "disk_full": _l("disk full"),
    "erased": _l("erased"),
    "file_not_writable": _l("file not writable"),
    "folder_not_writable": _l("folder not writable"),
    "hung_up": _l("hung up"),
    "internal_error": _l("internal error"),
    "login_refused": _l("login refused"),
    "mail_refused": _l("mail refused"),
    "merged": _l("merged"),
    "name_not_found": _l("name not found"),
    "needs_reconsent": _l("needs to be asked again"),
    "no_living_basis": _l("no living basis"),
    "not_approved": _l("not approved"),
    "not_http": _l("not HTTP"),
    "not_informed": _l("not informed"),
    "not_now": _l("not now"),
    "not_reachable": _l("not reachable"),
    "not_smtp": _l("not SMTP"),
    "not_supported": _l("not supported"),
    "not_told": _l("not told"),
    "not_writable": _l("not writable"),
    "over": _l("over"),
    "parcel_refused": _l("parcel refused"),
    "past_retention": _l("past its time"),
    "recipient_not_disclosed": _l("recipient not named in the notice"),
    "redirected": _l("redirected"),
    "restricted": _l("restricted"),
    "sender_refused": _l("sender refused"),
    "tls_failed": _l("TLS failed"),
    "too_slow": _l("too slow"),
    "undone": _l("undone"),
    "unexpected_status": _l("unexpected status"),
    "used": _l("used"),
    "withdrawn": _l("withdrawn"),
}


def destination(name: str) -> str:
    """Say where deliveries go; one that was set up once, by its bare name."""
    return str(DESTINATIONS.get(name, name))


def why_not_sent(reason: str) -> str:
    """Say why something was not sent, by its code."""
    return str(WHY_NOT_SENT.get(reason) or spoken(reason))
