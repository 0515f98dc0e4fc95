"""Whole conversations in five languages with everything that `make run` starts: what is said, what is kept, what is
nowhere. The scripts stand in tests/conversations; its README says how to read and write one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.e2e.chat_visitor import ChatVisitor
from tests.e2e.conversation_script import Script, Turn, read_scripts
from tests.e2e.kept_leads import KeptLeads, Ledger
from tests.e2e.spoken import Spoken
from tests.e2e.traces import traces_in
from tests.processes import WholeHouse, wait_until

pytestmark = pytest.mark.processes

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
LANGUAGES = ("en", "lv", "ru", "pl", "cs")
REFERENCE = re.compile(r"VB-[0-9A-Z]{4}-[0-9A-Z]{4}")
# Shorter lines ("yes", "12") may stand in a notice or a log by themselves.
LONG_ENOUGH_TO_LOOK_FOR = 12
# What a visitor may do; each is played in at least two languages, the first four in every one.
IN_EVERY_LANGUAGE = ("demo_by_words", "demo_by_buttons", "refusal", "unclear_twice")
FEATURES = (
    *IN_EVERY_LANGUAGE,
    "asks_bot",
    "asks_human",
    "asks_product",
    "asks_retention",
    "asks_use",
    "asks_why",
    "broken_contact",
    "cancel",
    "card_number",
    "complaint",
    "contact_declined",
    "correction",
    "download",
    "feedback_high",
    "feedback_low",
    "language_change",
    "long_message",
    "loyalty",
    "newsletter_pending",
    "nonsense",
    "optional_declined",
    "quote",
    "reuse",
    "rights_inside",
    "rights_outside",
    "second_request",
    "topic_change",
    "withdrawal_after_sending",
)
NEVER_BY_ITSELF = ("something_broke", "api_away", "api_away_kept", "sent_unknown")


@pytest.fixture(scope="module")
def store(house: WholeHouse) -> Iterator[KeptLeads]:
    kept = KeptLeads(house)
    yield kept
    kept.close()


class TestTheScripts:
    """What they cover together."""

    def test_each_thing_a_visitor_may_do_is_played_in_two_languages_or_more(self) -> None:
        played: dict[str, set[str]] = {feature: set() for feature in FEATURES}
        for script in read_scripts():
            for feature in script.covers:
                played[feature].add(script.language)
        assert [feature for feature, languages in played.items() if len(languages) < 2] == []

    @pytest.mark.parametrize("feature", IN_EVERY_LANGUAGE)
    def test_the_main_ways_are_played_in_every_language(self, feature: str) -> None:
        assert {script.language for script in read_scripts() if feature in script.covers} == set(LANGUAGES)

    def test_there_are_twelve_for_each_language(self) -> None:
        counts = Counter(script.language for script in read_scripts())
        assert counts == dict.fromkeys(LANGUAGES, 12)

    def test_no_two_have_the_same_title_in_one_language(self) -> None:
        titles = [(script.language, script.title) for script in read_scripts()]
        assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("script", [pytest.param(one, id=f"{one.language}: {one.title}") for one in read_scripts()])
def test_conversation(script: Script, house: WholeHouse, store: KeptLeads) -> None:
    visitor = ChatVisitor(house.url("public"), script.language)
    spoken = Spoken(house.url("public"), script.language)
    before = store.ledger()
    try:
        for number, turn in enumerate(script.turns):
            take_turn(visitor, spoken, turn, number)
        check_what_is_kept(script, store, before, visitor)
        check_mails(script, house)
        visitor.closes()
        assert not (found := no_traces(script, house)), f"what the visitor typed has left traces: {found}"
    except AssertionError as wrong:
        transcript = "\n".join(visitor.transcript)
        pytest.fail(f"{script.file.parent.name}/{script.file.name}: {wrong}\n\n{transcript}", pytrace=False)


def take_turn(visitor: ChatVisitor, spoken: Spoken, turn: Turn, number: int) -> None:
    """Act as the script says and compare what the bot answers."""
    if turn.visitor is not None:
        visitor.types(turn.visitor)
    elif turn.presses is not None:
        visitor.presses(spoken.title_of(turn.presses, [title for _, title in visitor.offered]))
    else:
        visitor.opens()
    spoken.language = turn.now_in or spoken.language
    if visitor.problem:
        assert f"problem {visitor.problem}" in turn.bot, f"turn {number}: the door answered {visitor.problem}"
        return
    assert visitor.heard, f"turn {number}: the bot says nothing"
    spoken.follow(visitor.heard)
    missing = [what for what in turn.bot if not spoken.is_said(what, visitor.heard)]
    assert not missing, f"turn {number}: the bot does not say: {', '.join(missing)}"
    never = [*turn.bot_not, *(what for what in NEVER_BY_ITSELF if what not in turn.bot)]
    wrong = [what for what in never if spoken.is_said(what, visitor.heard)]
    assert not wrong, f"turn {number}: the bot says: {', '.join(wrong)}"
    check_nothing_is_echoed(visitor, number)


def check_nothing_is_echoed(visitor: ChatVisitor, number: int) -> None:
    """H-16: an address that was typed is shown masked, never whole."""
    typed = {address for line in visitor.transcript if line.startswith("visitor") for address in ADDRESS.findall(line)}
    echoed = [address for address in typed for message in visitor.heard if address in message.text]
    assert not echoed, f"turn {number}: the bot shows {echoed[0]} unmasked"


def check_what_is_kept(script: Script, store: KeptLeads, before: Ledger, visitor: ChatVisitor) -> None:
    """Compare what the conversation left in the store with the script, value by value."""
    after = store.ledger()
    references = after.references[len(before.references) :]
    kept = tuple(store.read(reference) for reference in references)
    assert kept == script.kept, f"the store holds {kept}, not {script.kept}"
    said = REFERENCE.findall("\n".join(line for line in visitor.transcript if not line.startswith("visitor")))
    assert sorted(set(said)) == sorted(references), f"the bot gave {said}, the store has {references}"
    counted = after.refusals - before.refusals
    assert counted == script.refusals, f"{counted} noes were counted, not {script.refusals}"


def check_mails(script: Script, house: WholeHouse) -> None:
    """Wait for the mails of the script; the worker sends them a moment later."""
    for address in script.mails:
        wait_until(lambda: address.encode() in mails_of(house))  # noqa: B023
    expected = {mail for one in read_scripts(script.file.parent.parent) for mail in one.mails}
    written = set(ADDRESS.findall(" ".join(re.findall(r"^To: (.*)$", mails_of(house).decode(), re.MULTILINE))))
    assert written <= expected, f"nobody asked for a mail to {written - expected}"


def mails_of(house: WholeHouse) -> bytes:
    """Return all mails that were written so far."""
    return b"\n".join(file.read_bytes() for file in (house.state / "mail").glob("*.eml"))


def no_traces(script: Script, house: WholeHouse) -> dict[str, list[str]]:
    """Look for every long line that was typed and every word the script names; the mails asked for may name their
    address."""
    typed = [turn.visitor for turn in script.turns if turn.visitor and len(turn.visitor) >= LONG_ENOUGH_TO_LOOK_FOR]
    found = traces_in(house, [*typed, *script.nowhere])
    not_mailed = {
        name: [mark for mark in there if not (name.startswith("mail/") and mark in script.mails)]
        for name, there in found.items()
    }
    return {name: there for name, there in not_mailed.items() if there}
