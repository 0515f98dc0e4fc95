"""Numbers that a free text must not carry (M-05): all valid ones are found, and nothing that only looks like one."""

import datetime
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cz import rc
from stdnum.iso7064 import mod_97_10
from stdnum.lv import pvn
from stdnum.pl import pesel

from tests.intake_api.rules.sensitive import read

SENTENCES = ("{}", "it is {}.", "please use {} thanks", "({})", "mans ir {}, paldies", "вот {}!", "to {} i tyle")
BIRTHS = st.dates(datetime.date(1930, 1, 1), datetime.date(2012, 12, 31))
SERIALS = st.text("0123456789", min_size=4, max_size=4)

# First digits and length of cards that are issued.
ISSUED = (
    ("4", 13), ("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
    ("6011", 16), ("65", 16), ("36", 14), ("3528", 16), ("5018", 16), ("6304", 16), ("2200", 16),
)  # fmt: skip

sentences = st.sampled_from(SENTENCES)


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A payment card as it is typed: of a kind that is issued, with or without blanks or dashes."""
    prefix, length = draw(st.sampled_from(ISSUED))
    digits = prefix + draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    number = digits + luhn.calc_check_digit(digits)
    between = draw(st.sampled_from(["", " ", "-", "\u00a0", "–"]))
    sizes = [4, 6, 5] if length == 15 else [4] * 5
    groups, at = [], 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    return between.join(group for group in groups if group)


@st.composite
def accounts(draw: st.DrawFn) -> str:
    """An account number of one of our countries or a neighbour's."""
    country, bank, digits = draw(
        st.sampled_from([("LV", 4, 13), ("PL", 0, 24), ("CZ", 0, 20), ("SK", 0, 20), ("LT", 0, 16), ("DE", 0, 18)])
    )
    own = draw(st.text(string.ascii_uppercase, min_size=bank, max_size=bank))
    own += draw(st.text("0123456789", min_size=digits, max_size=digits))
    number = country + mod_97_10.calc_check_digits(own + country) + own
    if draw(st.booleans()):
        number = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    return number.lower() if draw(st.booleans()) else number


@st.composite
def old_latvian_codes(draw: st.DrawFn) -> str:
    born, serial = draw(BIRTHS), draw(SERIALS)[:3]
    digits = f"{born:%d%m%y}{1 if born.year < 2000 else 2}{serial}"
    return f"{digits[:6]}-{digits[6:]}{pvn.calc_check_digit_pers(digits)}"


@st.composite
def pesels(draw: st.DrawFn) -> str:
    born, serial = draw(BIRTHS), draw(SERIALS)
    digits = f"{born:%y}{born.month + (20 if born.year >= 2000 else 0):02}{born:%d}{serial}"
    return digits + pesel.calc_check_digit(digits)


@st.composite
def birth_numbers(draw: st.DrawFn) -> str:
    """A Czech or Slovak birth number: ten digits since 1954, nine before."""
    born, serial = draw(BIRTHS), draw(SERIALS)[:3]
    day = f"{born:%y}{born.month + (50 if draw(st.booleans()) else 0):02}{born:%d}"
    digits = day + serial
    number = digits + str(int(digits) % 11 % 10) if born.year >= 1954 else digits
    assume(rc.is_valid(number))
    return f"{number[:6]}/{number[6:]}"


class TestCards:
    @given(cards(), sentences)
    def test_m05_every_valid_card_is_left_out(self, card: str, sentence: str) -> None:
        left = read(sentence.format(card))
        assert left.left_out == ("card_number",)
        assert left.text == sentence.format("[card_number]")

    @pytest.mark.parametrize(
        "typed",
        [
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "4111 1111 1111 1111 123",
            "４１１１１１１１１１１１１１１１",
            "4111.1111.1111.1111",
        ],
    )
    def test_m05_also_spaced_out_with_its_cvv_in_wide_digits_or_with_points(self, typed: str) -> None:
        assert "card_number" in read(f"my card {typed}").left_out

    @given(cards())
    def test_m05_a_wrong_check_digit_is_no_card(self, card: str) -> None:
        wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
        assume(sum(map(str.isdecimal, wrong)) <= 16)  # of nineteen digits in groups, the first sixteen may be a card
        assert "card_number" not in read(f"it is {wrong} ok").left_out

    def test_m05_two_cards_are_two_placeholders(self) -> None:
        assert read("4111111111111111, 5555555555554444").text == "[card_number], [card_number]"


class TestAccounts:
    @given(accounts(), sentences)
    def test_m05_every_valid_iban_is_left_out(self, account: str, sentence: str) -> None:
        left = read(sentence.format(account))
        assert left.left_out == ("iban",)
        assert left.text == sentence.format("[iban]")

    def test_m05_a_polish_account_is_known_without_its_country(self) -> None:
        assert read("Konto: 61 1090 1014 0000 0712 1981 2874.").text == "Konto: [iban]."


class TestPersonalCodes:
    @given(old_latvian_codes(), st.sampled_from(["-", "", " ", " - ", "–"]), sentences)
    def test_m05_every_valid_old_latvian_code_is_left_out(self, code: str, between: str, sentence: str) -> None:
        typed = code.replace("-", between)
        assume(between != "" or not typed.startswith(("3712", "3716")))
        assert read(sentence.format(typed)).text == sentence.format("[personal_code]")

    @given(st.text("0123456789", min_size=9, max_size=9), sentences)
    def test_m05_every_new_latvian_code_is_left_out(self, rest: str, sentence: str) -> None:
        assert read(sentence.format(f"32{rest[:4]}-{rest[4:]}")).text == sentence.format("[personal_code]")

    @given(pesels(), sentences)
    def test_m05_every_valid_pesel_is_left_out(self, code: str, sentence: str) -> None:
        assume(not code.startswith(("3712", "3716")) and code[2:5] != "103")
        assert read(sentence.format(code)).text == sentence.format("[personal_code]")

    @given(pesels())
    def test_m05_every_pesel_that_is_called_so_is_left_out(self, code: str) -> None:
        assert read(f"PESEL: {code}").text == "PESEL: [personal_code]"

    @given(birth_numbers(), sentences)
    def test_m05_every_valid_birth_number_is_left_out(self, number: str, sentence: str) -> None:
        assert read(sentence.format(number)).text == sentence.format("[personal_code]")

    @given(birth_numbers())
    def test_m05_ten_digits_without_a_stroke_are_one_too(self, number: str) -> None:
        assume(len(number) == 11)
        assert read(f"moje r.č. je {number.replace('/', '')}").text == "moje r.č. je [personal_code]"


class TestPassports:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("My passport number is LV1234567", "My passport number is [passport]"),
            ("Pases nr. LV 1234567", "Pases nr. [passport]"),
            ("Pasē rakstīts LV4512345", "Pasē rakstīts [passport]"),
            ("паспорт 4509 123456", "паспорт [passport]"),
            ("Загранпаспорт 71 1234567", "Загранпаспорт [passport]"),
            ("Numer paszportu: EA1234567", "Numer paszportu: [passport]"),
            ("dowód ABC123456", "dowód [passport]"),
            ("číslo pasu 12345678", "číslo pasu [passport]"),
            ("občanský průkaz 123456789", "občanský průkaz [passport]"),
            ("C01X00T47 is my passport", "[passport] is my passport"),
        ],
    )
    def test_m05_a_number_near_a_word_for_it_is_left_out(self, typed: str, kept: str) -> None:
        assert read(typed).text == kept

    @pytest.mark.parametrize(
        "typed", ["LV1234567", "Do you scan a passport at check-in? 120 rooms.", "passport valid until 2031-05-06",
                  "I have my passport, call me on +371 26123456", "Mam paszport, tel. 501 234 567"]
    )  # fmt: skip
    def test_m05_without_the_word_or_as_a_phone_it_stays(self, typed: str) -> None:
        assert read(typed).text == typed


class TestWhatStays:
    """Near misses: phones, prices, dates, orders, companies."""

    @pytest.mark.parametrize(
        "typed",
        [
            "Call +371 26312345", "Call me: 26312345", "37126312345", "tel. 37126312345", "+37126312345",
            "00371 26 312 345", "+48 512 345 678", "48512345678", "512 345 678", "512-345-678", "tel 22 123 45 67",
            "+420 777 123 456", "777 123 456", "777123456", "+7 916 123-45-67", "8 (916) 123-45-67",
            "+1 (212) 555-0123", "+44 20 7946 0958", "phone 9161234567", "моб. 89161234567",
            "from 21.05.2026 to 25.05.2026",
            "2026-05-21 2026-05-25", "21-05-2026 25-05-2026", "21/05/2026", "12.05.2026 14:30", "2019 2020 2021 2022",
            "prices 350 400 450 500 550", "EUR 1 200,50", "12 000 000", "1.234.567,89", "1 000 000 000 EUR",
            "order 1234567890", "order no. 20260521001", "invoice 2026/000123", "objednávka 202605211",
            "zamówienie nr 4500123456", "заказ № 700012345678", "rēķins Nr. 2026-0001", "booking 3845129077",
            "Reg. no. 40003521600", "reģ. nr. 40103012345", "LV40003521600", "NIP 526-10-40-828", "IČO 27074358",
            "DIČ CZ27074358", "VAT DE123456789", "rooms 101 102 103 104 105 106", "LV-1010 Rīga", "00-950 Warszawa",
            "110 00 Praha 1", "192.168.100.200", "57.5367, 25.4297", "1700000000000", "12345678901234567890123",
            "123456/7890", "EAN 5901234123457", "version 3.11.2026.1", "0.00000012345678", "LV80BANK0000435195000",
            "450 500 600 700 250", "26123456 29123456", "501 234 567 602 345 678", "0800 123 456",
            "flight LH1234, seat 12A", "Wi-Fi: Guest2026Pass", "#20260521123456",
        ],
    )  # fmt: skip
    def test_m05_a_near_miss_is_not_touched(self, typed: str) -> None:
        for sentence in ("{}", "Our number is {}, thank you."):
            left = read(sentence.format(typed))
            assert (left.text, left.left_out) == (sentence.format(typed), ())
