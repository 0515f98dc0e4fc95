"""Strict YAML: what a person meant to write is what is read, or they are told where it is not.

No duplicate keys (the last one would win unseen), no aliases, no guessed types: `no` is a word and 1e3 is text. Only
whole numbers and the words true and false are read as more than text.
"""

import re
from pathlib import Path

import yaml

from intake_api.catalogue.model import Problem

_LARGEST = 200_000


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way: each loader class has its table

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            said = "an alias (*name) is used; write the text out again"
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, said, mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)\Z"), ["t", "f"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9][0-9]{0,8})\Z"), list("-0123456789"))


def read_yaml(folder: Path, file: str, problems: list[Problem]) -> dict[str, object]:
    """Read one file of the catalogue as a mapping; on trouble add a Problem and return an empty mapping."""
    try:
        text = (folder / file).read_bytes().decode("utf-8")
        if len(text) > _LARGEST:
            raise yaml.YAMLError(f"it is longer than {_LARGEST} characters")
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a SafeLoader, made stricter
    except FileNotFoundError:
        problems.append(
            Problem(file, "(file)", "does not exist.", "Make it; docs/catalogue.md says what stands in it.")
        )
        return {}
    except UnicodeDecodeError:
        problems.append(Problem(file, "(file)", "is not UTF-8 text.", "Save it as UTF-8."))
        return {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.append(
            Problem(file, _place(error), f"is not YAML as we read it: {_said(error)}.", "Correct that line.")
        )
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        problems.append(Problem(file, "(file)", "is not a list of `key: value`.", "Begin each entry with its key."))
        return {}
    return content


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark else "(file)"


def _said(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error)
