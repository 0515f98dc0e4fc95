"""E-mail addresses and phone numbers: what is taken, how it is kept, how it is shown back (SEC-28, SEC-29)."""

import re
import unicodedata
from collections.abc import Collection
from contextlib import suppress

import idna
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from intake_api.rules.text import Refused, clean, hides

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

_WITH_PREFIX = re.compile(r"\+[1-9]")
_OF_NOBODY = re.compile(r"\+447700900\d{3}")


def email(typed: str) -> str:
    """Return the canonical form of one address: the part before the @ as typed, the domain in lower case (punycode).

    No provider's habits are folded in (dots, plus signs). Nothing is asked of the DNS: a visitor must not wait for
    it, nor a stranger make us ask it. Raises Refused with `email_invalid` or `email_too_long`.

    Names under `.example` and `.test` are taken, though no mail arrives there: RFC 6761 asks programs to treat
    `.example` like any other, and people who try the service out need addresses that can never belong to somebody.
    `localhost`, `.local`, `.invalid`, `.onion` and `.arpa` are refused: what is typed there is a mistake or a probe.
    """
    address = _bounded(typed, EMAIL_LENGTH, "email")
    if hides(address):  # two addresses that look alike would be two people, and one of them cannot be typed again
        raise Refused("email_invalid")
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


def phone(typed: str, *regions: str) -> str:
    """Return one number as E.164, with an extension as RFC 3966 writes it: `+37167000000;ext=12`.

    `regions` are the countries where a number without a prefix is looked for. One that is a number in two of them is
    taken where it is written as people there write it (020 7946 0018 in London, (212) 555-0123 in New York); if that
    does not decide it, it is refused rather than guessed. Digits of any script are read. Raises Refused with
    `phone_invalid`, or with `phone_not_accepted` for numbers that cost the caller more or are short codes.

    07700 900000 to 900999 are taken as `.example` is: Ofcom keeps them for drama, so they are nobody's.
    """
    readings = _readings(unicodedata.normalize("NFKC", _bounded(typed, PHONE_LENGTH, "phone")), regions)
    numbers = [number for number in readings if _is_valid(number)]
    if len(numbers) > 1:
        numbers = [number for number in numbers if _is_written_as_there(typed, number)]
    if len(numbers) != 1:
        short = not numbers and any(map(phonenumbers.is_valid_short_number, readings))
        raise Refused("phone_not_accepted" if short else "phone_invalid")
    number = numbers[0]
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


def _readings(typed: str, regions: Collection[str]) -> list[PhoneNumber]:
    """Return the different numbers that this may be, one for each country at most."""
    found: list[PhoneNumber] = []
    for region in (None,) if _WITH_PREFIX.match(typed) else regions:  # with a prefix it is the same in all of them
        with suppress(NumberParseException):
            number = phonenumbers.parse(typed, region)
            found += [number] if number not in found else []
    return found


def _is_valid(number: PhoneNumber) -> bool:
    if phonenumbers.number_type(number) != PhoneNumberType.UNKNOWN:
        return True  # what `is_valid_number` asks; the kind is asked for below anyway
    return _OF_NOBODY.fullmatch(phonenumbers.format_number(number, PhoneNumberFormat.E164)) is not None


def _is_written_as_there(typed: str, number: PhoneNumber) -> bool:
    """Say whether the digits are those people write within the country: in Britain with a nought, in America without.

    An extension may follow them.
    """
    at_home = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return _digits(typed).startswith(_digits(at_home))


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdecimal())


def _is_of_no_country(number: PhoneNumber) -> bool:
    """Tell satellite and other worldwide numbers, which cost as much as premium ones."""
    return phonenumbers.region_code_for_number(number) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY


def _readable(domain: str) -> str:
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain


def _in_groups(digits: str) -> str:
    """Group from the right by four, or by three where four would leave one digit alone in front."""
    size = 3 if len(digits) % 4 == 1 else 4
    first = len(digits) % size
    groups = [digits[:first], *(digits[start : start + size] for start in range(first, len(digits), size))]
    return " ".join(group for group in groups if group)
