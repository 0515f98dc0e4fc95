"""`make lighthouse`: what Lighthouse says of the pages, on a copy of the public door that is started and ended here.

Prints the table of docs/performance.md and keeps every report in bench-results/lighthouse/. Lighthouse comes from npm,
in the version named here, into the git-ignored .tools/; it runs none of its packages' install scripts. Needs Node and a
Chromium (CHROME_PATH names another one). RUNS=3 takes the middle of three runs: a busy machine costs performance.

A page whose address is a secret must not be found: `is-crawlable` must fail, and the other audits make up its figure,
without the one for a description that only a search engine would show.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.development_secrets import write_development_secrets
from tools.house import PORTS, PREFIX, House, read_house
from tools.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent
VERSION = "12.8.2"  # the newest that runs on Node 18 and 20
INSTALLED = ROOT / ".tools" / "lighthouse"
REPORTS = ROOT / "bench-results" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TO_REACH = 95
PATHS = ("/", "/f/request_demo", "/f/survey", "/privacy")
LOCALES = ("en", "lv")
# Of a hidden page: the audit it must fail, and the one about a text that only a search engine would show.
CRAWLABLE, DESCRIBED = "is-crawlable", "meta-description"
STARTS_WITHIN = 60.0  # seconds
MOST_SECONDS = 300  # for one page


class CannotMeasure(Exception):
    """Something is missing or did not run; the text is the sentence to show."""


@dataclass(frozen=True)
class Page:
    """A page to look at; nobody may find one that is `hidden`."""

    name: str
    url: str
    hidden: bool = False


def measure_pages(runs: int) -> bool:
    """Measure every page, print the table, and say whether all of it is as good as it must be.

    :raises CannotMeasure: Node or npm is not here, or a run came to nothing.
    """
    program = install()
    REPORTS.mkdir(parents=True, exist_ok=True)
    lines, well = [], True
    with _public_door() as url:
        for page in pages_at(url):
            reports = [_run(program, page, number) for number in range(runs)]
            figures = middle([figures_of(report, hidden=page.hidden) for report in reports])
            well = well and min(figures.values()) >= TO_REACH
            lines.append(f"| {page.name} | " + " | ".join(str(figures[one]) for one in CATEGORIES) + " |")
            print(lines[-1], flush=True)
    said = f"Lighthouse {VERSION}, mobile, {datetime.now(UTC):%Y-%m-%d}, the middle of {runs}"
    head = f"| {said} | " + " | ".join(CATEGORIES) + " |\n" + "|---" * (len(CATEGORIES) + 1) + "|"
    (REPORTS / "table.md").write_text("\n".join([head, *lines]) + "\n")
    print(f"\n{head}\n" + "\n".join(lines))
    return well


def install() -> Path:
    """Return Lighthouse's program, fetched if it is not here in this version.

    :raises CannotMeasure: it cannot be fetched.
    """
    package = INSTALLED / "node_modules" / "lighthouse"
    found = package / "package.json"
    if not found.exists() or json.loads(found.read_text())["version"] != VERSION:
        if not shutil.which("node") or not shutil.which("npm"):
            raise CannotMeasure("Lighthouse needs Node 18 or later with npm: install them (Debian: nodejs npm).")
        INSTALLED.mkdir(parents=True, exist_ok=True)
        quiet = ("--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error")
        fetch = ["npm", "install", *quiet, "--prefix", str(INSTALLED), f"lighthouse@{VERSION}"]
        if subprocess.run(fetch, cwd=INSTALLED, check=False).returncode:
            raise CannotMeasure("npm could not fetch Lighthouse; what it said stands above.")
    return package / "cli" / "index.js"


def pages_at(url: str) -> list[Page]:
    """Return the pages to look at: those everybody may find in two languages, and a receipt."""
    pages = [Page(f"`{path}` {locale}", f"{url}{path}?lang={locale}") for locale in LOCALES for path in PATHS]
    for locale in LOCALES:
        notice = _asked(f"{url}/v1/forms/request_demo?locale={locale}")["notice"]["page"]
        pages.append(Page(f"`/notices/…` {locale}", notice))
    return [*pages, Page("`/receipts/…` en", _receipt(url), hidden=True)]


def figures_of(report: Mapping[str, Any], *, hidden: bool) -> dict[str, int]:
    """Return the figures of a report by category, from 0 to 100.

    :raises CannotMeasure: it is the report of a run that failed.
    """
    if report.get("runtimeError"):
        raise CannotMeasure(f"Lighthouse could not load {report.get('requestedUrl')}.")
    scores = {name: float(category["score"] or 0) for name, category in report["categories"].items()}
    if hidden:
        scores["seo"] = _seo_of_hidden(report)
    return {name: round(100 * scores[name]) for name in CATEGORIES}


def middle(figures: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return the middle of several runs, category by category."""
    return {name: int(statistics.median_low(one[name] for one in figures)) for name in CATEGORIES}


def _seo_of_hidden(report: Mapping[str, Any]) -> float:
    """Weigh anew without what means nothing for a hidden page; one that can be found is worth nothing."""
    audits = report["audits"]
    if audits[CRAWLABLE]["score"] != 0:
        return 0.0
    weighed = [
        (ref["weight"], audits[ref["id"]]["score"])
        for ref in report["categories"]["seo"]["auditRefs"]
        if ref["id"] not in (CRAWLABLE, DESCRIBED) and audits[ref["id"]]["score"] is not None
    ]
    return float(sum(weight * score for weight, score in weighed) / sum(weight for weight, _ in weighed))


def _run(program: Path, page: Page, number: int) -> Mapping[str, Any]:
    name = "".join(letter if letter.isalnum() else "-" for letter in page.name).strip("-")
    file = REPORTS / f"{name}-{number + 1}.json"
    options = [f"--only-categories={','.join(CATEGORIES)}", "--output=json", f"--output-path={file}", "--quiet"]
    browser = "--chrome-flags=--headless=new --no-sandbox"
    chromium = os.environ.get("CHROME_PATH") or shutil.which("chromium") or shutil.which("google-chrome") or ""
    environment = {**os.environ, **({"CHROME_PATH": chromium} if chromium else {})}
    command = ["node", str(program), page.url, browser, *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    if done.returncode:
        raise CannotMeasure(f"Lighthouse did not finish {page.name}: {done.stderr.strip()[-300:]}")
    report: Mapping[str, Any] = json.loads(file.read_text())
    return report


def _receipt(url: str) -> str:
    """Send a form as an invented visitor and return the page of the receipt."""
    shown = _asked(f"{url}/v1/forms/request_demo?locale=en")
    fields = {"name": "Example Visitor", "email": "visitor@sample.example"}
    body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": fields, "decisions": {}}
    return str(_asked(f"{url}/v1/forms/request_demo/submissions", body)["receipt"])


def _asked(url: str, body: Mapping[str, Any] | None = None) -> Any:
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, {"Content-Type": "application/json"} if sent else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@contextlib.contextmanager
def _public_door() -> Iterator[str]:
    """Run the public door of a copy of its own; give its address."""
    with tempfile.TemporaryDirectory() as state, Supervisor(ROOT) as supervisor:
        house = _house(Path(state))
        write_development_secrets(house)
        code, said = supervisor.finish(house.service_command("migrate", "db", "upgrade"), show=lambda _: False)
        if code:
            raise CannotMeasure("\n".join(said))
        door = next(program for program in house.programs() if program.name == "public")
        supervisor.start(door)
        supervisor.wait_until_ready([door], within=STARTS_WITHIN)
        yield house.url("PUBLIC")


def _house(state: Path) -> House:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in PORTS]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        ports = [probe.getsockname()[1] for probe in probes]
    named = {f"{PREFIX}{name}_PORT": str(port) for name, port in zip(PORTS, ports, strict=True)}
    return read_house(ROOT, {**outside, **named, f"{PREFIX}VAR": str(state)})


def main() -> int:
    try:
        return 0 if measure_pages(int(os.environ.get("RUNS") or 1)) else 1
    except CannotMeasure as problem:
        print(f"make lighthouse: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
