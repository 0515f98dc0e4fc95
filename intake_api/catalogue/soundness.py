"""What can be judged further once something wrong was found: a fault is told, its consequences are not."""

from collections.abc import Collection

from intake_api.catalogue.definitions import Form, Purpose
from intake_api.catalogue.form_source import form_file
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.sources import FIELDS, ORGANISATION, PURPOSES, RECIPIENTS, Sources, words_file
from intake_api.catalogue.yaml_file import LINE, WHOLE_FILE

# What decides how a purpose is agreed to and what it needs: with one of these wrong, no form of it can be judged.
_DECISIVE = ("", "basis", "confirmation", "needs")


class Soundness:
    """What the problems found so far leave sound. It looks at those it was made with, not at later ones."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self._wrong = {(problem.file, problem.key) for problem in problems}
        self.unreadable = frozenset(file for file, key in self._wrong if key == WHOLE_FILE or key.startswith(LINE))

    def file(self, file: str) -> bool:
        """Whether nothing in a file is wrong."""
        return all(wrong_file != file for wrong_file, _ in self._wrong)

    def entry(self, file: str, name: str) -> bool:
        """Whether an entry of a file, and all under it, is as it should be."""
        return file not in self.unreadable and not any(
            wrong_file == file and (key == name or key.startswith(f"{name}.")) for wrong_file, key in self._wrong
        )

    def form(self, form: Form) -> bool:
        """Whether a form's own file is as it should be."""
        return self.file(form_file(form.key))

    def can_judge(self, form: Form, purposes: Collection[str]) -> bool:
        """Whether what a form asks and what its purposes need can be held against each other."""
        return self.form(form) and all(
            purpose in purposes and (PURPOSES, ".".join(filter(None, (purpose, key)))) not in self._wrong
            for purpose in form.purposes
            for key in _DECISIVE
        )

    def can_show(self, form: Form, sources: Sources) -> bool:
        """Whether a form's texts can be put together as a visitor would read them."""
        purposes = [sources.purposes[name] for name in form.purposes if name in sources.purposes]
        return (
            self.can_judge(form, sources.purposes)
            and all(self.entry(PURPOSES, name) for name in form.purposes)
            and all(self.entry(FIELDS, field.name) for field in form.fields)
            and all(self._knows(purpose, sources) for purpose in purposes)
        )

    def can_speak(self, locale: str, sources: Sources) -> bool:
        """Whether a language has its file and an authority to complain to."""
        return words_file(locale) not in self.unreadable and sources.countries.get(locale) in sources.authorities

    def all_named(self) -> bool:
        """Whether every purpose, field, recipient and form is known, so that what is named nowhere is truly so."""
        parts = (ORGANISATION, RECIPIENTS, PURPOSES, FIELDS)
        return not any(file in parts or file.startswith("forms/") for file, _ in self._wrong)

    def _knows(self, purpose: Purpose, sources: Sources) -> bool:
        return all(name in sources.recipients and self.entry(RECIPIENTS, name) for name in purpose.recipients)
