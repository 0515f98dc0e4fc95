"""Run all benches, print the figures and keep them in bench-results/."""

import json
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.chat import bench_chat
from tests.bench.submissions import bench_submissions
from tests.intake_api.conftest import ROOT
from tests.intake_api.postgres import running_postgres


def main() -> None:
    """Measure, print, save."""
    results = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": platform.platform()}
    only = set(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="vestibule-bench-", dir=_state()) as folder:
        if not only or "sqlite" in only:
            say("submissions on SQLite …")
            results["sqlite"] = bench_submissions(f"sqlite:///{folder}/vestibule.sqlite", Path(folder))
            say_submissions(results["sqlite"])
        if not only or "postgresql" in only:
            say("submissions on PostgreSQL …")
            with running_postgres(durable=True) as server, server.fresh_database() as url:
                results["postgresql"] = bench_submissions(url, Path(folder))
            say_submissions(results["postgresql"])
        if not only or "chat" in only:
            say("chat turns …")
            results["chat"] = bench_chat(Path(folder))
            for name in ("turn", "fixed"):
                say(f"  {name:<6} p50 {results['chat'][name]['p50_ms']} ms, p95 {results['chat'][name]['p95_ms']} ms")
            ratio, house = results["chat"]["ratio"], results["chat"]["house_mib"]
            say(f"  ratio {ratio} (to reach: at most 2.5); the whole house: {house} MiB resident")
    saved = ROOT / "bench-results" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
    saved.parent.mkdir(exist_ok=True)
    saved.write_text(json.dumps(results, indent=1))
    say(f"saved in {saved.relative_to(ROOT)}")


def say_submissions(figures: dict[str, Any]) -> None:
    """Print one database's figures."""
    for name in ("door", "floor", "floor_by_core"):
        middle = sorted(figures[name], key=lambda one: one["per_second"])[len(figures[name]) // 2]
        say(f"  {name:<14}{middle['per_second']:>7}/s  p50 {middle['p50_ms']} ms  p99 {middle['p99_ms']} ms")
    ratio, by_core, rows = figures["ratio"], figures["ratio_by_core"], figures["rows_per_submission"]
    say(f"  ratio {ratio} (to reach: at least 0.6); to the floor by one statement {by_core}")
    say(f"  {rows} rows each; resident {figures['door_mib']} MiB, floor {figures['floor_mib']} MiB")


def say(line: str) -> None:
    """Print at once: a bench is long, and people watch it."""
    print(line, flush=True)


def _state() -> Path:
    folder = ROOT / "var"
    folder.mkdir(exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
