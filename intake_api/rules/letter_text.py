"""What staff may write into a letter: one reason, in words that fit into a mail as one paragraph (SEC-20)."""

LONGEST = 500
SHORTEST = 10


class ReasonRefused(Exception):
    """There is no reason, or it is too short to be one, too long, or no single line of text."""

    code = "reason_refused"


def checked_reason(text: str) -> str:
    """Return a reason as it goes into a mail.

    :raises ReasonRefused: see there.
    """
    reason = " ".join(text.split(" ")).strip()
    if not reason.isprintable() or not SHORTEST <= len(reason) <= LONGEST:
        raise ReasonRefused(f"Say the reason in one line of {SHORTEST} to {LONGEST} characters; the person reads it.")
    return reason
