"""The command line, one file per noun; each command calls one flow."""

import importlib
import sys

import click

from intake_api.log import failure, start_logging

COMMANDS = (
    "catalogue",
    "db",
    "deliveries",
    "evidence",
    "keys",
    "leads",
    "notices",
    "receipt",
    "rights",
    "staff",
    "worker",
)


class _Nouns(click.Group):
    """Loads a noun's file only when it is asked for, so that a small command starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        # The worker is a floor of its own beside this one; it is found by its name, like the files here.
        noun = importlib.import_module("intake_api.worker" if cmd_name == "worker" else f"intake_api.cli.{cmd_name}")
        command: click.Command = getattr(noun, cmd_name)
        return command


@click.command(cls=_Nouns, context_settings={"help_option_names": ["-h", "--help"]})
def entry() -> None:
    """Vestibule, the consent-first lead intake."""


def main() -> None:
    """Run a command; an expected error is one sentence and exit code 1, an unexpected one names its place only."""
    start_logging()
    try:
        entry(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 - one of the three doors: a traceback could print what a person typed
        if _is_expected(error):
            sys.exit(f"vestibule: {error}")
        failure("command.failed", error)
        sys.exit("vestibule: The command failed; the line above says where.")


def _is_expected(error: Exception) -> bool:
    """Say whether an error is our own, with a code: its text is a sentence to show, a library's may hold values."""
    return type(error).__module__.startswith("intake_api.") and hasattr(error, "code")
