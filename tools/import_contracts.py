"""The one import contract that the linter does not bring along: a package that may import only what is named."""

from __future__ import annotations

import sys
from typing import Any

import grimp
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules


class ImportsOnlyContract(Contract):
    """Says that some packages import only themselves, the standard library and the packages named.

    Options: ``source_modules``, ``allowed_packages`` (packages from outside), ``barred_standard`` (modules of the
    standard library that are not allowed all the same). A list of what is forbidden would let every new package in.
    """

    type_name = "imports_only"

    source_modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed_packages = fields.SetField(subfield=fields.StringField(), required=False)
    barred_standard = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        allowed = (sys.stdlib_module_names - self._names("barred_standard")) | self._names("allowed_packages")
        breaks: list[str] = []
        for module in sorted(self._sources(graph)):
            imported = sorted(graph.find_modules_directly_imported_by(module))
            outside = [name for name in imported if not self._is_inside(name) and name.split(".")[0] not in allowed]
            breaks += [f"{module} imports {name}" for name in outside]
        return ContractCheck(kept=not breaks, metadata={"breaks": breaks})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["breaks"]:
            output.print_error(f"- {line}", bold=True)
        output.new_line()

    def _sources(self, graph: grimp.ImportGraph) -> set[str]:
        expressions: Any = self.source_modules
        return {module.name for module in module_expressions_to_modules(graph, expressions, as_packages=True)}

    def _is_inside(self, module: str) -> bool:
        expressions: Any = self.source_modules
        return any((module + ".").startswith(f"{expression.expression}.") for expression in expressions)

    def _names(self, option: str) -> frozenset[str]:
        return frozenset(getattr(self, option) or ())
