"""Go through a storm of any size and print what stands in the CRM afterwards; 1 as exit code if anything is wrong."""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from tests.intake_api.conftest import ROOT
from tests.intake_api.postgres import running_postgres
from tests.weather.storm import Outcome, Plan, brave


@click.command()
@click.option("--leads", default=5000, show_default=True)
@click.option("--withdrawals", default=500, show_default=True)
@click.option("--erasures", default=200, show_default=True)
@click.option("--kills", default=12, show_default=True, help="Of workers, in each of the two halves.")
@click.option("--seed", default=1, show_default=True)
@click.option("--sqlite", is_flag=True, help="Keep our side in SQLite instead of PostgreSQL.")
def main(leads: int, withdrawals: int, erasures: int, kills: int, seed: int, sqlite: bool) -> None:
    """Approve leads, withdraw and erase some, in bad weather, against a real Tryton; then read its database."""
    plan, begun = Plan(leads, withdrawals, erasures, kills, seed), time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:7.0f} s  {line}", flush=True)

    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vestibule-weather-", dir=ROOT / "var") as folder:
        if sqlite:
            outcome = brave(plan, f"sqlite:///{folder}/vestibule.sqlite", Path(folder), say)
        else:
            with running_postgres(durable=True) as server, server.fresh_database() as url:
                outcome = brave(plan, url, Path(folder), say)
    say_outcome(outcome)
    sys.exit(1 if outcome.wrong else 0)


def say_outcome(outcome: Outcome) -> None:
    """Print what happened, and what came of it."""
    for what, times in sorted(outcome.happened.items()):
        print(f"  {what:<24}{times:>8}")
    print(f"  {'attempts':<24}{outcome.attempts:>8}")
    for one, times in Counter(outcome.failed).items():
        print(f"  failed: {one:<24}{times:>8}")
    for what, references in outcome.wrong.items():
        print(f"  WRONG: {what:<17}{len(references):>8}  {', '.join(references[:5])}")
    if not outcome.wrong:
        print("  Nothing is missing, twice, different, or still there.")


if __name__ == "__main__":
    main()
