"""Strict YAML: what a person meant to write is what is read, or they are told where it is not.

No duplicate keys (the last one would win unseen), no aliases, no guessed types: `no` is a word and 1e3 is text. Only
whole numbers and the words true and false are read as more than text. Every text is in NFC, so that two ways of typing
one letter are one notice (V-02).
"""

import re
import unicodedata
from pathlib import Path

import yaml
from yaml.composer import Composer

from intake_api.catalogue.problems import Problem

WHOLE_FILE = "(file)"
LINE = "line "

_LARGEST = 200_000
_REORDERS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class _Loader(Composer, yaml.CSafeLoader):
    """libyaml reads (a tenth of the time of the scanner in Python), the composer in Python can be stricter."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way: each loader class has its table

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            said = "an alias (*name) is used; write the text out again"
            raise yaml.composer.ComposerError(None, None, said, self.get_event().start_mark)  # type: ignore[union-attr,arg-type]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                said = "a key is not a word; put it in quotes if it is meant as one"
                raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
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
            Problem(file, WHOLE_FILE, "does not exist.", "Make it; docs/catalogue.md says what stands in it.")
        )
        return {}
    except OSError as error:
        wrong = f"cannot be read: {error.strerror}."
        problems.append(Problem(file, WHOLE_FILE, wrong, "Make it a plain file that this service may read."))
        return {}
    except UnicodeDecodeError:
        problems.append(Problem(file, WHOLE_FILE, "is not UTF-8 text.", "Save it as UTF-8."))
        return {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.append(
            Problem(file, _place(error), f"is not YAML as we read it: {_said(error)}.", "Correct that line.")
        )
        return {}
    if not isinstance(content, dict):
        problems.append(Problem(file, WHOLE_FILE, "is not a list of `key: value`.", "Begin each entry with its key."))
        return {}
    return {name: _composed(file, name, value, problems) for name, value in content.items()}


def _composed(file: str, key: str, value: object, problems: list[Problem]) -> object:
    """Return a value with all its texts in NFC, and refuse the characters that no published text may hold."""
    if isinstance(value, str):
        if odd := _odd(value):
            problems.append(Problem(file, key, f"holds {odd}, which cannot be shown.", "Type it again without it."))
            value = "".join(character for character in value if not _odd(character))
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_composed(file, f"{key}.{at}", item, problems) for at, item in enumerate(value, start=1)]
    if isinstance(value, dict):
        return {name: _composed(file, f"{key}.{name}", item, problems) for name, item in value.items()}
    return value


def _odd(text: str) -> str:
    """Name the first character that is unseen, unassigned, private, or turns the others round."""
    for character in text:
        hides = unicodedata.category(character) in ("Cc", "Cn", "Co") or character in _REORDERS
        if hides and character != "\n":
            return f"the character U+{ord(character):04X}"
    return ""


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{LINE}{mark.line + 1}" if mark else WHOLE_FILE


def _said(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error)
