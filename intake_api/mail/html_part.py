"""Says a mail once more as HTML: the same words and the same links, made of its plain text, so that no two can differ.

Nothing in it is fetched from anywhere and nothing tells who reads it: no image, no style sheet, no script, no address
but those the text has. Whatever stands in the text stays text (SEC-20).
"""

import re
from html import escape

from intake_api.mail.port import Mail

ADDRESS = re.compile(r"https?://\S+")
SET_IN = "  "  # what the text sets in by two spaces
SIGNATURE = "-- \n"

# Ink on paper, or the other way round where the reader's program is dark; one column that gives way on a phone.
STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0; padding: 24px 16px; background: #f6f4ef; color: #22201c; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 34em; margin: 0 auto; }
p { margin: 0 0 1.1em; overflow-wrap: anywhere; }
.set-in { padding-left: 14px; border-left: 3px solid #a8572a; }
.sign { margin-top: 2em; padding-top: 12px; border-top: 1px solid #d3cec2; font-size: 14px; color: #5b564b; }
a { color: #8a3f16; font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { background: #1d1b18; color: #ece7dc; }
  .sign { border-color: #4a463d; color: #b8b1a2; }
  a { color: #eda77d; }
}
"""


def html_part(mail: Mail) -> str:
    """Return the mail as a document of HTML that needs nothing from anywhere.

    Parts of the text that an empty line sets apart become paragraphs; addresses become links that say where they lead.
    """
    text = mail.text.replace("\r\n", "\n").rstrip("\n")
    told = "\n".join(_paragraph(part) for part in text.split("\n\n") if part.strip())
    return (
        f'<!doctype html>\n<html lang="{escape(mail.locale)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(mail.subject)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{told}\n</main>\n</body>\n</html>\n"
    )


def _paragraph(part: str) -> str:
    if part.startswith(SIGNATURE):
        return f'<p class="sign">{_lines(part.removeprefix(SIGNATURE))}</p>'
    lines = part.split("\n")
    if all(line.startswith(SET_IN) for line in lines):
        inner = _lines("\n".join(line.strip() for line in lines))
        return f'<p class="set-in">{inner}</p>'
    return f"<p>{_lines(part)}</p>"


def _lines(text: str) -> str:
    return "<br>\n".join(_linked(line) for line in text.split("\n"))


def _linked(line: str) -> str:
    if not ADDRESS.fullmatch(line):  # an address has a line of its own, so that no full stop gets into it
        return escape(line)
    return f'<a href="{escape(line)}">{escape(line)}</a>'
