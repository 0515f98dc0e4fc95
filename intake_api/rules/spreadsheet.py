"""What may stand in a cell of a file that a spreadsheet opens: text stays text and never becomes a formula (SEC-16)."""

import re

STARTS = "=+\\-@\0＝＋－＠"  # what a spreadsheet reckons with; some take the wide letters for it as well
QUOTES = "'\"`´‘’‚“”„«»"
LINE = "\\n\\r\\v\\f\x1c-\x1e\x85\u2028\u2029"
# At the beginning of the cell or of any line in it, behind blanks and quotes as well: not every reader trims alike.
RISKY = re.compile(rf"(?:\A|[{LINE}])[\s{QUOTES}]*[{STARTS}]|\A[\t\r\n]")


def text_cell(text: str) -> str:
    """Return a text as it may stand in a cell: itself, or with a `'` before it, which spreadsheets do not reckon."""
    return f"'{text}" if RISKY.search(text) else text
