"""E-mail addresses (SEC-28) and phone numbers (SEC-29)."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from intake_api.rules.contact import email, masked_email, masked_phone, phone
from intake_api.rules.text import Refused


def refused_email(typed: str) -> str:
    with pytest.raises(Refused) as caught:
        email(typed)
    return caught.value.code


def refused_phone(typed: str, region: str = "LV") -> str:
    with pytest.raises(Refused) as caught:
        phone(typed, region)
    return caught.value.code


def costly_numbers() -> list[tuple[str, str]]:
    """An example of every kind of number that costs more to call, in each country that has the kind."""
    found = []
    for region in ("LV", "LT", "EE", "PL", "CZ", "SK", "DE", "GB", "FR", "SE"):
        for kind in (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.PERSONAL_NUMBER):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                found.append((region, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)))
    return found


class TestEmail:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("anna@liepa.example", "anna@liepa.example"),
            ("  anna@liepa.example ", "anna@liepa.example"),
            ("Anna.Liepa+demo@LIEPA.Example", "Anna.Liepa+demo@liepa.example"),
            ("jānis@bērzs.lv", "jānis@xn--brzs-bva.lv"),
            ("anna@xn--brzs-bva.lv", "anna@xn--brzs-bva.lv"),
            ("o'neil@a-b.co.uk", "o'neil@a-b.co.uk"),
            ("j\u0101nis@liepa.lv", "jānis@liepa.lv"),
            ("ja\u0304nis@liepa.lv", "jānis@liepa.lv"),
            ("zq7f3-mail@example.test", "zq7f3-mail@example.test"),
            ("someone@example.com", "someone@example.com"),
        ],
    )
    def test_sec_28_an_address_is_kept_with_its_local_part_as_typed(self, typed: str, kept: str) -> None:
        assert email(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "anna",
            "anna@",
            "@liepa.lv",
            "anna@liepa",
            "anna@@liepa.lv",
            "anna@liepa..lv",
            ".anna@liepa.lv",
            "an na@liepa.lv",
            "anna@liepa.lv, janis@liepa.lv",
            "anna@liepa.lv;janis@liepa.lv",
            "anna@liepa.lv janis@liepa.lv",
            "Anna <anna@liepa.lv>",
            "<anna@liepa.lv>",
            '"a b"@liepa.lv',
            "anna(x)@liepa.lv",
            "anna@[127.0.0.1]",
            "anna@127.0.0.1",
            "anna@liepa.lv\r\nBcc: all@liepa.lv",
            "anna@li\u200bepa.lv",
            "an\u034fna@liepa.lv",
            "anna\u3164@liepa.lv",
            "\u2800@liepa.lv",
            "anna\u200d@liepa.lv",
            "anna＠liepa.lv",
            "anna\ud800@liepa.lv",
            "javascript:alert(1)@x",
            "a" * 65 + "@liepa.lv",
        ],
    )
    def test_sec_28_what_is_not_one_address_is_refused(self, typed: str) -> None:
        assert refused_email(typed) == "email_invalid"

    @pytest.mark.parametrize(
        "domain", ["localhost", "x.localhost", "x.local", "x.invalid", "x.onion", "1.in-addr.arpa"]
    )
    def test_names_that_no_mail_can_reach_are_refused(self, domain: str) -> None:
        assert refused_email(f"anna@{domain}") == "email_invalid"

    def test_sec_28_an_address_over_254_is_refused(self) -> None:
        domain = ".".join(["d" * 60] * 4) + ".lv"
        assert refused_email(f"aaaaaaaaa@{domain}") == "email_too_long"
        assert refused_email("a" * 1_000_000) == "email_too_long"

    @settings(deadline=None)
    @given(st.text(st.characters(codec=None), max_size=80))
    def test_any_text_is_an_address_or_refused(self, typed: str) -> None:
        try:
            kept = email(typed)
        except Refused:
            return
        assert email(kept) == kept
        assert masked_email(kept)

    @settings(deadline=None)
    @given(st.emails())
    def test_an_address_kept_is_kept_the_same_again(self, typed: str) -> None:
        try:
            kept = email(typed)
        except Refused:
            return
        assert email(kept) == kept


class TestMaskedEmail:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("janis@example.lv", "j***@example.lv"),
            ("j@example.lv", "j***@example.lv"),
            ("anna@xn--brzs-bva.lv", "a***@bērzs.lv"),
            ("anna@xn--gro-7ka.example", "a***@groß.example"),
        ],
    )
    def test_the_first_letter_and_the_domain_are_shown(self, address: str, shown: str) -> None:
        assert masked_email(address) == shown


class TestPhone:
    @pytest.mark.parametrize(
        ("typed", "region", "kept"),
        [
            ("67 000 000", "LV", "+37167000000"),
            ("+371 29 123 456", "PL", "+37129123456"),
            ("0037129123456", "LV", "+37129123456"),
            ("512 345 678", "PL", "+48512345678"),
            ("601 123 456", "CZ", "+420601123456"),
            ("29123456 доб. 12", "LV", "+37129123456;ext=12"),
            ("+371 29123456 ext. 7", "LV", "+37129123456;ext=7"),
            ("٢٩١٢٣٤٥٦", "LV", "+37129123456"),
            ("２９１２３４５６", "LV", "+37129123456"),
            ("+44 20 7946 0018", "LV", "+442079460018"),
        ],
    )
    def test_sec_29_a_number_is_kept_in_one_form(self, typed: str, region: str, kept: str) -> None:
        assert phone(typed, region) == kept

    @pytest.mark.parametrize(
        "typed", ["", "12", "+371 2 00 zq", "no phone", "29123456 or 26123456", "+999 123456", "\ud800"]
    )
    def test_sec_29_what_is_no_number_is_refused(self, typed: str) -> None:
        assert refused_phone(typed) == "phone_invalid"

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("020 7946 0958", "+442079460958"),
            ("07700 900123", "+447700900123"),
            ("(212) 555-0123", "+12125550123"),
            ("1 212 555 0123", "+12125550123"),
            ("203 555 0142", "+12035550142"),  # also London's, if somebody there forgot the nought
            ("(908) 555-0142 ext. 7", "+19085550142;ext=7"),  # also a costly one in Britain
            ("29 123 456", "+37129123456"),
            ("+48 512 345 678", "+48512345678"),
            ("00371 29123456", "+37129123456"),
        ],
    )
    def test_sec_29_of_several_countries_the_one_it_is_written_for_is_taken(self, typed: str, kept: str) -> None:
        assert phone(typed, "LV", "GB", "US") == kept

    @pytest.mark.parametrize("typed", ["8 900 123-45-67", "89001234567", "900 123 45 67", "+7 900 123 45 67"])
    def test_sec_29_russian_numbers_are_taken_beside_latvian_ones(self, typed: str) -> None:
        assert phone(typed, "LV", "RU") == "+79001234567"

    def test_sec_29_what_may_be_two_numbers_is_not_guessed(self) -> None:
        assert phone("601 123 456", "CZ") != phone("601 123 456", "PL")
        with pytest.raises(Refused, match="phone_invalid"):
            phone("601 123 456", "CZ", "PL")

    @pytest.mark.parametrize(
        ("typed", "code"),
        [("0909 879 0123", "phone_not_accepted"), ("112", "phone_not_accepted"), ("555 0123", "phone_invalid")],
    )
    def test_sec_29_what_is_refused_in_one_country_is_refused_in_several(self, typed: str, code: str) -> None:
        with pytest.raises(Refused, match=code):
            phone(typed, "LV", "GB", "US")

    def test_a_number_without_prefix_needs_a_region(self) -> None:
        assert refused_phone("29123456", "ZZ") == "phone_invalid"

    @pytest.mark.parametrize("typed", ["112", "1188", "+881 6 314 12345", "+979 123456789"])
    def test_sec_29_short_numbers_and_worldwide_ones_are_not_called_back(self, typed: str) -> None:
        assert refused_phone(typed) == "phone_not_accepted"

    @pytest.mark.parametrize(("region", "typed"), costly_numbers())
    def test_sec_29_costly_kinds_are_refused_in_every_country(self, region: str, typed: str) -> None:
        assert refused_phone(typed, region) == "phone_not_accepted"

    @pytest.mark.parametrize("region", ["LV", "LT", "EE", "PL", "CZ", "SK", "DE", "GB", "FR", "SE", "US", "UA"])
    @pytest.mark.parametrize("kind", [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])
    def test_sec_29_ordinary_numbers_pass_as_people_there_write_them(self, region: str, kind: int) -> None:
        number = phonenumbers.example_number_for_type(region, kind)
        assert number is not None
        typed = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert phone(typed, region) == kept

    @settings(deadline=None)
    @given(st.text(st.characters(codec=None), max_size=80), st.sampled_from(["LV", "PL", "CZ", "ZZ"]))
    def test_any_text_is_a_number_or_refused(self, typed: str, region: str) -> None:
        try:
            kept = phone(typed, region)
        except Refused:
            return
        assert phone(kept, "ZZ") == kept
        assert masked_phone(kept)


class TestMaskedPhone:
    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            ("+37129123467", "+371 •••• ••67"),
            ("+48512345678", "+48 ••• ••• •78"),
            ("+12025550123", "+1 •• •••• ••23"),
            ("+37129123467;ext=12", "+371 •••• ••67"),
        ],
    )
    def test_the_country_and_two_digits_are_shown(self, number: str, shown: str) -> None:
        assert masked_phone(number) == shown
