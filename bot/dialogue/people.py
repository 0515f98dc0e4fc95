"""Who writes, in free text: a name, a company, a role.

Each is found by what stands around it: words that announce it ("my name is"), a company's legal form, a role's own
word in the place of one, a given name at the start of a part of the text. What another detail has already been found
in is hidden before, as a boundary that no value crosses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.dialogue.phrases import ends_here, pattern_of, plain
from bot.wording import Lexicon

LONGEST = 80
MOST_NAME_WORDS = 3
MOST_COMPANY_WORDS = 5
MOST_ROLE_WORDS = 4
MOST_WORDS_IN_LOWER_CASE = 2
_WORD = re.compile(r"[^\W\d_](?:[\w'’]|-(?=\w)){0,40}")
_COMPANY_WORD = re.compile(r"(?:[\w&+'’]|[-.](?=\w)){1,40}")
_QUOTED = re.compile(r"[«„“”\"‟]\s?([^«»„“”\"\n]{1,60})[»”“\"‟]")
_QUOTED_AT_THE_END = re.compile(r"[«„“”\"][^«»„“”\"\n]{1,60}[»”“\"],?\s{0,2}$")
_SIDE_BY_SIDE = re.compile(r"(?:(?:[\w&+'’]|[-.](?=\w)){1,40}\s){1,6}$")
_SIGNS = r"[\s:,–—-]{0,3}"
_BOUNDARY = re.compile(r"[,;:!?\n()|/•]|\.(?:\s|$)|\s[-–—]\s")
_PARTICLES = ("van", "von", "de", "der", "da", "di", "le", "la", "del")
_TITLE = re.compile(r"(?i:mr|mrs|ms|miss|dr|prof|ing|mgr|bc|pan|pani|paní|kungs|kundze|господин|госпожа)\.?\s(?=\w)")
_AROUND = " \t-–—*~•"
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


@dataclass(frozen=True)
class Part:
    """A value and the part of the text it stands in."""

    value: str
    start: int
    end: int


def find_company(text: str, lexicon: Lexicon) -> Part | None:
    """Find the name of a company: one with a legal form, else an announced one, else a quoted one."""
    return (
        _with_a_form(text, lexicon)
        or _announced(text, "company", lexicon, _company_at)
        or _in_quotes(text, lexicon)
        or _weakly_announced_company(text, lexicon)
    )


def find_role(text: str, lexicon: Lexicon) -> Part | None:
    """Find what someone says they are: a role after "I'm the", or in a part of the text of its own."""
    if announced := _announced(text, "role", lexicon, _role_at):
        return announced
    folded = plain(text)
    weak = re.compile(rf"(?:{pattern_of(lexicon.weak_lead_ins.get('role', ()))})\s{{1,2}}$")
    for match in re.finditer(_role(lexicon), folded):
        before = folded[max(0, match.start() - 100) : match.start()]
        after = text[match.end() : match.end() + LONGEST]
        if weak.search(before) or (
            (_begins_here(before) or _follows_a_name(text[: match.start()], lexicon)) and _ends_a_role(after, lexicon)
        ):
            return Part(text[match.start() : match.end()], match.start(), match.end())
    return None


def find_name(text: str, lexicon: Lexicon, *, among_details: bool = False) -> Part | None:
    """Find a person's name.

    :param among_details: that the text gives other details too, so that a part of it in capitals may be a name.
    """
    return (
        _announced(text, "name", lexicon, _name_at)
        or _weakly_announced_name(text, lexicon)
        or _standing_alone(text, lexicon, among_details=among_details)
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
    return None if _is_known(company.value, lexicon) else company


def _with_a_form(text: str, lexicon: Lexicon) -> Part | None:
    for match in _FORM_BEHIND.finditer(text):
        if company := _before_a_form(text, match, lexicon):
            return company
    for match in _FORM_BEFORE.finditer(text):
        behind = re.match(r"\s{0,2}", text[match.end() :])
        company = _company_at(text, match.end() + (behind.end() if behind else 0), lexicon, lower=2, is_named=True)
        if company and not re.match(r"\s?[,;:.]", text[match.end() :]):
            return _part(text, match.start(), company.end)
    return None


def _before_a_form(text: str, form: re.Match[str], lexicon: Lexicon) -> Part | None:
    before = text[max(0, form.start() - 120) : form.start()]
    offset = form.start() - len(before)
    if quoted := _QUOTED_AT_THE_END.search(before):
        return _part(text, offset + quoted.start(), form.end())
    words = _SIDE_BY_SIDE.search(before.rstrip(", ") + " ")
    start = _start_of_name(before, words.start(), lexicon) if words else None
    # The same form stands before its name too ("SIA Koks"); then the name is what follows it.
    stands_before = _FORM_BEFORE.match(form.group()) and _names_what_follows(text, form, lexicon)
    return None if start is None or stands_before else _part(text, offset + start, form.end())


def _start_of_name(before: str, least: int, lexicon: Lexicon) -> int | None:
    """Go back word by word to where a name begins that ends with the text: words in capitals, else two others."""
    start = None
    capitals, taken = False, 0
    for match in reversed(list(_COMPANY_WORD.finditer(before, least))):
        word = match.group()
        is_name = word[0].isupper() or word[0].isdigit() or word == "&"
        if taken and plain(word) in _JOINERS and _joins(before[: match.start()], lexicon):
            continue
        is_a_known_word = _is_stop(word, lexicon) and (taken > 0 or not word[0].isupper() or len(word) < 3)
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
        bool(words)
        and words[-1][0].isupper()
        and not _is_given(words[-1], lexicon)
        and not _is_stop(words[-1], lexicon)
    )


def _joined(after: str, lexicon: Lexicon) -> bool:
    if _KIN.match(plain(after.lstrip(" "))):
        return True
    word = _COMPANY_WORD.match(after.lstrip(" "))
    return (
        word is not None
        and word.group()[0].isupper()
        and not any(known(word.group(), lexicon) for known in (_is_given, _is_stop))
    )


def _names_what_follows(text: str, form: re.Match[str], lexicon: Lexicon) -> bool:
    after = re.match(r"\s{1,2}([\w«„“\"&-]{1,40})", text[form.end() :])
    return after is not None and not _is_stop(after.group(1), lexicon)


def _announced(
    text: str, name: str, lexicon: Lexicon, value_at: Callable[[str, int, Lexicon], Part | None]
) -> Part | None:
    folded = plain(text)
    for match in re.finditer(rf"(?:{_lead_ins(lexicon.lead_ins.get(name, ()))}){_SIGNS}", folded):
        if value := value_at(text, match.end(), lexicon):
            return value
    return None


def _weakly_announced_company(text: str, lexicon: Lexicon) -> Part | None:
    folded = plain(text)
    lead_ins = (*lexicon.weak_lead_ins.get("company", ()), *lexicon.company_words)
    for match in re.finditer(_lead_ins(lead_ins) + r"(?:[\s:]{1,2}|\s[–—-]\s)", folded):
        start = match.end()
        if text[match.start()].isupper() and not _begins_here(text[max(0, match.start() - 10) : match.start()]):
            continue  # "Dílna U Lípy": a part of the name
        kind = re.match(rf"{pattern_of(lexicon.company_words)}\s", folded[start : start + 40])
        if kind and not text[start].isupper():
            start += kind.end()
        company = _company_at(text, start, lexicon, lower=0)
        if company and not _is_known(company.value, lexicon) and not _is_given(company.value.split()[0], lexicon):
            return company
    return None


def _in_quotes(text: str, lexicon: Lexicon) -> Part | None:
    """Find a quoted name behind a word for a company."""
    for quoted in _QUOTED.finditer(text):
        before = plain(text[max(0, quoted.start() - 40) : quoted.start()])
        if re.search(
            rf"{pattern_of(lexicon.company_words)}\s?$|{pattern_of(lexicon.weak_lead_ins.get('company', ()))}\s?$",
            before,
        ):
            return _part(text, quoted.start(), quoted.end())
    return None


def _company_at(text: str, start: int, lexicon: Lexicon, *, lower: int = 3, is_named: bool = False) -> Part | None:
    """Take a company's name that begins here.

    :param lower: how many words in lower case it may have.
    :param is_named: that a legal form stands before it: "SIA Zaļais koks" may end in one word in lower case.
    """
    kind = re.match(rf"{pattern_of(lexicon.company_words)}\s?(?=[«„“\"])", plain(text[start : start + 40]))
    if quoted := _QUOTED.match(text, start + (kind.end() if kind else 0)):
        return _part(text, quoted.start(), quoted.end())
    end, taken, capitals = start, 0, False
    for match in _words_from(text, start, _COMPANY_WORD):
        word, after = match.group(), text[match.end() :]
        is_name = word[0].isupper() or word[0].isdigit() or word == "&"
        if capitals and plain(word) in _JOINERS and _joined(after, lexicon):
            continue
        if taken >= MOST_COMPANY_WORDS or not _may_be_of_a_company(word, lexicon, begins=not taken, capitals=capitals):
            break
        if capitals and _KIN.match(plain(word)) and plain(text[end : match.start()]).strip() in _JOINERS:
            return _part(text, start, match.end())
        if not is_name and (capitals or taken >= lower):
            if is_named and capitals and taken == 1 and ends_here(after, lexicon):
                end = match.end()
            break
        end, taken, capitals = match.end(), taken + 1, capitals or word[0].isupper()
    return _part(text, start, end) if taken else None


def _may_be_of_a_company(word: str, lexicon: Lexicon, *, begins: bool, capitals: bool) -> bool:
    if begins:
        return word == "The" or not (word[0].isdigit() or _is_stop(word, lexicon))
    return not _is_stop(word, lexicon) or word == "&" or (capitals and word[0].isupper() and word != "I")


def _name_at(text: str, start: int, lexicon: Lexicon, *, lower: int = 2) -> Part | None:
    if title := _TITLE.match(text, start):
        start = title.end()
    end, taken, capitals = start, 0, False
    for match in _words_from(text, start, _WORD):
        word = match.group()
        is_capital = word[0].isupper()
        begins_a_name = not taken and _is_surely_given(word, lexicon)
        if taken >= MOST_NAME_WORDS or (
            not begins_a_name and _is_stop(word, lexicon) and not (is_capital and taken and len(word) > 2)
        ):
            break
        if not is_capital and capitals and plain(word) not in _PARTICLES:
            break
        if not is_capital and taken >= lower and plain(word) not in _PARTICLES:
            break
        capitals = capitals or is_capital
        end, taken = match.end(), taken + (plain(word) not in _PARTICLES)
    return _part(text, start, end) if taken else None


def _weakly_announced_name(text: str, lexicon: Lexicon) -> Part | None:
    folded = plain(text)
    for match in re.finditer(_lead_ins(lexicon.weak_lead_ins.get("name", ())) + r"[\s,:–—!.-]{1,3}", folded):
        name = _name_at(text, match.end(), lexicon)
        if name is None:
            continue
        words = name.value.split()
        if _is_known(name.value, lexicon) and not _is_surely_given(words[0], lexicon):
            continue
        capitals = all(word[0].isupper() or plain(word) in _PARTICLES for word in words)
        if (
            _is_given(words[0], lexicon)
            or (capitals and not name.value.isupper())
            or (len(words) > 1 and _is_given(words[-1], lexicon))
        ):
            return name
    return None


def _standing_alone(text: str, lexicon: Lexicon, *, among_details: bool) -> Part | None:
    """Find a part of the text that is a name: one with a given name, else one of the first two all in capitals."""
    in_capitals = None
    greeting = re.compile(rf"(?:{pattern_of(lexicon.greetings)})[\s!]{{0,2}}")
    for number, (start, end) in enumerate(_parts(text)):
        greeted = greeting.match(plain(text[start:end]))
        name = _name_at(text, start + (greeted.end() if greeted else 0), lexicon)
        if name is None or _is_known(name.value, lexicon) or not _ends_a_name(text[name.end :], lexicon):
            continue
        words = name.value.split()
        if greeted and greeted.end() < end - start and text[end : end + 1] == "," and len(words) == 1:
            continue  # "Hi Anna, I need …": the visitor speaks to Anna
        whole = name.end >= len(text[:end].rstrip())
        capitals = all(word[0].isupper() for word in words)
        plainly = whole or capitals or (number == 0 and len(words) > 1)
        is_given = _is_given(words[0], lexicon) or _is_given(words[-1], lexicon)
        if is_given and plainly and (len(words) > 1 or among_details or greeted):
            return name
        if among_details and number <= 1 and whole and capitals and len(words) > 1 and not name.value.isupper():
            in_capitals = in_capitals or name
    return in_capitals


def _ends_a_role(after: str, lexicon: Lexicon) -> bool:
    named = _WORD.match(after.lstrip(" "))
    return _ends_a_name(after, lexicon) or (
        named is not None and named.group()[0].isupper() and _is_given(named.group(), lexicon)
    )


def _ends_a_name(after: str, lexicon: Lexicon) -> bool:
    return (
        ends_here(after, lexicon)
        or re.match(rf"\s{{1,2}}{pattern_of(lexicon.company_words)}", plain(after[:40])) is not None
    )


def _role_at(text: str, start: int, lexicon: Lexicon) -> Part | None:
    if role := re.match(_role(lexicon), plain(text[start : start + LONGEST])):
        return _part(text, start, start + role.end())
    end, taken = start, 0
    for match in _words_from(text, start, _WORD):
        if taken >= MOST_ROLE_WORDS or _is_stop(match.group(), lexicon, but_roles=True):
            break
        end, taken = match.end(), taken + 1
    return _part(text, start, end) if taken else None


def _role(lexicon: Lexicon) -> str:
    modifiers = pattern_of(lexicon.role_modifiers)
    return rf"(?:{modifiers}[\s-]){{0,3}}{pattern_of(lexicon.roles)}(?:\s{pattern_of(lexicon.role_tails)}){{0,2}}"


def _follows_a_name(before: str, lexicon: Lexicon) -> bool:
    words = _WORD.findall(before[-60:])[-2:]
    return before.endswith(" ") and any(_is_given(word, lexicon) and word[0].isupper() for word in words)


def _begins_here(before: str) -> bool:
    return re.search(r"(?:^|[^\w\s'’]|\n)\s{0,80}(?:(?:the|a|an)\s)?$", before) is not None


def _parts(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BOUNDARY.finditer(text):
        if text[start : match.start()].strip(_AROUND):
            yield start + len(text[start:]) - len(text[start:].lstrip(_AROUND)), match.start()
        start = match.end()
    if text[start:].strip(_AROUND):
        yield start + len(text[start:]) - len(text[start:].lstrip(_AROUND)), len(text)


def _words_from(text: str, start: int, word: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the words from a place on, as long as nothing but one blank stands between them."""
    at = start
    while match := word.match(text, at):
        yield match
        if text[match.end() : match.end() + 1] not in (" ", "\u00a0"):
            return
        at = match.end() + 1


def _lead_ins(phrases: tuple[str, ...]) -> str:
    # "company:" ends in a sign, so no word boundary may be asked for behind it.
    signs = tuple(phrase for phrase in phrases if not phrase[-1].isalnum() and not phrase.endswith("*"))
    words = tuple(phrase for phrase in phrases if phrase not in signs)
    with_signs = "|".join(
        rf"(?<!\w){re.escape(plain(phrase[:-1]).strip())}\s?{re.escape(phrase[-1])}" for phrase in signs
    )
    return rf"(?:{'|'.join(filter(None, (pattern_of(words), with_signs)))})"


def _is_stop(word: str, lexicon: Lexicon, *, but_roles: bool = False) -> bool:
    folded = plain(word)
    known = (
        (lexicon.value_ends, lexicon.greetings) if but_roles else (lexicon.value_ends, lexicon.greetings, lexicon.roles)
    )
    return any(re.fullmatch(pattern_of(phrases), folded) for phrases in known)


def _is_known(value: str, lexicon: Lexicon) -> bool:
    """Say whether a value is a word for something else: a place, a role, a kind of company, a greeting."""
    first = plain(value)
    others = (lexicon.places, lexicon.greetings, lexicon.roles, lexicon.value_ends)
    return any(re.match(pattern_of(phrases), first) for phrases in others) or any(
        re.fullmatch(pattern_of(phrases), first) for phrases in (lexicon.company_words, lexicon.role_modifiers)
    )


def _is_surely_given(word: str, lexicon: Lexicon) -> bool:
    """Say whether a word is a given name here: in capitals whatever else it may mean ("Max"), in lower case unless it
    is itself a word for something else ("will"; "marcin" only begins like March)."""
    if not _is_given(word, lexicon):
        return False
    listed = (lexicon.value_ends, lexicon.greetings, lexicon.roles, lexicon.places)
    return word[0].isupper() or all(plain(word) not in map(plain, phrases) for phrases in listed)


def _is_given(word: str, lexicon: Lexicon) -> bool:
    return re.fullmatch(pattern_of(lexicon.given_names), plain(word)) is not None


def _part(text: str, start: int, end: int) -> Part | None:
    value = _without_signs(text[start:end])
    return Part(value, start, end) if value else None


def _without_signs(value: str) -> str | None:
    value = value.strip(" ,;:!'")
    # "SIA „Koks”" keeps its quotes, „Koks” alone does not need them
    if match := _QUOTED.fullmatch(value):
        value = match.group(1).strip()
    return value if value and len(value) <= LONGEST and "@" not in value else None
