"""What is wrong in a catalogue, said so that it can be put right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the catalogue, said so that it can be put right without reading code."""

    file: str
    key: str
    wrong: str
    instead: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.file}: {self.key}: {self.wrong} {self.instead}"


class CatalogueError(Exception):
    """The catalogue does not load. `problems` are all that were found, in the order of the files; never empty."""

    code = "catalogue_invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")
