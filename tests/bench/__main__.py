"""Run all benches, print the figures and keep them in bench-results/."""

import json
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.backlog import WAITING, bench_backlog
from tests.bench.chat import bench_chat
from tests.bench.deliveries import TO_REACH as DELIVERIES_TO_REACH
from tests.bench.deliveries import bench_deliveries
from tests.bench.duplicates import bench_duplicates
from tests.bench.enumeration import TO_REACH_MS, TRIES, bench_enumeration
from tests.bench.evidence_cost import bench_evidence
from tests.bench.reports import bench_reports, seeded
from tests.bench.review import TO_REACH_MS as REVIEW_TO_REACH_MS
from tests.bench.review import bench_review
from tests.bench.submissions import bench_submissions
from tests.intake_api.conftest import ROOT
from tests.intake_api.postgres import running_postgres

PARTS = (("Rasa", "rasa"), ("actions", "actions"))


@dataclass(frozen=True)
class Bench:
    """One part: what is said before it, how it is measured in a folder of its own, and how it is printed."""

    title: str
    measure: Callable[[Path], dict[str, Any]]
    print: Callable[[dict[str, Any]], None]
    only_named: bool = False  # not among all: it takes an hour


def main() -> None:
    """Measure, print, save."""
    results: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": platform.platform()}
    wanted = set(sys.argv[1:])
    if unknown := wanted - benches().keys():
        sys.exit(f"There is no part {', '.join(sorted(unknown))}. There are: {', '.join(benches())}.")
    with tempfile.TemporaryDirectory(prefix="vestibule-bench-", dir=_state()) as folder:
        for name, bench in benches().items():
            if name in wanted or not (wanted or bench.only_named):
                say(f"{bench.title} …")
                own = Path(folder) / name
                own.mkdir()
                results[name] = bench.measure(own)
                bench.print(results[name])
    saved = ROOT / "bench-results" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    saved.parent.mkdir(exist_ok=True)
    saved.write_text(json.dumps(results, indent=1))
    say(f"saved in {saved.relative_to(ROOT)}")


def benches() -> dict[str, Bench]:
    """Return all parts by the names they are asked for by."""
    return {
        "sqlite": Bench("submissions on SQLite", _on_sqlite(bench_submissions), say_submissions),
        "postgresql": Bench("submissions on PostgreSQL", _on_postgres(bench_submissions), say_submissions),
        "evidence": Bench("what the evidence costs a submission", bench_evidence, say_evidence),
        "enumeration": Bench("whether time tells who is known", bench_enumeration, say_enumeration),
        "duplicates": Bench("a hundred pairs of leads, compared", bench_duplicates, say_duplicates),
        "chat": Bench("chat turns", bench_chat, say_chat),
        "deliveries": Bench("deliveries to a real Tryton", _on_postgres(bench_deliveries), say_deliveries),
        "backlog": Bench(
            f"pages and rounds beside {WAITING:,} waiting deliveries", _on_both(bench_backlog), say_backlog
        ),
        "reports": Bench("reports of a year with a million leads", _bench_year, say_reports),
        "review": Bench("the review door, filled with invented leads", _on_both(bench_review), say_review, True),
    }


def _on_sqlite(bench: Callable[[str, Path], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: bench(f"sqlite:///{folder}/vestibule.sqlite", folder)


def _on_postgres(bench: Callable[[str, Path], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    def measure(folder: Path) -> dict[str, Any]:
        with running_postgres(durable=True) as server, server.fresh_database() as url:
            return bench(url, folder)

    return measure


def _on_both(bench: Callable[[str, Path], dict[str, Any]]) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: {"sqlite": _on_sqlite(bench)(folder), "postgresql": _on_postgres(bench)(folder)}


def _bench_year(folder: Path) -> dict[str, Any]:
    with seeded(folder) as source:
        return _on_both(lambda url, own: bench_reports(url, own, source))(folder)


def say_submissions(figures: dict[str, Any]) -> None:
    """Print one database's figures."""
    for name in ("door", "floor", "floor_by_core"):
        middle = sorted(figures[name], key=lambda one: one["per_second"])[len(figures[name]) // 2]
        say(f"  {name:<14}{middle['per_second']:>7}/s  p50 {middle['p50_ms']} ms  p99 {middle['p99_ms']} ms")
    ratio, by_core, rows = figures["ratio"], figures["ratio_by_core"], figures["rows_per_submission"]
    say(f"  ratio {ratio} (to reach: at least 0.6); to the floor by one statement {by_core}")
    say(f"  {rows} rows each; resident {figures['door_mib']} MiB, floor {figures['floor_mib']} MiB")


def say_evidence(figures: dict[str, Any]) -> None:
    """Print what the evidence costs."""
    both = f"{figures['with_ms']} ms with it, {figures['without_ms']} ms without"
    say(f"  {figures['percent']} % (to reach: at most 15): {both}, by processor time of `submit_lead`")


def say_enumeration(figures: dict[str, Any]) -> None:
    """Print how far known and unknown people are apart."""
    for way, one in figures.items():
        medians = f"known p50 {one['known_ms']} ms, unknown p50 {one['unknown_ms']} ms"
        say(f"  {way:<14}{one['apart_ms']} ms apart (to reach: below {TO_REACH_MS:.0f} over {TRIES} tries): {medians}")


def say_duplicates(figures: dict[str, Any]) -> None:
    """Print how often a suggestion is right, and what is missed."""
    say(f"  {figures['pairs']} pairs: precision {figures['precision']}, recall {figures['recall']}")
    for name in ("missed", "wrong"):
        say(f"  {name:<8}" + ", ".join(f"{kind} {times}" for kind, times in figures[name].items()))


def say_deliveries(figures: dict[str, Any]) -> None:
    """Print how fast a worker delivers beside a bare loop."""
    say(f"  a second, by round: worker {figures['worker']}, bare loop {figures['bare']}")
    say(f"  ratio {figures['ratio']} (to reach: at least {DELIVERIES_TO_REACH})")


def say_backlog(figures: dict[str, Any]) -> None:
    """Print what pages and rounds take without, with, and again without many waiting deliveries."""
    for database, times in figures.items():
        say(f"  {database}, p50 / p95 in ms: before, with them, when they are gone")
        for name in times["before"]:
            said = (f"{times[when][name]['p50']:>8} / {times[when][name]['p95']:>6}" for when in times)
            say(f"    {name:<32}{''.join(said)}")


def say_reports(results: dict[str, Any]) -> None:
    """Say how long each page of reports takes, by period."""
    for database, one in results.items():
        say(f"  {database}: {one['rows']}")
        for name, ms in one["ms"].items():
            say(f"    {name}: {ms['p50']} / {ms['p95']} ms, work {ms['work_p50']} / {ms['work_p95']} ms (below 1000)")


def say_review(figures: dict[str, Any]) -> None:
    """Print what reviewers wait for."""
    for database, sizes in figures.items():
        for size, one in sizes.items():
            say(f"  {database}, {int(size):,} leads (p95 to reach: below {REVIEW_TO_REACH_MS:.0f} ms)")
            for name, took in one["ms"].items():
                say(
                    f"    {name:<24}p50 {took['p50']:>7} ms  p95 {took['p95']:>7} ms; work p95 {took['work_p95']:>7} ms"
                )
            say(f"    resident {one['mib']['before']} -> {one['mib']['after']} MiB")


def say_chat(figures: dict[str, Any]) -> None:
    """Print the figures of chat turns."""
    rows = (
        ("one_visitor", "one visitor", "to reach: below 60 and 150"),
        ("twenty", f"{figures['twenty']['visitors']} visitors", "to reach: below 1000"),
        ("turn", "turn", "at Rasa's channel"),
        ("fixed", "fixed answer", "at Rasa's channel"),
    )
    for name, label, note in rows:
        say(f"  {label:<14}p50 {figures[name]['p50_ms']} ms, p95 {figures[name]['p95_ms']} ms ({note})")
    twenty, house = figures["twenty"], figures["house_mib"]
    say(f"  {twenty['visitors']} visitors: {twenty['per_second']} turns/s, {twenty['errors']} errors (to reach: none)")
    for text, count in twenty["error_texts"].items():
        say(f"    {count} x {text}")
    say(f"  ratio of turn to fixed answer {figures['ratio']} (to reach: at most 2.5); the whole house: {house} MiB")
    say("  a turn over the public door, on average:")
    for part, milliseconds in figures["split"].items():
        say(f"    {part:<20}{milliseconds:>7.2f} ms")
    say_left_open(figures["left_open"])


def say_left_open(figures: dict[str, Any]) -> None:
    """Print what conversations take that are opened and left."""
    say(f"  {figures['conversations']} conversations opened and left, MiB resident (to reach: flat over the rounds):")
    say(f"    before   Rasa {figures['before']['rasa']}, actions {figures['before']['actions']}")
    for number, one in enumerate(figures["rounds"], 1):
        moved = [f"{part} {one['open'][key]} -> {one['over'][key]}" for part, key in PARTS]
        say(f"    round {number}  {', '.join(moved)}")


def say(line: str) -> None:
    """Print at once: a bench is long, and people watch it."""
    print(line, flush=True)


def _state() -> Path:
    folder = ROOT / "var"
    folder.mkdir(exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
