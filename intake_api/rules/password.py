"""What makes a password good enough: long, and not one of those that are tried first (SEC-02)."""

import unicodedata

MIN_LENGTH = 12
MAX_LENGTH = 128
# What is longer as it was typed cannot be that short in one normal form, which shrinks four characters to one at most.
MAX_TYPED = MAX_LENGTH * 4

# Long enough and yet among the first guesses. Rows of the keyboard, counting and repeating are found by `_is_pattern`.
_FIRST_GUESSES = """
adminadmin123 administrator administrator1 changeme1234 changemeplease correcthorsebatterystaple ihavenopassword
iloveyou1234 iloveyouforever letmein12345 letmeinplease1 letmeinplease monkey123456 mypassword12 mypassword123
mypassword1234 nopassword123 p@ssw0rd1234 p@ssword1234 pa$$word1234 passw0rd1234 password!123 password1234
password12345 password123456 password1234567 password2024 password2025 password2026 passwordpassword princess1234
q1w2e3r4t5y6 qazwsxedcrfv qwerty123456 qwertyqwerty salasana1234 secret123456 secretpassword sunshine1234 superman1234
supersecret1 supersecret123 temporary123 test12345678 testtesttest thisismypassword trustno1trustno1 welcome12345
welcome123456 welcome1234 whatever1234 zaq12wsxcde3 1q2w3e4r5t6y 1qaz2wsx3edc
"""
COMMON = frozenset(_FIRST_GUESSES.split())
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "1234567890qwertyuiop")


def password_problem(password: str, *, email: str) -> str | None:
    """Say what is wrong with a new password as a code, or None: `too_short`, `too_long`, `too_common`.

    Any characters are welcome; nothing asks for a digit or a capital.
    """
    if len(password) > MAX_TYPED:
        return "too_long"
    text = normal_password(password)
    if len(text) < MIN_LENGTH:
        return "too_short"
    if len(text) > MAX_LENGTH:
        return "too_long"
    folded = text.casefold()
    if folded in COMMON or folded == email.casefold() or _is_pattern(folded):
        return "too_common"
    return None


def normal_password(password: str) -> str:
    """Return the password in one normal form, so that two keyboards that compose é differently give the same."""
    return unicodedata.normalize("NFC", password)


def _is_pattern(text: str) -> bool:
    """Find one to three characters said over and over, and rows of the keyboard, of digits or of the alphabet."""
    repeated = any((text[:size] * len(text)).startswith(text) for size in (1, 2, 3))
    return repeated or any(text in row + row or text in (row + row)[::-1] for row in ROWS)
