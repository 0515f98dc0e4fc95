"""Rasa without TensorFlow: train, data validate, test and run work through the stand-ins, and only what runs is
offered."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.lean import DEFAULT_COMPONENTS, STAND_INS, NotInstalled
from bot.quick_answers import build_answer_validator_once
from bot.train_if_changed import MADE_OF, content_hash
from tests.bot.bot_processes import ROOT

SMALL_NLU = """version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hello there
      - hi
      - good morning
  - intent: goodbye
    examples: |
      - bye
      - see you later
      - good night
"""
SMALL_STORY = """version: "3.1"
stories:
  - story: a greeting
    steps:
      - user: hello there
        intent: greet
      - action: utter_greet
  - story: a goodbye
    steps:
      - user: see you later
        intent: goodbye
      - action: utter_goodbye
"""
SMALL_DOMAIN = """version: "3.1"
intents: [greet, goodbye]
responses:
  utter_greet: [{text: hello}]
  utter_goodbye: [{text: bye}]
"""
SMALL_RULES = """version: "3.1"
rules:
  - rule: greet
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: goodbye
    steps: [{intent: goodbye}, {action: utter_goodbye}]
"""


def lean(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Rasa's through the stand-ins in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot.lean", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out a small bot with our own pipeline, so that a training takes seconds."""
    folder = tmp_path_factory.mktemp("small")
    for name, text in (("domain.yml", SMALL_DOMAIN), ("config.yml", (ROOT / "config.yml").read_text(encoding="utf-8"))):
        (folder / name).write_text(
            text.replace(
                "core_fallback_action_name: action_answer", "core_fallback_action_name: action_default_fallback"
            ),
            encoding="utf-8",
        )
    for name, text in (
        ("data/nlu.yml", SMALL_NLU),
        ("data/rules.yml", SMALL_RULES),
        ("tests/test_small.yml", SMALL_STORY),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class TestCommands:
    def test_train_then_test(self, small: Path) -> None:
        trained = lean(small, "train")
        assert trained.returncode == 0, trained.stderr[-2000:]
        assert len(list((small / "models").glob("*.tar.gz"))) == 1
        tested = lean(small, "test", "core", "--stories", "tests", "--fail-on-prediction-errors")
        assert tested.returncode == 0, tested.stderr[-2000:]
        understood = lean(small, "test", "nlu", "--nlu", "data/nlu.yml", "--no-plot")
        assert understood.returncode == 0, understood.stderr[-2000:]

    def test_data_validate_holds_for_our_own_files(self) -> None:
        validated = lean(ROOT, "data", "validate", "--fail-on-warnings")
        assert validated.returncode == 0, validated.stderr[-2000:]
        assert "No story structure conflicts found" in validated.stderr + validated.stdout

    def test_a_component_that_needs_tensorflow_is_refused_by_name(self, small: Path, tmp_path: Path) -> None:
        folder = tmp_path / "wrong"
        shutil.copytree(small, folder)
        (folder / "config.yml").write_text(
            "recipe: default.v1\nassistant_id: x\nlanguage: en\npolicies: [{name: RulePolicy}]\n"
            "pipeline: [{name: WhitespaceTokenizer}, {name: DIETClassifier}]\n",
            encoding="utf-8",
        )
        trained = lean(folder, "train")
        assert trained.returncode != 0
        assert "DIETClassifier" in trained.stdout + trained.stderr


class TestStandIns:
    def test_stand_where_rasa_looks_and_refuse_to_be_used(self) -> None:
        for module, names in STAND_INS.items():
            for name in names:
                with pytest.raises(NotInstalled, match=name):
                    getattr(importlib.import_module(module), name)()

    def test_h13_tensorflow_is_not_there_and_telemetry_is_off(self) -> None:
        assert "tensorflow" not in sys.modules
        assert os.environ["RASA_TELEMETRY_ENABLED"] == "false"

    def test_only_what_runs_is_listed(self) -> None:
        listed = {one.__name__ for one in sys.modules[DEFAULT_COMPONENTS].DEFAULT_COMPONENTS}
        assert {"RulePolicy", "FallbackClassifier"} <= listed
        assert not listed & {"DIETClassifier", "TEDPolicy", "ResponseSelector"}

    def test_too_late_is_said(self) -> None:
        code = (
            f"import sys, types; sys.modules['{DEFAULT_COMPONENTS}'] = types.ModuleType('x'); "
            "from bot.lean import put_stand_ins; put_stand_ins()"
        )
        ended = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True)
        assert "must run before" in ended.stderr


class TestTheAnswersCheck:
    def test_still_refuses_what_is_of_the_wrong_shape(self) -> None:
        from jsonschema import ValidationError
        from rasa.core.actions.action import RemoteAction

        build_answer_validator_once()
        action = RemoteAction("action_answer", None)
        assert action._validate_action_result({"events": [], "responses": [{"text": "x"}]})
        for wrong in ({"events": {}}, {"responses": "x"}, {"events": [{"no": "event"}]}, []):
            with pytest.raises(ValidationError):
                action._validate_action_result(wrong)


class TestTrainingOnlyWhenNeeded:
    def test_the_name_changes_with_any_part_and_with_nothing_else(self, tmp_path: Path) -> None:
        for name in (
            "config.yml",
            "domain.yml",
            "data/nlu/en/a.yml",
            "catalogue/forms/b.yml",
            "bot/nlu/c.py",
            "README.md",
        ):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("one", encoding="utf-8")
        first = content_hash(tmp_path)
        (tmp_path / "README.md").write_text("two", encoding="utf-8")
        assert content_hash(tmp_path) == first
        seen = {first}
        for name in ("config.yml", "domain.yml", "data/nlu/en/a.yml", "catalogue/forms/b.yml", "bot/nlu/c.py"):
            (tmp_path / name).write_text("two", encoding="utf-8")
            seen.add(content_hash(tmp_path))
        assert len(seen) == 6
        assert {"config.yml", "domain.yml", "data", "catalogue"} <= set(MADE_OF)

    def test_a_second_time_trains_nothing(self, model: str) -> None:
        again = subprocess.run(
            [sys.executable, "-m", "bot.train_if_changed"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert again.stdout == f"The model is up to date ({Path(model).name}).\n"
