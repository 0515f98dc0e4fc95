"""Starting and ending: a wrong part stops the start with one sentence, a failed turn did not happen, SIGTERM is
quick."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.bot_processes import GATEWAY_TOKEN, ROOT, RunningBot, end, running_bot, start, wait_for
from tests.bot.form_api import FormApiServer
from tests.ports import free_port

pytestmark = pytest.mark.processes


def house(folder: Path, model: str, **changed: str) -> Path:
    """Lay out a folder Rasa can be served from, with some of its files changed."""
    for name in ("credentials.yml", "endpoints.yml"):
        (folder / name).write_text(
            changed.get(name.split(".")[0], (ROOT / name).read_text(encoding="utf-8")), encoding="utf-8"
        )
    (folder / "models").mkdir()
    shutil.copy(model, folder / "models")
    return folder


def serve(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Serve from a folder until it ends by itself."""
    settings = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "VESTIBULE_GATEWAY_TOKEN": GATEWAY_TOKEN,
        **environment,
    }
    settings.setdefault("VESTIBULE_RASA_PORT", str(free_port()))
    return subprocess.run(
        [sys.executable, "-m", "bot.serve"], cwd=folder, env=settings, capture_output=True, text=True, timeout=240
    )


class TestAStart:
    def test_with_another_tracker_store_is_none(self, tmp_path: Path, model: str) -> None:
        wrong = (
            (ROOT / "endpoints.yml")
            .read_text(encoding="utf-8")
            .replace("bot.tracker_store.Volatile", "bot.tracker_store.Mistyped")
        )
        ended = serve(house(tmp_path, model, endpoints=wrong))
        assert ended.returncode == 1
        assert ended.stderr.strip().endswith(
            "Rasa's tracker store is InMemoryTrackerStore, not VolatileTrackerStore; look at endpoints.yml."
        )

    def test_with_a_second_channel_is_none(self, tmp_path: Path, model: str) -> None:
        ended = serve(house(tmp_path, model, credentials="bot.channel.GatewayChannel: {}\nrest:\n"))
        assert ended.returncode == 1
        assert "one channel" in ended.stderr

    def test_without_the_gateways_token_is_none(self, tmp_path: Path, model: str) -> None:
        ended = serve(house(tmp_path, model), VESTIBULE_GATEWAY_TOKEN="")
        assert ended.returncode == 1
        assert ended.stderr.startswith("VESTIBULE_GATEWAY_TOKEN is missing")

    def test_without_a_model_is_none(self, tmp_path: Path) -> None:
        for name in ("credentials.yml", "endpoints.yml"):
            shutil.copy(ROOT / name, tmp_path)
        ended = serve(tmp_path)
        assert ended.returncode == 1
        assert "bot.train_if_changed" in ended.stderr

    @pytest.mark.parametrize("module", ["bot.serve", "bot.actions"])
    def test_with_a_port_that_is_none_is_none(self, tmp_path: Path, module: str) -> None:
        settings = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "VESTIBULE_RASA_PORT": "many",
            "VESTIBULE_ACTIONS_PORT": "many",
        }
        ended = subprocess.run(
            [sys.executable, "-m", module], cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=240
        )
        assert ended.returncode == 1
        assert "is not a port" in ended.stderr

    def test_of_the_actions_needs_the_service_token(self, tmp_path: Path) -> None:
        settings = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(
            [sys.executable, "-m", "bot.actions"],
            cwd=tmp_path,
            env=settings,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert ended.returncode == 1
        assert "VESTIBULE_SERVICE_TOKEN is missing" in ended.stderr


class TestATurnThatFails:
    def test_did_not_happen_and_can_be_said_again(self, model: str, api: FormApiServer) -> None:
        with running_bot(api.url, api.token) as bot:
            visitor = bot.visitor()
            visitor.says("i want a demo")
            end(bot.actions)
            assert "something went wrong" in visitor.says("yes")
            assert visitor.offered == ["affirm", "deny"]
            log = bot.logs / "again.log"
            again = start("bot.actions", bot.environment, log)
            try:
                wait_for(f"http://127.0.0.1:{bot.environment['VESTIBULE_ACTIONS_PORT']}/health", again, log)
                assert "What is your name?" in visitor.presses("affirm")
            finally:
                end(again)

    def test_is_cut_and_not_consented_to_when_the_api_hangs_beyond_all_patience(
        self, model: str, api: FormApiServer
    ) -> None:
        with running_bot(api.url, api.token) as bot:
            visitor = bot.visitor()
            bot.actions.send_signal(19)  # SIGSTOP: it accepts and never answers
            try:
                assert "something went wrong" in visitor.says("i want a demo")
            finally:
                bot.actions.send_signal(18)
            visitor.says("yes")
            assert api.sent("/submissions") == []
            assert "What is your name?" not in visitor.heard

    def test_while_sending_may_have_sent_and_says_so(self, model: str, api: FormApiServer) -> None:
        with running_bot(api.url, api.token) as bot:
            visitor = bot.visitor()
            visitor.says("newsletter please", "yes", "anna@pine-villa.example", "yes")
            bot.actions.send_signal(19)  # SIGSTOP: it accepts and never answers
            try:
                assert "cannot tell whether your request has arrived" in visitor.presses("affirm:send")
                assert visitor.offered == ["try_again", "cancel"]
            finally:
                bot.actions.send_signal(18)
            assert "Sent. Your reference is" in visitor.presses("try_again")
            assert len(api.kept) == 1


class TestTheEnd:
    def test_comes_by_itself_after_sigterm(self, model: str, api: FormApiServer) -> None:
        with running_bot(api.url, api.token) as bot:
            RunningBot.visitor(bot)
            for process in (bot.rasa, bot.actions):
                process.terminate()
                process.wait(timeout=60)
