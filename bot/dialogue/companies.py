"""A company, in free text: found by its legal form ("SIA Koks"), by words that announce it, by quotes, or by standing
right behind a name.
"""

from __future__ import annotations

import re

from bot.dialogue.parts import (
    QUOTED,
    Part,
    announced,
    begins_here,
    is_given,
    is_known,
    is_stop,
    part_at,
    pattern_of_lead_ins,
    words_from,
)
from bot.dialogue.phrases import ends_here, pattern_of, plain
from bot.wording import Lexicon

MOST_COMPANY_WORDS = 5
MOST_WORDS_IN_LOWER_CASE = 2
_COMPANY_WORD = re.compile(r"(?:[\w&+'’]|[-.](?=\w)){1,40}")
_QUOTED_AT_THE_END = re.compile(r"[«„“”\"][^«»„“”\"\n]{1,60}[»”“\"],?\s{0,2}$")
_SIDE_BY_SIDE = re.compile(r"(?:(?:[\w&+'’]|[-.](?=\w)){1,40}\s){1,6}$")
_KIN = re.compile(
    r"(?:sons?|daughters?|partners?|co|company|deli|dels|partneri|synove|syn|synowie|corki|wspolnicy|сыновья|сын|дочери|партнеры|ко)(?!\w)"
)
_NAME_TAIL = r"(?:\s(?:here|speaking|seit|te|tutaj|tu|tady|zde|здесь|тут))?"
_JOINERS = ("and", "un", "и", "i", "a", "und", "&")
# "AS" and "ИП" are companies, "as" is a word: the short ones count in capitals only.
_FORM_BEFORE = re.compile(
    r"(?<![\w.])(?:(?i:sia|uab|ооо|оао|зао|пао|тоо|мчс)|ИП|АО|AS|A/S|IK|OÜ|OU|AB|ZS|(?i:z/s)|PSIA|ип(?=\s[А-ЯЁ«\"]))(?!\w)"
)
_FORM_BEHIND = re.compile(
    r"(?<![\w.])(?:(?i:ltd|limited|llc|inc|gmbh|plc|llp|uab|sia|corp|oyj?|srl|ооо|b\.v\.|s\.a\.|sp\.\s?[kj]\.|s\.\s?c\.|"
    r"sp\.?\s?z\s?\.?o\.?\s?o\.?|spółka z o\.?\s?o\.?|spol\.?\s?s\s?r\.?\s?o\.?|s\.\s?r\.\s?o\.?|sro|"
    r"a\.\s?s\.|v\.o\.s\.|k\.s\.)|SA|AS|AG|OÜ|OU|AB|BV|IK|АО)(?!\w)\.?"
)


def find_company(text: str, lexicon: Lexicon) -> Part | None:
    """Find the name of a company: one with a legal form, else an announced one, else a quoted one."""
    return (
        _with_a_form(text, lexicon)
        or announced(text, "company", lexicon, _company_at)
        or _in_quotes(text, lexicon)
        or _weakly_announced_company(text, lexicon)
    )


def find_company_after(text: str, name: Part, lexicon: Lexicon) -> Part | None:
    """Find a company in the part right behind a name: "Jan Kowalski, Zielony Dom, 12 osób"."""
    gap = re.match(rf"{_NAME_TAIL}\s?[,;/|(\n–—-][\s,;/|(–—-]{{0,80}}", plain(text[name.end :]))
    if not gap:
        return None
    start = name.end + gap.end()
    company = _company_at(text, start, lexicon, lower=0)
    if company is None or not re.match(r"\s{0,2}(?:$|[,;|/\n()–—-]|\.(?:\s|$))", text[company.end :]):
        return None
    return None if is_known(company.value, lexicon) else company


def _with_a_form(text: str, lexicon: Lexicon) -> Part | None:
    for match in _FORM_BEHIND.finditer(text):
        if company := _before_a_form(text, match, lexicon):
            return company
    for match in _FORM_BEFORE.finditer(text):
        behind = re.match(r"\s{0,2}", text[match.end() :])
        company = _company_at(text, match.end() + (behind.end() if behind else 0), lexicon, lower=2, is_named=True)
        if company and not re.match(r"\s?[,;:.]", text[match.end() :]):
            return part_at(text, match.start(), company.end)
    return None


def _before_a_form(text: str, form: re.Match[str], lexicon: Lexicon) -> Part | None:
    before = text[max(0, form.start() - 120) : form.start()]
    offset = form.start() - len(before)
    if quoted := _QUOTED_AT_THE_END.search(before):
        return part_at(text, offset + quoted.start(), form.end())
    words = _SIDE_BY_SIDE.search(before.rstrip(", ") + " ")
    start = _start_of_name(before, words.start(), lexicon) if words else None
    # The same form stands before its name too ("SIA Koks"); then the name is what follows it.
    stands_before = _FORM_BEFORE.match(form.group()) and _names_what_follows(text, form, lexicon)
    return None if start is None or stands_before else part_at(text, offset + start, form.end())


def _start_of_name(before: str, least: int, lexicon: Lexicon) -> int | None:
    """Go back word by word to where a name begins that ends with the text: words in capitals, else two others."""
    start = None
    capitals, taken = False, 0
    for match in reversed(list(_COMPANY_WORD.finditer(before, least))):
        word = match.group()
        is_name = word[0].isupper() or word[0].isdigit() or word == "&"
        if taken and plain(word) in _JOINERS and _joins(before[: match.start()], lexicon):
            continue
        is_a_known_word = is_stop(word, lexicon) and (taken > 0 or not word[0].isupper() or len(word) < 3)
        if taken >= MOST_COMPANY_WORDS - 1 or (is_a_known_word and word != "&"):
            break
        if not is_name and (capitals or taken >= MOST_WORDS_IN_LOWER_CASE):
            break
        capitals, taken, start = capitals or is_name, taken + 1, match.start()
    return start


def _joins(before: str, lexicon: Lexicon) -> bool:
    """Say whether the word before "and" belongs to the same name: "Koks un Akmens SIA", not "I'm Anna and Koks Ltd"."""
    words = _COMPANY_WORD.findall(before)
    return (
        bool(words) and words[-1][0].isupper() and not is_given(words[-1], lexicon) and not is_stop(words[-1], lexicon)
    )


def _names_what_follows(text: str, form: re.Match[str], lexicon: Lexicon) -> bool:
    after = re.match(r"\s{1,2}([\w«„“\"&-]{1,40})", text[form.end() :])
    return after is not None and not is_stop(after.group(1), lexicon)


def _in_quotes(text: str, lexicon: Lexicon) -> Part | None:
    """Find a quoted name behind a word for a company."""
    for quoted in QUOTED.finditer(text):
        before = plain(text[max(0, quoted.start() - 40) : quoted.start()])
        if re.search(
            rf"{pattern_of(lexicon.company_words)}\s?$|{pattern_of(lexicon.weak_lead_ins.get('company', ()))}\s?$",
            before,
        ):
            return part_at(text, quoted.start(), quoted.end())
    return None


def _weakly_announced_company(text: str, lexicon: Lexicon) -> Part | None:
    folded = plain(text)
    lead_ins = (*lexicon.weak_lead_ins.get("company", ()), *lexicon.company_words)
    for match in re.finditer(pattern_of_lead_ins(lead_ins) + r"(?:[\s:]{1,2}|\s[–—-]\s)", folded):
        start = match.end()
        if text[match.start()].isupper() and not begins_here(text[max(0, match.start() - 10) : match.start()]):
            continue  # "Dílna U Lípy": a part of the name
        kind = re.match(rf"{pattern_of(lexicon.company_words)}\s", folded[start : start + 40])
        if kind and not text[start].isupper():
            start += kind.end()
        company = _company_at(text, start, lexicon, lower=0)
        if company and not is_known(company.value, lexicon) and not is_given(company.value.split()[0], lexicon):
            return company
    return None


def _company_at(text: str, start: int, lexicon: Lexicon, *, lower: int = 3, is_named: bool = False) -> Part | None:
    """Take a company's name that begins here.

    :param lower: how many words in lower case it may have.
    :param is_named: that a legal form stands before it: "SIA Zaļais koks" may end in one word in lower case.
    """
    kind = re.match(rf"{pattern_of(lexicon.company_words)}\s?(?=[«„“\"])", plain(text[start : start + 40]))
    if quoted := QUOTED.match(text, start + (kind.end() if kind else 0)):
        return part_at(text, quoted.start(), quoted.end())
    end, taken, capitals = start, 0, False
    for match in words_from(text, start, _COMPANY_WORD):
        word, after = match.group(), text[match.end() :]
        is_name = word[0].isupper() or word[0].isdigit() or word == "&"
        if capitals and plain(word) in _JOINERS and _joined(after, lexicon):
            continue
        if taken >= MOST_COMPANY_WORDS or not _may_be_of_a_company(word, lexicon, begins=not taken, capitals=capitals):
            break
        if capitals and _KIN.match(plain(word)) and plain(text[end : match.start()]).strip() in _JOINERS:
            return part_at(text, start, match.end())
        if not is_name and (capitals or taken >= lower):
            if is_named and capitals and taken == 1 and ends_here(after, lexicon):
                end = match.end()
            break
        end, taken, capitals = match.end(), taken + 1, capitals or word[0].isupper()
    return part_at(text, start, end) if taken else None


def _joined(after: str, lexicon: Lexicon) -> bool:
    if _KIN.match(plain(after.lstrip(" "))):
        return True
    word = _COMPANY_WORD.match(after.lstrip(" "))
    return (
        word is not None
        and word.group()[0].isupper()
        and not any(known(word.group(), lexicon) for known in (is_given, is_stop))
    )


def _may_be_of_a_company(word: str, lexicon: Lexicon, *, begins: bool, capitals: bool) -> bool:
    if begins:
        return word == "The" or not (word[0].isdigit() or is_stop(word, lexicon))
    return not is_stop(word, lexicon) or word == "&" or (capitals and word[0].isupper() and word != "I")
