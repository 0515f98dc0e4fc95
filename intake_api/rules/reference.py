"""The reference of a lead: what a person can read aloud on the phone and write down again."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing that is misread
MISREAD = str.maketrans("OIL", "011")  # and what people write all the same
BITS = 40


def written_reference(number: int) -> str:
    """Return the reference of a number of `BITS` bits, such as VB-7Q2M-0XKD."""
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(0, BITS, 5))
    return f"VB-{letters[:4]}-{letters[4:]}"


def spelled_reference(text: str) -> str | None:
    """Return a reference as it is kept, from any case, with or without dashes and spaces; None if it is none."""
    letters = text.upper().replace("-", "").replace(" ", "").translate(MISREAD)
    if len(letters) != 10 or not letters.startswith("VB") or not set(letters[2:]) <= set(ALPHABET):
        return None
    return f"VB-{letters[2:6]}-{letters[6:]}"
