"""`make run`: the whole house on free ports with its state in a folder of the test."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from intake_api.settings import DESTINATIONS
from tests.ports import free_port
from tools.development_secrets import write_development_secrets
from tools.house import read_house

ROOT = Path(__file__).resolve().parents[2]
DOORS = ("PUBLIC", "REVIEW", "INTERNAL", "RASA", "ACTIONS")
END_WITHIN = 60  # seconds: for an end that hangs, not a measure
GIBIBYTE = 2**30

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


class TestARunningHouse:
    def test_says_where_it_is_and_how_to_sign_in(self, running: "Running") -> None:
        assert f"Landing page   http://127.0.0.1:{running.ports['PUBLIC']}/" in running.printed
        assert f"Review queue   http://127.0.0.1:{running.ports['REVIEW']}/" in running.printed
        assert "with the one-time password" in running.printed

    @pytest.mark.parametrize(
        ("door", "path"), [("PUBLIC", "/v1/forms?locale=en"), ("REVIEW", "/healthz"), ("INTERNAL", "/healthz")]
    )
    def test_each_door_answers(self, running: "Running", door: str, path: str) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{running.ports[door]}{path}", timeout=30) as answer:
            assert answer.status == 200

    def test_leads_from_page_and_chat_go_the_whole_way(self, running: "Running") -> None:
        journey = [sys.executable, "-m", "tests.e2e.journey", *(running.url(door) for door in ("PUBLIC", "REVIEW"))]
        command_line = [sys.executable, "-m", "intake_api"]
        house = read_house(ROOT, environment(running.state, running.ports))
        done = subprocess.run(
            [*journey, "--", *command_line],
            cwd=ROOT,
            env=dict(house.environment),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count(" is delivered\n") == 2

    def test_everything_listens_on_loopback_only(self, running: "Running") -> None:
        listening = {
            connection.laddr
            for process in running.tree()
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert {address.port for address in listening} == set(running.ports.values())
        assert {address.ip for address in listening} == {"127.0.0.1"}

    def test_stays_under_a_gibibyte(self, running: "Running") -> None:
        assert sum(process.memory_info().rss for process in running.tree()) < GIBIBYTE

    def test_no_secret_stands_in_a_process_s_arguments(self, running: "Running") -> None:
        secrets = [file.read_text().strip() for file in (running.state / "secrets").iterdir()]
        assert len(secrets) == 7
        arguments = [argument for process in running.tree() for argument in process.cmdline()]
        assert not [secret for secret in secrets for argument in arguments if secret in argument]

    def test_the_bot_knows_no_key_and_no_database(self, running: "Running") -> None:
        known = [process.environ() for process in running.tree() if "bot." in " ".join(process.cmdline())]
        assert len(known) == 2
        private = {"VESTIBULE_DATABASE_URL", "VESTIBULE_SECRETS_DIR", "VESTIBULE_MASTER_KEY"}
        assert not [name for names in known for name in names if name in private]

    def test_a_second_one_on_the_same_ports_says_which_are_in_use(self, running: "Running", tmp_path: Path) -> None:
        code, said = run_to_the_end(tmp_path, running.ports)
        assert code == 1
        assert f"make run: Port {running.ports['PUBLIC']} (the public door) and port" in said
        assert "are in use: end what uses them, or set VESTIBULE_PUBLIC_PORT and VESTIBULE_REVIEW_PORT" in said
        assert list(tmp_path.glob("**/*")) == []

    def test_a_second_one_with_the_same_state_is_kept_out(self, running: "Running") -> None:
        code, said = run_to_the_end(running.state, free_ports())
        assert code == 1
        assert said == (
            f"make run: Another copy runs with the state in {running.state}: end it, "
            "or give this one VESTIBULE_VAR=another-folder.\n"
        )


class TestEnding:
    def test_ctrl_c_ends_everything_and_leaves_nothing(self, house: "Start") -> None:
        running = house()
        tree = running.tree()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=END_WITHIN) == 0
        assert psutil.wait_procs(tree, END_WITHIN)[1] == []
        assert running.everything_printed().endswith("Everything is ended.\n")

    def test_one_process_that_dies_ends_all_with_a_sentence(self, house: "Start") -> None:
        running = house()
        tree = running.tree()
        next(process for process in tree if process.cmdline()[-2:] == ["intake_api", "worker"]).kill()
        assert running.process.wait(timeout=60) == 1
        assert running.everything_printed().endswith("make run: worker was ended by SIGKILL, so everything is ended.\n")
        assert psutil.wait_procs(tree, END_WITHIN)[1] == []

    @pytest.fixture
    def house(self, tmp_path: Path) -> Iterator["Start"]:
        started: list[Running] = []

        def start() -> Running:
            started.append(Running(tmp_path, free_ports()))
            started[-1].wait_until_ready()
            return started[-1]

        yield start
        for running in started:
            running.clean_up()


class TestNothingIsHalfStarted:
    def test_a_port_in_use_is_said_before_anything_is_made(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            ports = {**free_ports(), "RASA": other.getsockname()[1]}
            code, said = run_to_the_end(tmp_path, ports)
        assert (code, said) == (
            1,
            f"make run: Port {ports['RASA']} (Rasa) is in use: end what uses it, or set VESTIBULE_RASA_PORT.\n",
        )
        assert list(tmp_path.glob("**/*")) == []

    def test_a_broken_catalogue_is_said_with_its_file(self, tmp_path: Path) -> None:
        shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue")
        (tmp_path / "catalogue/purposes.yml").write_text("purposes: [\n")
        code, said = run_to_the_end(tmp_path / "state", free_ports(), VESTIBULE_CATALOGUE=str(tmp_path / "catalogue"))
        assert code == 1
        assert said.startswith("make run: The catalogue cannot be used.\n")
        assert "purposes.yml" in said
        assert not (tmp_path / "state").exists()

    @pytest.mark.parametrize("port", ["eighty", "0", "65536"])
    def test_a_port_that_is_none_is_said(self, tmp_path: Path, port: str) -> None:
        code, said = run_to_the_end(tmp_path, {}, VESTIBULE_PUBLIC_PORT=port)
        assert (code, said) == (
            1,
            f"make run: VESTIBULE_PUBLIC_PORT is {port!r}; write a port number from 1 to 65535.\n",
        )

    def test_two_doors_on_one_port_are_said(self, tmp_path: Path) -> None:
        code, said = run_to_the_end(tmp_path, {"PUBLIC": 8081})
        assert code == 1
        assert said.startswith("make run: Two of VESTIBULE_…_PORT name the same port: PUBLIC 8081, REVIEW 8081")

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("MODE", "prod", "VESTIBULE_MODE is 'prod'; write one of: production, development, test."),
            (
                "DESTINATION",
                "ftp",
                f"VESTIBULE_DESTINATION is 'ftp'; write one of: {', '.join(DESTINATIONS)}.",
            ),
            (
                "DATABASE_URL",
                "mysql://zq7f3@127.0.0.1/x",
                "VESTIBULE_DATABASE_URL cannot be used; write one that begins sqlite:/// or postgresql+psycopg://.",
            ),
        ],
    )
    def test_a_setting_that_cannot_be_used_is_said_before_anything_is_made(
        self, tmp_path: Path, name: str, value: str, sentence: str
    ) -> None:
        code, said = run_to_the_end(tmp_path / "state", free_ports(), **{f"VESTIBULE_{name}": value})
        assert (code, said) == (1, f"make run: {sentence}\n")
        assert not (tmp_path / "state").exists()

    @pytest.mark.parametrize(
        ("settings", "sentence"),
        [
            (
                {"VESTIBULE_MASTER_KEY": "zq7f3"},
                "VESTIBULE_MASTER_KEY is not base64; make one with: openssl rand -base64 32",
            ),
            (
                {"VESTIBULE_DESTINATION": "webhook", "VESTIBULE_WEBHOOK_URL": "http://crm.company.example"},
                "VESTIBULE_WEBHOOK_URL does not begin with https://.",
            ),
            (
                {"VESTIBULE_DESTINATION_RECIPIENT": "nobody"},
                "VESTIBULE_DESTINATION_RECIPIENT is 'nobody', which no notice names: use crm, mail.",
            ),
            ({"VESTIBULE_MAIL_FROM": "nobody"}, "VESTIBULE_MAIL_FROM is not one e-mail address"),
        ],
    )
    def test_what_a_worker_or_a_door_would_die_of_is_said_before_the_model_is_trained(
        self, tmp_path: Path, settings: dict[str, str], sentence: str
    ) -> None:
        code, said = run_to_the_end(tmp_path, free_ports(), **settings)
        *before, last = said.splitlines()
        assert (code, last[: len(sentence) + 10]) == (1, f"make run: {sentence}")
        assert [line for line in before if not line.startswith("secrets ")] == []

    def test_sec47_other_keys_than_the_database_was_made_with_are_said_before_anything_starts(
        self, tmp_path: Path
    ) -> None:
        house = read_house(ROOT, environment(tmp_path, free_ports()))
        write_development_secrets(house)
        for words in (["db", "upgrade"], ["staff", "first", "--json"]):
            command = [sys.executable, "-m", "intake_api", *words]
            subprocess.run(command, cwd=ROOT, env=dict(house.environment), check=True, capture_output=True, timeout=120)
        (tmp_path / "secrets/master_key").unlink()
        code, said = run_to_the_end(tmp_path, free_ports())
        assert code == 1
        assert said.splitlines()[-1].startswith("make run: VESTIBULE_MASTER_KEY ")
        assert "Traceback" not in said
        assert "train" not in said

    @pytest.mark.parametrize("state", ["file", "file/inside"])
    def test_a_state_that_can_be_no_folder_is_said(self, tmp_path: Path, state: str) -> None:
        (tmp_path / "file").write_text("mine")
        code, said = run_to_the_end(tmp_path / state, free_ports())
        why = "it is a file" if state == "file" else "Not a directory"
        sentence = f"VESTIBULE_VAR is {str(tmp_path / state)!r}, which cannot be used as a folder ({why})"
        assert (code, said) == (1, f"make run: {sentence}; name another one.\n")
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_folder_that_was_there_stays(self, tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        code, _ = run_to_the_end(tmp_path / "state", free_ports(), VESTIBULE_CATALOGUE="nowhere")
        assert code == 1
        assert list((tmp_path / "state").iterdir()) == []


@pytest.fixture(scope="class")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Running"]:
    house = Running(tmp_path_factory.mktemp("state"), free_ports())
    try:
        house.wait_until_ready()
        yield house
    finally:
        house.clean_up()


class Running:
    """A house under way; what it prints is read as it comes."""

    def __init__(self, state: Path, ports: dict[str, int]) -> None:
        self.state = state
        self.ports = ports
        self.printed = ""
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.run"],
            cwd=ROOT,
            env=environment(state, ports),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_until_ready(self) -> None:
        with self._news:
            came = self._news.wait_for(lambda: "Ctrl-C ends it." in self.printed or self._is_over(), timeout=300)
        assert came, self.printed
        assert self.process.poll() is None, self.printed

    def url(self, door: str) -> str:
        return f"http://127.0.0.1:{self.ports[door]}"

    def tree(self) -> list[psutil.Process]:
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def everything_printed(self) -> str:
        self._reader.join(timeout=60)
        return self.printed

    def clean_up(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join(timeout=60)
            self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout:
            with self._news:
                self.printed += line
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _is_over(self) -> bool:
        return self.process.poll() is not None


Start = Callable[[], Running]


def run_to_the_end(state: Path, ports: dict[str, int], **settings: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env={**environment(state, ports), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout


def environment(state: Path, ports: dict[str, int]) -> dict[str, str]:
    """The caller's environment without its settings of a house, and ours."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE_")}
    return {
        **outside,
        "VESTIBULE_VAR": str(state),
        **{f"VESTIBULE_{name}_PORT": str(port) for name, port in ports.items()},
    }


def free_ports() -> dict[str, int]:
    return {door: free_port() for door in DOORS}
