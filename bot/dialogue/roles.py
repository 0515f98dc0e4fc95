"""A role, in free text: what somebody says they are, in a role's own words or behind words that announce one."""

from __future__ import annotations

import re

from bot.dialogue.parts import (
    LONGEST,
    WORD,
    Part,
    announced,
    begins_here,
    ends_a_name,
    is_given,
    is_stop,
    part_at,
    words_from,
)
from bot.dialogue.phrases import pattern_of, plain
from bot.wording import Lexicon

MOST_ROLE_WORDS = 4


def find_role(text: str, lexicon: Lexicon) -> Part | None:
    """Find what someone says they are: a role after "I'm the", or in a part of the text of its own."""
    if named := announced(text, "role", lexicon, _role_at):
        return named
    folded = plain(text)
    weak = re.compile(rf"(?:{pattern_of(lexicon.weak_lead_ins.get('role', ()))})\s{{1,2}}$")
    for match in re.finditer(_role(lexicon), folded):
        before = folded[max(0, match.start() - 100) : match.start()]
        after = text[match.end() : match.end() + LONGEST]
        if weak.search(before) or (
            (begins_here(before) or _follows_a_name(text[: match.start()], lexicon)) and _ends_a_role(after, lexicon)
        ):
            return Part(text[match.start() : match.end()], match.start(), match.end())
    return None


def _role_at(text: str, start: int, lexicon: Lexicon) -> Part | None:
    if role := re.match(_role(lexicon), plain(text[start : start + LONGEST])):
        return part_at(text, start, start + role.end())
    end, taken = start, 0
    for match in words_from(text, start, WORD):
        if taken >= MOST_ROLE_WORDS or is_stop(match.group(), lexicon, but_roles=True):
            break
        end, taken = match.end(), taken + 1
    return part_at(text, start, end) if taken else None


def _role(lexicon: Lexicon) -> str:
    modifiers = pattern_of(lexicon.role_modifiers)
    return rf"(?:{modifiers}[\s-]){{0,3}}{pattern_of(lexicon.roles)}(?:\s{pattern_of(lexicon.role_tails)}){{0,2}}"


def _follows_a_name(before: str, lexicon: Lexicon) -> bool:
    words = WORD.findall(before[-60:])[-2:]
    return before.endswith(" ") and any(is_given(word, lexicon) and word[0].isupper() for word in words)


def _ends_a_role(after: str, lexicon: Lexicon) -> bool:
    named = WORD.match(after.lstrip(" "))
    return ends_a_name(after, lexicon) or (
        named is not None and named.group()[0].isupper() and is_given(named.group(), lexicon)
    )
