"""Reads a page as a browser without scripts would: its elements, its text, and the form as it would be sent."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "img", "br", "hr"}


@dataclass
class Element:
    """One element, in the order of the page."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    place: int = 0

    def get(self, name: str) -> str:
        """Return an attribute, or an empty text."""
        return self.attributes.get(name) or ""


@dataclass
class Page:
    """A parsed page."""

    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Return the elements of a tag with these attributes (`class_` for class)."""
        return [
            element
            for element in self.elements
            if tag in ("", element.tag)
            and all(
                value in element.get(name.rstrip("_").replace("_", "-")).split(" ") for name, value in wanted.items()
            )
        ]

    def one(self, tag: str = "", **wanted: str) -> Element:
        """Return the only such element."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} of {tag} {wanted}"
        return found[0]

    def form(self) -> dict[str, str]:
        """Return what the form would send, untouched: radio buttons that are not checked send nothing."""
        sent = {}
        for element in self.elements:
            name = element.get("name")
            if element.tag == "input" and name and (element.get("type") != "radio" or "checked" in element.attributes):
                sent[name] = element.get("value")
            elif element.tag == "textarea":
                sent[name] = element.text.removeprefix("\n")
            elif element.tag == "select":
                sent[name] = ""
            elif element.tag == "option" and "selected" in element.attributes:
                sent[list(sent)[-1]] = element.get("value")
        return sent


def read_page(text: str) -> Page:
    """Parse a page."""
    reader = _Reader()
    reader.feed(text)
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), place=len(self.page.elements))
        self.page.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.page.text += data
        for element in self._open:
            element.text += data
