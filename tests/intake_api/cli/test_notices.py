"""`intake_api notices` as a real process, beside a real door that shows forms."""

import json
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.intake_api.catalogue.conftest import REAL, Copy
from tests.intake_api.conftest import ROOT
from tests.processes import service_environment, serving

DOOR = "intake_api.wsgi:public"


def run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "intake_api", "notices", *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestCounts:
    def test_what_a_door_showed_is_written_when_it_ends(self, tmp_path: Path) -> None:
        environment = service_environment(tmp_path, f"sqlite:///{tmp_path}/vestibule.sqlite")
        assert run(environment, "counts") == "Nothing was shown in this time.\n"
        with serving(DOOR, environment) as door:
            for _ in range(3):
                urllib.request.urlopen(f"{door.url}/f/newsletter?lang=lv", timeout=20).close()
        (counted,) = json.loads(run(environment, "counts", "--json"))
        assert counted == {
            "form": "newsletter",
            "locale": "lv",
            "channel": "page",
            "shown": 3,
            "sent": 0,
            "refused": 0,
            "ignored": 3,
            "decided": {},
        }
        assert "newsletter  lv  page" in run(environment, "counts", "--since", "2026-01-01")


class TestPublishing:
    def test_a_change_is_shown_published_and_listed(self, tmp_path: Path) -> None:
        environment = service_environment(tmp_path, f"sqlite:///{tmp_path}/vestibule.sqlite")
        copy = Copy(Path(shutil.copytree(REAL, tmp_path / "catalogue")))
        environment |= {"VESTIBULE_CATALOGUE": str(copy.folder), "VESTIBULE_MODE": "production"}
        with serving(DOOR, environment):
            pass
        assert run(environment, "diff") == "Everything is published.\n"
        copy.change("locales/en.yml", "See Tidewick at work", "See Tidewick in action")
        shown = run(environment, "diff")
        assert '-  "form_title": "See Tidewick at work",' in shown
        assert shown.endswith("1 to publish.\n")
        invited = subprocess.run(
            [sys.executable, "-m", "intake_api", "staff", "first"], env=environment, cwd=ROOT, capture_output=True
        )
        email = invited.stdout.decode().splitlines()[0].partition("=")[2]
        run(environment, "publish", "--by", email, "--reason", "A better title.", "--yes")
        newest = run(environment, "list", "request_demo").splitlines()[0]
        assert "request_demo en 2" in newest
        assert newest.endswith(": A better title.")
        copy.change("recipients.yml", "Brightledger", "Otherledger")
        ended = "material: an earlier yes does not count any more for newsletter; 0 leads have one"
        assert ended in run(environment, "diff")
        assert run(environment, "asked") == "Nobody was asked again.\n"
