"""Reads a mail of two parts the way people see it: its plain text, and the words and links of its HTML."""

from email.message import EmailMessage
from html.parser import HTMLParser


def text_of(message: EmailMessage) -> str:
    """Return the plain text of a mail."""
    return _part(message, "plain")


def html_of(message: EmailMessage) -> str:
    """Return the HTML of a mail."""
    return _part(message, "html")


class Seen(HTMLParser):
    """What somebody sees of a document: its lines of words, and where its links lead; and what it would fetch."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._is_shown = False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._is_shown = self._is_shown or tag == "body"
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        if self._is_shown:
            self.words += [line.strip() for line in data.splitlines() if line.strip()]


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")
