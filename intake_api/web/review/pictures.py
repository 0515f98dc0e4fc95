"""Pictures of numbers, as SVG that stands in the page: shapes with classes, and no style or script of their own.

Widths are percentages and heights are pixels, so that a picture fills a phone or a laptop and its words keep their
size. Colours come from the style sheet, light or dark. Every picture has a title and says its numbers in words; beside
it on the page stands a table with all of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

HEIGHT = 200  # pixels of a picture of days, without the words below
ROW = 44  # pixels of one bar with its words
GRID = 4  # lines at most
MOST_WORDS = 4  # days that are named below a picture
BELOW = 22  # pixels for them


@dataclass(frozen=True)
class Bar:
    """One number with its name, and what it was in the period before; None where that is not known."""

    label: str
    value: int
    before: int | None = None
    said: str = ""  # how the value is written, if not as a number

    @property
    def value_said(self) -> str:
        """Return the value as it is written for people."""
        return self.said or spaced(self.value)


def columns(picture_id: str, title: str, summary: str, bars: Sequence[Bar]) -> Markup:
    """Draw one column for each day, and a mark at the height of the same day before."""
    top = grid_top(max((max(bar.value, bar.before or 0) for bar in bars), default=0))
    width = 100 / max(1, len(bars))
    ground = [_grid_line(level, top) for level in _levels(top)]
    words = [_level_word(level, top) for level in _levels(top) if level]
    drawn: list[str] = []
    for number, bar in enumerate(bars):
        left, height = number * width, HEIGHT * bar.value / top
        if bar.value:
            drawn.append(
                f'<rect class="now" x="{left + width * 0.12:.3f}%" y="{HEIGHT - height:.1f}" '
                f'width="{width * 0.76:.3f}%" height="{height:.1f}"></rect>'
            )
        if bar.before is not None:
            y = HEIGHT - HEIGHT * bar.before / top
            drawn.append(
                f'<line class="then" x1="{left:.3f}%" x2="{left + width:.3f}%" y1="{y:.1f}" y2="{y:.1f}"></line>'
            )
    drawn += [_word_below(bars[number].label, number, len(bars)) for number in named(len(bars))]
    # Beside the words of the levels, which stand at the right end.
    plot = f'<svg class="plot" width="92%" height="{HEIGHT + BELOW}">{"".join(drawn)}</svg>'
    return _svg(picture_id, title, summary, HEIGHT + BELOW, [*ground, plot, *words])


def rows(picture_id: str, title: str, summary: str, bars: Sequence[Bar]) -> Markup:
    """Draw one lying bar for each number, its name and value above it, and a thin one for the period before."""
    most = max((max(bar.value, bar.before or 0) for bar in bars), default=0) or 1
    drawn: list[str] = []
    for number, bar in enumerate(bars):
        y = number * ROW
        drawn.append(f'<text x="0" y="{y + 15}">{escape(bar.label)}</text>')
        drawn.append(f'<text class="value" x="100%" y="{y + 15}">{escape(bar.value_said)}</text>')
        drawn.append(f'<rect class="ground" x="0" y="{y + 22}" width="100%" height="10"></rect>')
        drawn.append(f'<rect class="now" x="0" y="{y + 22}" width="{100 * bar.value / most:.3f}%" height="10"></rect>')
        if bar.before is not None:
            width = 100 * bar.before / most
            drawn.append(f'<rect class="then" x="0" y="{y + 33}" width="{width:.3f}%" height="3"></rect>')
    return _svg(picture_id, title, summary, ROW * len(bars), drawn)


def grid_top(most: int) -> int:
    """Return the number a picture ends at: at least the largest, and a round one that its lines divide."""
    step = grid_step(most)
    return max(step, math.ceil(most / step) * step)


def grid_step(most: int) -> int:
    """Return how far the lines of a picture are apart: 1, 2 or 5 with noughts, so that there are `GRID` at most."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * GRID >= most:
                return step
        size *= 10


def named(count: int) -> list[int]:
    """Return which of so many columns get a name below: evenly far apart, the first always."""
    apart = max(1, math.ceil(count / MOST_WORDS))
    return list(range(0, count, apart))


def spaced(number: int) -> str:
    """Write a whole number in groups of three."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _levels(top: int) -> range:
    step = grid_step(top)
    return range(0, top + 1, step)


def _grid_line(level: int, top: int) -> str:
    y = HEIGHT - HEIGHT * level / top
    return f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"></line>'


def _level_word(level: int, top: int) -> str:
    y = HEIGHT - HEIGHT * level / top
    return f'<text class="level" x="100%" y="{max(12.0, y - 4):.1f}">{spaced(level)}</text>'


def _word_below(label: str, number: int, count: int) -> str:
    return f'<text class="below" x="{100 * number / count:.3f}%" y="{HEIGHT + 17}">{escape(label)}</text>'


def _svg(picture_id: str, title: str, summary: str, height: int, drawn: Sequence[str]) -> Markup:
    """Put a picture together; all that is in `drawn` was escaped, or is a number."""
    named_by = f"{escape(picture_id)}-title {escape(picture_id)}-says"
    return Markup(  # noqa: S704 - every text in it goes through `escape`
        f'<svg class="picture" role="img" aria-labelledby="{named_by}" width="100%" height="{height}">'
        f'<title id="{escape(picture_id)}-title">{escape(title)}</title>'
        f'<desc id="{escape(picture_id)}-says">{escape(summary)}</desc>'
        f"{''.join(drawn)}</svg>"
    )
