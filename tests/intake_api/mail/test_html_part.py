"""The second part of each mail: the words and links of the first one as HTML that asks nobody for anything (SEC-20)."""

import re

import pytest

from intake_api.mail.html_part import html_part
from intake_api.mail.message import write_message
from intake_api.mail.port import Mail, Sender
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.mail.parts import Seen, html_of, text_of

LINK = "https://leads.example/confirm/0123-abc?lang=lv&x=1"
TEXT = f"""\
Parauga SIA saņēma <šo> adresi & “jā”:

  Jaunumi reizi mēnesī
  Lūgts: 2026-11-21 09:00 UTC

Atveriet šo lapu:
{LINK}

{LINK}/not-me

-- \nParauga SIA, Rīga. Rakstiet uz privacy@tidewick.example.
"""
MAIL = Mail("m1", "anna@guest.example", "Vai tā ir jūsu adrese?", TEXT, "lv")


class TestHtmlPart:
    def test_it_says_the_same_words_and_links_in_the_same_order(self) -> None:
        seen = Seen(html_part(MAIL))
        assert seen.words == [line.strip() for line in TEXT.splitlines() if line.strip() not in ("", "--")]
        assert seen.links == [LINK, f"{LINK}/not-me"]

    def test_it_fetches_nothing_and_runs_nothing(self) -> None:
        document = html_part(MAIL)
        seen = Seen(document)
        assert seen.tags <= {"html", "head", "meta", "title", "style", "body", "main", "p", "br", "a"}
        assert seen.attributes <= {"lang", "charset", "name", "content", "class", "href"}
        assert not re.search(r"url\(|@import|@font-face", document)

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "https://a.example/\"onmouseover='x'",
            "https://a.example/'><img src=x>",
            "javascript:alert(1)",
            "</style><img src=//evil.example/x>",
        ],
    )
    def test_sec20_whatever_stands_in_it_stays_text(self, text: str) -> None:
        seen = Seen(html_part(Mail("m1", "a@b.example", text, f"{text}\n\n  {text}\n\n-- \n{text}\n", text)))
        assert seen.words == [text, text, text]
        assert not seen.tags & {"script", "img"}
        assert not [one for one in seen.attributes if one.startswith("on")]
        assert all(link.startswith("https://a.example/") for link in seen.links)

    def test_it_is_in_the_language_of_the_mail(self) -> None:
        assert '<html lang="lv">' in html_part(MAIL)


class TestTheMessage:
    @pytest.mark.parametrize("encoding", ["quoted-printable", "8bit"])
    def test_has_two_parts_the_plain_one_first(self, encoding: str) -> None:
        message = write_message(MAIL, Sender("A", "a@b.example"), now=DrivenClock().now, encoding=encoding)  # type: ignore[arg-type]
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert (text_of(message), html_of(message)) == (TEXT, html_part(MAIL))
        assert message["Content-Language"] == "lv"
