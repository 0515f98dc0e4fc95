"""Numbers in free text: how many people, how much money, in digits or in words.

A number is a detail only beside a word that says what it counts. Dates, prices and telephone numbers are not counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.dialogue.phrases import ends_here, pattern_of, plain
from bot.wording import Lexicon

_DIGITS = r"\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3}){1,3}(?:[.,]\d{2})?(?!\d)|\d{1,9}(?:[.,]\d{1,2})?(?!\d)"
_ABOUT = r"(?:[~≈<>=:+\-–—]|\s){0,4}"
_BEFORE_A_RANGE = re.compile(r"\d\s?[-–—/.:]\s?$")
_AFTER_A_RANGE = re.compile(r"\s?[-–—/:]\s?\d|[.,]\d")
_ENDS_AS_A_QUESTION = re.compile(r"[^.!?\n]{0,80}\?")
_BREAK = re.compile(r"[,;!?\n()]|\.\s")
MOST_WORDS_OF_A_NUMBER = 4


@dataclass(frozen=True)
class Amount:
    """A whole number and the part of the text it stands in."""

    value: int
    start: int
    end: int


def find_headcount(text: str, lexicon: Lexicon) -> Amount | None:
    """Find how many people a text speaks of: "12 people", "team of 20", "we are twenty-five"."""
    folded = plain(text)
    units = pattern_of(lexicon.units.get("headcount", ()), glued=True)
    money = pattern_of(lexicon.units.get("budget", ()), glued=True)
    in_a_question = None
    for number, in_words in _numbers(folded, lexicon):
        after = folded[number.end : number.end + 60]
        counted = re.match(rf"\+?\s{{0,2}}(?:-\s?)?(?:([^\W\d_][\w-]{{1,20}})\s)?({units})", after)
        if not counted or (in_words and number.value == 1):
            continue
        between = counted.group(1)
        if between and (re.fullmatch(money, between) or ends_here(between, lexicon)):
            continue
        amount = Amount(number.value, number.start, number.end + counted.end())
        if not _ENDS_AS_A_QUESTION.match(folded, amount.end):
            return amount
        in_a_question = in_a_question or amount
    # "How much is it for 25 users? We are 70": what is asked about counts only when nothing is said outright.
    return _after_lead_in(folded, "headcount", lexicon, must_not_follow=money) or in_a_question


def find_budget(text: str, lexicon: Lexicon) -> Amount | None:
    """Find what a text offers to spend: "5k eur", "up to 20 000 zł", "budget 3000"; a price asked about is none."""
    folded = plain(text)
    people = pattern_of(lexicon.units.get("headcount", ()), glued=True)
    if said := _after_lead_in(folded, "budget", lexicon, must_not_follow=people):
        return said
    money = pattern_of(lexicon.units.get("budget", ()), glued=True)
    for number, _ in _numbers(folded, lexicon):
        after = re.match(rf"\s{{0,2}}{money}", folded[number.end : number.end + 30])
        before = re.search(rf"(?:{money}|[€$£])\s{{0,2}}$", folded[max(0, number.start - 20) : number.start])
        if (after or before) and not _is_a_price(folded, number, lexicon):
            return Amount(
                number.value,
                number.start - (len(before.group()) if before else 0),
                number.end + (after.end() if after else 0),
            )
    return None


def find_numbers(text: str, lexicon: Lexicon | None = None) -> list[int]:
    """Return the whole numbers in the text; "1 200" and "1,200" are one; words count where a lexicon knows them."""
    return [number.value for number, _ in _numbers(plain(text), lexicon)]


def _after_lead_in(folded: str, name: str, lexicon: Lexicon, *, must_not_follow: str) -> Amount | None:
    about = pattern_of(lexicon.about)
    lead_in = re.compile(rf"(?<!\w)({pattern_of(lexicon.lead_ins.get(name, ()))}){_ABOUT}(?:{about}{_ABOUT}){{0,3}}$")
    money = pattern_of(lexicon.units.get("budget", ()), glued=True)
    for number, _ in _numbers(folded, lexicon):
        if not lead_in.search(
            re.sub(rf"({money}|[€$£])\s{{0,2}}$", "", folded[max(0, number.start - 70) : number.start])
        ):
            continue
        after = folded[number.end : number.end + 40]
        if re.match(rf"\s{{0,2}}{must_not_follow}", after):
            continue
        if name == "budget" or ends_here(after, lexicon):
            return number
    return None


def _is_a_price(folded: str, number: Amount, lexicon: Lexicon) -> bool:
    before = _BREAK.split(folded[max(0, number.start - 80) : number.start])[-1]
    after = _BREAK.split(folded[number.end : number.end + 60])[0]
    return re.search(pattern_of(lexicon.prices), f"{before} # {after}") is not None


def _numbers(folded: str, lexicon: Lexicon | None) -> Iterator[tuple[Amount, bool]]:
    words = {plain(word): value for word, value in lexicon.number_words.items()} if lexicon else {}
    thousands = pattern_of(lexicon.thousands if lexicon else ())
    of_words = pattern_of(tuple(words)) if words else pattern_of(())
    some = re.compile(
        rf"(?<![\w.,])(?:(?P<digits>{_DIGITS})(?P<k>\s?(?:[kк](?!\w)|{thousands}))?(?![\w]|\s?[%°])"
        rf"|(?P<words>{of_words}(?:[\s-]{of_words}){{0,{MOST_WORDS_OF_A_NUMBER - 1}}})(?P<wk>\s{thousands})?"
        rf"|(?P<one>{thousands}))"
    )
    for match in some.finditer(folded):
        if match["digits"] and _is_of_a_range(folded, match):
            continue
        value = _value(match, words)
        if value is not None:
            yield Amount(value, match.start(), match.end()), match["digits"] is None


def _is_of_a_range(folded: str, match: re.Match[str]) -> bool:
    before, after = folded[max(0, match.start() - 3) : match.start()], folded[match.end() : match.end() + 4]
    return bool(_BEFORE_A_RANGE.search(before) or _AFTER_A_RANGE.match(after))


def _value(match: re.Match[str], words: dict[str, int]) -> int | None:
    if match["one"]:
        return 1000
    if match["words"]:
        total = 0
        for word in re.split(r"[\s-]", match["words"]):
            value = words.get(word, 0)
            total = total * 100 if value == 100 and 0 < total < 10 else total + value
        return total * 1000 if match["wk"] else total
    digits = match["digits"]
    fraction = re.search(r"[.,](\d{1,2})$", digits)
    whole = int(re.sub(r"\D", "", digits[: fraction.start()] if fraction else digits))
    if not fraction:
        return whole * 1000 if match["k"] else whole
    part = round(float(f"0.{fraction.group(1)}") * 1000)
    if match["k"]:
        return whole * 1000 + part
    return None if part else whole
