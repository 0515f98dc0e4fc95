"""Making the environments: from a hash-checked lock, whole or not at all, with the right Python or one sentence."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.environments import Environment, EnvironmentFailed, find_bot_python, make_environment

ROOT = Path(__file__).resolve().parents[2]


class TestMakingAnEnvironment:
    def test_holds_what_the_lock_says_and_is_left_alone_afterwards(self, small: Environment) -> None:
        assert make_environment(small, this_python)
        assert imported_by(small) == "1"
        assert not make_environment(small, no_python)

    def test_one_left_half_made_is_made_again(self, small: Environment) -> None:
        make_environment(small, this_python)
        (small.folder / "made-from-lock").unlink()
        next(small.folder.glob("lib/*/site-packages/tiny.py")).unlink()
        assert make_environment(small, this_python)
        assert imported_by(small) == "1"

    def test_a_changed_lock_changes_it(self, small: Environment, tmp_path: Path) -> None:
        make_environment(small, this_python)
        small.lock.write_text(locked(wheel(tmp_path, version="2")))
        assert make_environment(small, this_python)
        assert imported_by(small) == "2"

    def test_one_that_was_moved_is_made_anew(self, small: Environment, tmp_path: Path) -> None:
        make_environment(small, this_python)
        moved = Environment(small.name, small.holds, tmp_path / "moved", small.lock)
        small.folder.rename(moved.folder)
        assert make_environment(moved, this_python)
        assert str(small.folder) not in (moved.folder / "bin/activate").read_text()

    def test_one_that_another_copy_links_to_is_left_alone(self, small: Environment, tmp_path: Path) -> None:
        make_environment(small, this_python)
        linked = Environment(small.name, small.holds, tmp_path / "linked", small.lock)
        linked.folder.symlink_to(small.folder)
        assert not make_environment(linked, no_python)

    def test_a_package_that_is_not_what_its_hash_says_is_refused(self, small: Environment) -> None:
        small.lock.write_text(small.lock.read_text().replace("sha256:", "sha256:" + "0" * 64 + " #"))
        with pytest.raises(EnvironmentFailed, match=r"(?s)^small cannot be made:.*[Hh]ash"):
            make_environment(small, this_python)
        assert not (small.folder / "made-from-lock").exists()

    def test_a_missing_lock_is_said(self, small: Environment) -> None:
        small.lock.unlink()
        with pytest.raises(EnvironmentFailed, match=r"is missing: make it with `make lock`\."):
            make_environment(small, this_python)

    @pytest.fixture
    def small(self, tmp_path: Path) -> Environment:
        lock = tmp_path / "small.txt"
        lock.write_text(locked(wheel(tmp_path, version="1")))
        return Environment("small", "one tiny package", tmp_path / "small", lock)


class TestFindingThePythonForRasa:
    def test_finds_one_that_runs(self) -> None:
        version = subprocess.run([find_bot_python(), "--version"], capture_output=True, text=True, check=True).stdout
        assert version.startswith("Python 3.10.")

    def test_passes_over_one_that_does_not_run_and_takes_the_one_under_pyenv(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        real = find_bot_python()
        broken = program(tmp_path / "bin/python3.10", "exit 127")
        under_pyenv = program(tmp_path / "pyenv/versions/3.10.99/bin/python3.10", f'exec "{real}" "$@"')
        monkeypatch.setenv("PATH", str(broken.parent))
        monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
        assert find_bot_python() == under_pyenv

    def test_the_one_that_was_named_is_used_or_refused_never_replaced(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("BOT_PYTHON", str(program(tmp_path / "python3.10", "exit 1")))
        with pytest.raises(EnvironmentFailed, match=r"^Rasa needs Python 3\.10, which was not found: .* Get it with"):
            find_bot_python()


class TestMake:
    def test_a_python_that_is_too_old_is_said_in_one_sentence(self, tmp_path: Path) -> None:
        for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
            program(tmp_path / name, "exit 1")
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["make", "environments"], cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True
        )
        assert done.returncode != 0
        assert done.stderr.startswith(
            "make: Python 3.11 or later is needed and not on the PATH: install one, or name it"
        )

    def test_help_is_the_default_and_explains_every_target(self) -> None:
        done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)
        explained = {line.split()[1] for line in done.stdout.splitlines()}
        assert explained >= {"help", "run", "test", "check", "fix", "bench", "lock", "clean"}


def this_python() -> Path:
    return Path(sys.executable)


def no_python() -> Path:
    raise AssertionError("there is nothing to make")


def imported_by(environment: Environment) -> str:
    command = [environment.folder / "bin/python", "-c", "import tiny; print(tiny.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def wheel(folder: Path, *, version: str) -> Path:
    """Make a package of one module, so that nothing is fetched from anywhere."""
    file = folder / f"tiny-{version}-py3-none-any.whl"
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tiny.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


def locked(file: Path) -> str:
    return f"tiny @ {file.as_uri()} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def program(file: Path, line: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
    return file
