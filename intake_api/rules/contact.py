"""E-mail addresses and phone numbers: what is taken, how it is kept, how it is shown back (SEC-28, SEC-29)."""

import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from intake_api.rules.text import Refused, clean

CODES = ("email_invalid", "email_too_long", "phone_invalid", "phone_not_accepted")

EMAIL_LENGTH = 254
PHONE_LENGTH = 50

# A call back to one of these costs us, not them: the usual toll fraud.
_NOT_CALLED = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)


def email(typed: str) -> str:
    """Return the canonical form of one address: the part before the @ as typed, the domain in lower case (punycode).

    No provider's habits are folded in (dots, plus signs). Nothing is asked of the DNS: a visitor must not wait for
    it, nor a stranger make us ask it. Raises Refused with `email_invalid` or `email_too_long`.

    Names under `.example` and `.test` are taken, though no mail arrives there: RFC 6761 asks programs to treat
    `.example` like any other, and people who try the service out need addresses that can never belong to somebody.
    `localhost`, `.local`, `.invalid`, `.onion` and `.arpa` are refused: what is typed there is a mistake or a probe.
    """
    address = _bounded(typed, EMAIL_LENGTH, "email")
    try:
        # The switch named after test environments does one thing: it lets `.test` pass.
        found = validate_email(address, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        raise Refused("email_invalid") from None
    if "." not in found.ascii_domain:
        raise Refused("email_invalid")
    canonical = f"{found.local_part}@{found.ascii_domain}"
    if len(canonical.encode()) > EMAIL_LENGTH:
        raise Refused("email_too_long")
    return canonical


def phone(typed: str, region: str) -> str:
    """Return one number as E.164, with an extension as RFC 3966 writes it: `+37167000000;ext=12`.

    `region` is where a number without a prefix is looked for. Digits of any script are read. Raises Refused with
    `phone_invalid`, or with `phone_not_accepted` for numbers that cost the caller more or are short codes.
    """
    number = _parsed(_bounded(typed, PHONE_LENGTH, "phone"), region)
    if not phonenumbers.is_valid_number(number):
        raise Refused("phone_not_accepted" if phonenumbers.is_valid_short_number(number) else "phone_invalid")
    if phonenumbers.number_type(number) in _NOT_CALLED or _is_of_no_country(number):
        raise Refused("phone_not_accepted")
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def masked_email(address: str) -> str:
    """Show enough of a canonical address to recognise one's own: `j***@example.lv`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{_readable(domain)}"


def masked_phone(number: str) -> str:
    """Show the country and the last two digits of a number kept by `phone`: `+371 •••• ••67`."""
    plain, _, _ = number.partition(";")
    code = f"+{phonenumbers.parse(plain).country_code}"
    hidden = max(len(plain) - len(code) - 2, 0)
    return f"{code} {_in_groups('•' * hidden + plain[-2:])}"


def _bounded(typed: str, limit: int, kind: str) -> str:
    try:
        return clean(typed, limit, lines=False)
    except Refused as refused:
        too_long = kind == "email" and refused.code == "text_too_long"
        raise Refused("email_too_long" if too_long else f"{kind}_invalid") from None


def _parsed(typed: str, region: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(unicodedata.normalize("NFKC", typed), region)
    except NumberParseException:
        raise Refused("phone_invalid") from None


def _is_of_no_country(number: PhoneNumber) -> bool:
    """Tell satellite and other worldwide numbers, which cost as much as premium ones."""
    return phonenumbers.region_code_for_number(number) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY


def _readable(domain: str) -> str:
    try:
        return domain.encode().decode("idna")
    except UnicodeError:
        return domain


def _in_groups(digits: str) -> str:
    """Group from the right by four, or by three where four would leave one digit alone in front."""
    size = 3 if len(digits) % 4 == 1 else 4
    first = len(digits) % size
    groups = [digits[:first], *(digits[start : start + size] for start in range(first, len(digits), size))]
    return " ".join(group for group in groups if group)
