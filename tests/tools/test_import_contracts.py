"""The import floors are kept by a machine, and the machine notices."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


class TestRulesArePure:
    @pytest.mark.parametrize(
        "line", ["import sqlalchemy", "import os", "from house.store import leads", "import urllib.request"]
    )
    def test_an_import_that_is_not_named_breaks_the_contract(self, house: Path, line: str) -> None:
        (house / "house/rules/contact.py").write_text(line + "\n")
        done = lint(house)
        assert done.returncode == 1
        assert "house.rules.contact imports" in done.stdout

    @pytest.mark.parametrize("line", ["import re", "import phonenumbers", "from house.rules import consent"])
    def test_the_standard_library_what_is_named_and_one_another_are_free(self, house: Path, line: str) -> None:
        (house / "house/rules/contact.py").write_text(line + "\n")
        assert lint(house).returncode == 0

    @pytest.fixture
    def house(self, tmp_path: Path) -> Path:
        for package in ("house", "house/rules", "house/store"):
            (tmp_path / package).mkdir()
            (tmp_path / package / "__init__.py").touch()
        (tmp_path / "house/rules/consent.py").touch()
        (tmp_path / "house/store/leads.py").touch()
        (tmp_path / "lint.toml").write_text(
            """
            [tool.importlinter]
            root_package = "house"
            include_external_packages = true
            contract_types = ["imports_only: tools.import_contracts.ImportsOnlyContract"]

            [[tool.importlinter.contracts]]
            name = "Pure"
            type = "imports_only"
            source_modules = ["house.rules"]
            allowed_packages = ["phonenumbers"]
            barred_standard = ["os", "urllib"]
            """
        )
        return tmp_path


class TestTheFloorsOfThisHouse:
    def test_every_module_has_its_floor(self) -> None:
        """`exhaustive` makes a new module without a floor an error; a name with brackets may be absent."""
        contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
        floors = next(contract for contract in contracts if contract["id"] == "floors")
        assert floors["exhaustive"] is True
        assert floors["containers"] == ["intake_api"]


def lint(house: Path) -> "subprocess.CompletedProcess[str]":
    command = [LINT, "--config", "lint.toml", "--no-cache", "--no-logo"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True)
