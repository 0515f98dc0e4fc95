"""H-02, H-14: thirty dialogues in five languages with marked values, the bot logging all it can; then a search of every
table, file, log, mail, environment and dump route for the marks."""

from __future__ import annotations

import base64
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest

from intake_api.web.public.chat_tokens import ChatTokens
from tests.e2e.chat_visitor import ChatVisitor
from tests.e2e.kept_leads import KeptLeads
from tests.e2e.spoken import Spoken
from tests.e2e.traces import marks_in, traces_in, traces_in_folder
from tests.intake_api.conftest import ROOT
from tests.intake_api.postgres import PostgresServer, running_postgres
from tests.processes import WholeHouse, whole_house

pytestmark = pytest.mark.processes

LANGUAGES = ("en", "lv", "ru", "pl", "cs")
ENDS = ("before the notice", "no", "after the yes", "cancelled", "sent", "sent and forgotten")
SENT = ("sent", "sent and forgotten")
# What somebody types who has read nothing yet, and what opens the demo's notice if that did not.
FIRST = {
    "en": ("are you open on sundays? i am {name}, {email}", "{name} here, {email}, {phone}. {text}", "i want a demo"),
    "lv": ("vai svētdienās strādājat? esmu {name}, {email}", "te {name}, {email}, {phone}. {text}", "gribu demo"),
    "ru": ("вы работаете в воскресенье? я {name}, {email}", "это {name}, {email}, {phone}. {text}", "хочу демо"),
    "pl": ("czy w niedziele pracujecie? jestem {name}, {email}", "tu {name}, {email}, {phone}. {text}", "chcę demo"),
    "cs": ("máte v neděli otevřeno? jsem {name}, {email}", "tady {name}, {email}, {phone}. {text}", "chci demo"),
}
MOST_TURNS = 20
LOUD = Path(__file__).parent / "loud"
ROUTES = {
    "rasa": (
        "/conversations/{id}/tracker",
        "/conversations/{id}/story",
        "/conversations",
        "/status",
        "/metrics",
        "/domain",
        "/webhooks/vestibule/",
        "/webhooks/vestibule/conversations/{id}",
    ),
    "actions": ("/conversations/{id}/tracker", "/actions", "/metrics", "/health", "/webhook"),
    "public": ("/metrics", "/healthz", "/readyz", "/v1/chat/conversations/current"),
    "internal": ("/metrics", "/healthz", "/readyz"),
    "review": ("/metrics", "/healthz", "/readyz"),
}


@dataclass(frozen=True)
class Marked:
    """One dialogue's visitor: values that nobody else has, all found by `marks`."""

    language: str
    end: str

    @property
    def mark(self) -> str:
        """Return nine letters that stand in every value but the number."""
        number = LANGUAGES.index(self.language) * len(ENDS) + ENDS.index(self.end)
        return f"zqvkuru{chr(97 + number // 26)}{chr(97 + number % 26)}"

    @property
    def values(self) -> dict[str, str]:
        """Return what the visitor gives, by field."""
        number = LANGUAGES.index(self.language) * len(ENDS) + ENDS.index(self.end)
        return {
            "name": f"{self.mark.capitalize()} Kanary",
            "email": f"{self.mark}@canary.example",
            "phone": f"+371 20 713 {number + 100}",
            "message": f"{self.mark} about the roof",
        }

    @property
    def marks(self) -> list[str]:
        """Return what to search for."""
        return [self.mark, self.values["phone"]]


VISITORS = [Marked(language, end) for language in LANGUAGES for end in ENDS]
EVERY_MARK = [mark for visitor in VISITORS for mark in visitor.marks]


@dataclass
class Talked:
    """A house in which all have talked, and the conversations' ids, as only its gateway knows them."""

    house: WholeHouse
    conversations: list[str]


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talked]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LOG_LEVEL", "LOG_LEVEL_LIBRARIES", "LOG_LEVEL_RASA", "VESTIBULE_LOG_LEVEL"):
            patch.setenv(name, "DEBUG")
        patch.setenv("PYTHONPATH", os.pathsep.join((str(LOUD), str(ROOT))))
        with whole_house(tmp_path_factory.mktemp("house")) as house:
            yield Talked(house, [lead(house, visitor) for visitor in VISITORS])


class TestThirtyDialogues:
    def test_h02_h14_leave_no_trace_in_a_file_a_table_a_mail_or_a_log(self, talked: Talked) -> None:
        assert traces_in(talked.house, EVERY_MARK) == {}

    def test_it_did_log_at_debug(self, talked: Talked) -> None:
        logged = talked.house.process.log.read_text()
        assert re.search(r"^rasa +\| .* DEBUG rasa\.core\.policies\.rule_policy at ", logged, re.MULTILINE)
        assert re.search(r"^actions +\| .* DEBUG rasa_sdk\.", logged, re.MULTILINE)

    def test_h04_what_was_sent_is_kept_sealed_and_nothing_else_is_kept(self, talked: Talked) -> None:
        store = KeptLeads(talked.house)
        kept = [store.read(reference) for reference in store.ledger().references]
        refusals = store.ledger().refusals
        store.close()
        assert [(one.language, one.fields["email"]) for one in kept] == [
            (one.language, one.values["email"]) for one in VISITORS if one.end in SENT
        ]
        # A refusal, and a cancelled form whose notice was agreed to is none: that is counted by nobody.
        assert refusals == len([one for one in VISITORS if one.end == "no"])

    def test_h14_h11_no_dump_route_tells_a_word(self, talked: Talked) -> None:
        told = {
            f"{door}{path}": found
            for door, paths in ROUTES.items()
            for path in paths
            for one in talked.conversations
            if (found := marks_in(answer_of(talked.house.url(door) + path.format(id=one)), EVERY_MARK))
        }
        assert told == {}

    def test_no_process_has_a_word_in_its_arguments_or_its_environment(self, talked: Talked) -> None:
        supervisor = psutil.Process(talked.house.process.pid)
        family = [supervisor, *supervisor.children(recursive=True)]
        assert len(family) >= 6
        shown = {one.pid: json.dumps([one.cmdline(), one.environ()]).encode() for one in family}
        assert {pid: found for pid, text in shown.items() if (found := marks_in(text, EVERY_MARK))} == {}

    def test_h17_a_no_leaves_nothing_to_offer_later(self, talked: Talked) -> None:
        for visitor in (Marked(language, "no") for language in LANGUAGES):
            chat, spoken = opened(talked.house, visitor)
            begin(chat, spoken, visitor)
            press(chat, spoken, "no")
            chat.types(FIRST[visitor.language][2])
            press(chat, spoken, "show_notice")
            press(chat, spoken, "yes")
            assert not spoken.is_said("reuse_question", chat.heard), chat.transcript
            chat.closes()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.mark.postgres
class TestOnPostgreSQL:
    def test_h02_six_dialogues_leave_no_trace_in_its_files_or_its_tables(
        self, postgres: PostgresServer, tmp_path: Path
    ) -> None:
        visitors = [Marked("pl", end) for end in ENDS]
        marks = [mark for visitor in visitors for mark in visitor.marks]
        with postgres.fresh_database() as url:
            with whole_house(tmp_path / "house", DATABASE_URL=url) as house:
                for visitor in visitors:
                    lead(house, visitor)
                assert traces_in_folder(house.state, marks) == {}
                assert marks_in(house.process.log.read_bytes(), marks) == []
            dump = dump_of(url)
            assert b"request_demo" in dump
            assert marks_in(dump, marks) == []
            assert traces_in_folder(postgres.data, marks) == {}


def lead(house: WholeHouse, visitor: Marked) -> str:
    """Lead one dialogue to its end and return the conversation's id."""
    chat, spoken = opened(house, visitor)
    conversation = conversation_of(house, chat)
    if visitor.end == "before the notice":
        chat.types(FIRST[visitor.language][0].format(**visitor.values))
        return conversation
    begin(chat, spoken, visitor)
    if visitor.end == "no":
        press(chat, spoken, "no")
        return conversation
    press(chat, spoken, "yes")
    fill_in(chat, spoken, visitor, until="reuse_question" if visitor.end == "after the yes" else "summary_question")
    if visitor.end == "cancelled":
        press(chat, spoken, "cancel")
        assert spoken.is_said("cancelled", chat.heard), chat.transcript
    if visitor.end in SENT:
        press(chat, spoken, "send")
        assert spoken.is_said("sent", chat.heard), chat.transcript
    if visitor.end == "sent and forgotten":
        chat.closes()
    return conversation


def opened(house: WholeHouse, visitor: Marked) -> tuple[ChatVisitor, Spoken]:
    """Open the chat."""
    chat = ChatVisitor(house.url("public"), visitor.language)
    chat.opens()
    return chat, Spoken(house.url("public"), visitor.language)


def begin(chat: ChatVisitor, spoken: Spoken, visitor: Marked) -> None:
    """Type everything before anything was agreed to, until the notice of the demo stands there."""
    _, details, wish = FIRST[visitor.language]
    text = visitor.values["message"]
    chat.types(f"{wish}. {details.format(text=text, **visitor.values)}")
    if not spoken.is_said("notice request_demo", chat.heard):
        chat.types(wish)
    spoken.follow(chat.heard)
    assert spoken.is_said("notice request_demo", chat.heard), chat.transcript


def fill_in(chat: ChatVisitor, spoken: Spoken, visitor: Marked, *, until: str) -> None:
    """Answer what is asked, with a yes to reusing what was typed and a no to each offer, until something is said."""
    for _ in range(MOST_TURNS):
        if spoken.is_said(until, chat.heard):
            return
        asked = next((name for name in visitor.values if spoken.is_said(f"asks {name}", chat.heard)), None)
        if spoken.is_said("reuse_question", chat.heard):
            press(chat, spoken, "yes")
        elif asked:
            chat.types(visitor.values[asked])
        else:
            press(chat, spoken, "skip" if spoken.is_said("button skip", chat.heard) else "no")
    raise AssertionError(f"It was not said: {until}\n" + "\n".join(chat.transcript))


def press(chat: ChatVisitor, spoken: Spoken, meaning: str) -> None:
    """Press a button by its meaning."""
    chat.presses(spoken.title_of(meaning, [title for _, title in chat.offered]))


def conversation_of(house: WholeHouse, chat: ChatVisitor) -> str:
    """Open the conversation's sealed token with the house's own key."""
    tokens = ChatTokens(base64.b64decode(house.secret("token_key")))
    return tokens.open_conversation(chat.token, now=datetime.now(UTC)).id


def answer_of(url: str) -> bytes:
    """Return what an address answers with, an error too; nothing when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return bytes(error.read())


def dump_of(url: str) -> bytes:
    """Return every row of every table of a PostgreSQL database, of any schema, as text."""
    lines: list[bytes] = []
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                lines += [bytes(part) for part in copy]
        connection.execute("CHECKPOINT")
    return b"".join(lines)
