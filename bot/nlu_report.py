"""How well the served model understands a file of texts: `make nlu-report [DATA=file.tsv]`.

The file has the columns `lang`, `intent`, `text`, parted by tabs, with a header line and no quoting; by default it is
the held-out set. The report is JSON on standard output: what was right overall, by language and by intent, how true the
confidences are, how well languages are told apart, and what the bot would have done: acted, acted wrongly, or asked
back with buttons.

Languages are told apart as for a visitor whose page is in the text's language, since the page's language is the prior;
and also without a page, and on a page in another language, each with and without diacritics.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import logging
import statistics
import sys
import time
import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.lean import put_stand_ins
from bot.nlu.masking import mask
from bot.quiet_logs import quieten_logs

ROOT = Path(__file__).resolve().parent.parent
HELD_OUT = ROOT / "tests" / "bot" / "held_out"
BUTTONS = 3  # what an unclear message is asked back with
BINS = 10


@dataclass(frozen=True)
class Heard:
    """One text of the file and what the served pipeline made of it."""

    language: str
    intent: str
    ranking: Sequence[tuple[str, float]]  # best first, without the fallback
    is_fallback: bool
    identified: str | None
    identified_where: Mapping[str, tuple[str | None, float]]  # by where it was typed: language and confidence

    @property
    def best(self) -> str:
        """The likeliest intent."""
        return self.ranking[0][0]

    @property
    def is_right(self) -> bool:
        """Whether that is the true one."""
        return self.best == self.intent

    @property
    def is_acted_on(self) -> bool:
        """Whether the bot acts on it rather than asking back. To reject is not to act."""
        return not self.is_fallback and self.best != "out_of_scope"


def main() -> int:
    """Read the file, ask the newest trained model, print the report; return the exit code."""
    parser = argparse.ArgumentParser(prog="make nlu-report", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, help="lang, intent, text (tabs); default: the held-out set")
    asked: Path | None = parser.parse_args().data
    try:
        rows = [row for file in ([asked] if asked else held_out_files()) for row in read_rows(file)]
    except (OSError, ValueError) as error:
        print(f"nlu-report: {error}", file=sys.stderr)  # noqa: T201 - a door
        return 2
    served = served_model()
    took: list[float] = []
    heard = [_hear(row, served, took) for row in rows]
    learnt = learnt_texts()
    apart = [one for one, row in zip(heard, rows, strict=True) if mask(row["text"]) not in learnt]
    report = {
        **describe(heard, plainly=served.plainly),
        # "yes" is "yes" whoever writes it down: how the bot does where it cannot just remember.
        "not_learnt_word_by_word": {"texts": len(apart), "top_1": _share(one.is_right for one in apart)},
        "parse_ms": _milliseconds(took),
    }
    print(json.dumps(report, indent=2, ensure_ascii=False))  # noqa: T201 - a door
    return 0


def held_out_files() -> list[Path]:
    """Return the files of the held-out set."""
    return sorted(HELD_OUT.glob("??.tsv"))


def learnt_texts() -> set[str]:
    """Return the texts of the training data as the classifier sees them."""
    lines = (line for file in (ROOT / "data" / "nlu").glob("*/*.yml") for line in file.open(encoding="utf-8"))
    return {mask(line[8:]) for line in lines if line.startswith("      - ")}


def read_rows(file: Path) -> list[dict[str, str]]:
    """Read a file of texts.

    :raises ValueError: a column is missing, or there is no row.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or not {"lang", "intent", "text"} <= rows[0].keys():
        raise ValueError(f"{file.name} must begin with the line lang, intent, text (tabs between) and hold a row.")
    return rows


@dataclass(frozen=True)
class Served:
    """The newest trained model as Rasa serves it."""

    parse: Callable[..., Mapping[str, Any]]  # a text, and the language of the page if there is one
    identify: Callable[..., tuple[str, float] | None]
    plainly: float  # the confidence from which a language is plainly that one


def served_model() -> Served:
    """Load the newest trained model.

    :raises FileNotFoundError: nothing is trained yet.
    """
    put_stand_ins()
    warnings.simplefilter("ignore")  # of packages as old as Rasa; none is ours to mend
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    from bot.nlu.language_identifier import PLAINLY, LanguageIdentifier

    quieten_logs(foreign=logging.ERROR)

    model = max((ROOT / "models").glob("*.tar.gz"), key=lambda file: file.stat().st_mtime, default=None)
    if model is None:
        raise FileNotFoundError("No model is trained yet; `make run` or `make test` trains one.")
    loop = asyncio.new_event_loop()

    async def load() -> Any:
        return Agent.load(str(model))

    agent = loop.run_until_complete(load())

    def parse(text: str, page_language: str | None = None) -> Mapping[str, Any]:
        message = UserMessage(text, metadata={"locale": page_language} if page_language else None)
        parsed: Mapping[str, Any] = loop.run_until_complete(agent.processor.parse_message(message))
        return parsed

    parts = (getattr(node, "_component", None) for node in agent.processor.graph_runner._instantiated_nodes.values())
    identifier = next(part for part in parts if isinstance(part, LanguageIdentifier))
    return Served(parse, identifier.identify, PLAINLY)


def describe(heard: Sequence[Heard], *, plainly: float) -> dict[str, Any]:
    """Return the figures of a report; shares are between 0 and 1, and null where there was nothing to count."""
    languages = sorted({one.language for one in heard})
    intents = sorted({one.intent for one in heard})
    acted = [one for one in heard if one.is_acted_on]
    asked_back = [one for one in heard if one.is_fallback]
    outside = [one for one in heard if one.intent == "out_of_scope"]
    return {
        "texts": len(heard),
        "top_1": _share(one.is_right for one in heard),
        "top_3": _share(one.intent in [name for name, _ in one.ranking[:BUTTONS]] for one in heard),
        "by_language": {
            language: {
                "texts": sum(one.language == language for one in heard),
                "top_1": _share(one.is_right for one in heard if one.language == language),
                "identified": _share(one.identified == language for one in heard if one.language == language),
            }
            for language in languages
        },
        "by_intent": {
            intent: {
                "texts": sum(one.intent == intent for one in heard),
                "recall": _share(one.is_right for one in heard if one.intent == intent),
                "precision": _share(one.is_right for one in heard if one.best == intent),
            }
            for intent in intents
        },
        "language_identified": _share(one.identified == one.language for one in heard),
        "language": _languages(heard, plainly),
        "calibration": {"expected_calibration_error": _calibration_error(heard)},
        "acting": {
            "acted_on": _share(one.is_acted_on for one in heard),
            "wrongly_acted_on": _share(one.is_acted_on and not one.is_right for one in heard),
            "wrong_among_acted_on": _share(not one.is_right for one in acted),
            "taken_for_affirm": _share(
                one.is_acted_on and one.best == "affirm" and one.intent != "affirm" for one in heard
            ),
            "asked_back": _share(one.is_fallback for one in heard),
            "right_one_among_buttons": _share(
                one.intent in [name for name, _ in one.ranking[:BUTTONS]] for one in asked_back
            ),
            "out_of_scope_rejected": _share(not one.is_acted_on for one in outside),
        },
        "confused": _confused(heard),
    }


def _languages(heard: Sequence[Heard], plainly: float) -> dict[str, Any]:
    """Return how well languages are told apart, by where a text is typed, and how often one is plainly another.

    Requests for another language are left out here: they are often made in that one.
    """
    told = [one for one in heard if one.intent != "change_language"]
    foreign = [one.identified_where["another_page"] for one in told]
    own = [(one, one.identified_where[place]) for one in told for place in ("own_page", "own_page_without_marks")]
    return {
        "texts": len(told),
        **{
            place: _share(one.identified_where[place][0] == one.language for one in told)
            for place in (told[0].identified_where if told else ())
        },
        "plainly_another": {
            "from_confidence": plainly,
            "false_alarms": _share(
                language != one.language and confidence >= plainly for one, (language, confidence) in own
            ),
            "heard": _share(
                language == one.language and confidence >= plainly
                for one, (language, confidence) in zip(told, foreign, strict=True)
            ),
        },
    }


def _identify(text: str, language: str, served: Served) -> dict[str, tuple[str | None, float]]:
    another = "lv" if language == "en" else "en"
    without_marks = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return {
        f"{place}{marks}": served.identify(typed, page_language=page) or (None, 0.0)
        for marks, typed in (("", text), ("_without_marks", without_marks))
        for place, page in (("own_page", language), ("no_page", None), ("another_page", another))
    }


def _hear(row: Mapping[str, str], served: Served, took: list[float]) -> Heard:
    begun = time.perf_counter()
    parsed = served.parse(row["text"], row["lang"])
    took.append(time.perf_counter() - begun)
    ranking = [(one["name"], float(one["confidence"])) for one in parsed["intent_ranking"]]
    return Heard(
        language=row["lang"],
        intent=row["intent"],
        ranking=[one for one in ranking if one[0] != "nlu_fallback"],
        is_fallback=parsed["intent"]["name"] == "nlu_fallback",
        identified=parsed.get("language"),
        identified_where=_identify(row["text"], row["lang"], served),
    )


def _share(yeses: Iterable[bool]) -> float | None:
    counted = list(yeses)
    return round(sum(counted) / len(counted), 4) if counted else None


def _calibration_error(heard: Sequence[Heard]) -> float:
    """Return by how much confidences miss the truth, on average over ten bins of them."""
    bins: dict[int, list[Heard]] = defaultdict(list)
    for one in heard:
        bins[min(int(one.ranking[0][1] * BINS), BINS - 1)].append(one)
    missed = sum(abs(sum(one.ranking[0][1] - one.is_right for one in inside)) for inside in bins.values())
    return round(missed / len(heard), 4)


def _confused(heard: Sequence[Heard]) -> list[dict[str, Any]]:
    """Return the ten pairs most often confused."""
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    for one in heard:
        if not one.is_right:
            pairs[one.intent, one.best] += 1
    most = sorted(pairs.items(), key=lambda pair: -pair[1])[:10]
    return [{"intent": intent, "taken_for": taken, "texts": count} for (intent, taken), count in most]


def _milliseconds(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "p50": round(statistics.median(ordered) * 1000, 2),
        "p95": round(ordered[int(len(ordered) * 0.95)] * 1000, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
