"""Find what a template says in plain English, outside `_()`: it would stay English in every language."""

import re
from collections.abc import Iterator

from jinja2 import Environment, nodes

LETTERS = re.compile(r"[A-Za-z]{2}")
MARKUP = re.compile(r"<!--.*?-->|<!doctype[^>]*>|<code\b[^>]*>[^<]*</code>|<kbd>[^<]*</kbd>", re.DOTALL)
SAID_ATTRIBUTE = re.compile(r'\b(?:aria-label|placeholder|title|alt|data-side)="([^"]*)')
SENTENCE = re.compile(r"[a-z] [a-z]|^[A-Z][a-z]+")
TAG = re.compile(r"<[^<>]*>")
SAYS = ("_", "gettext", "ngettext", "pgettext")
# Names and marks, which are the same in every language.
ALIKE = re.compile(r"\b(?:Vestibule|CSV|XLSX|UTC|VB-0000-0000)\b|&\w+;")
ASIDE = ("width", "key", "common")
GAP = "\N{OBJECT REPLACEMENT CHARACTER}"  # where a value will stand


def unsaid_in(source: str) -> Iterator[str]:
    """Tell each text between tags, each attribute that is read, and each string in an expression that is left plain."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in SAYS and not _is_plain(call):
            yield f"line {call.lineno}: what is said must be written out"
    page = _flat(tree)
    page = MARKUP.sub("", page)
    attributes = [ALIKE.sub("", one) for one in SAID_ATTRIBUTE.findall(page)]
    texts = [ALIKE.sub("", one) for one in TAG.split(page)]
    for text in [*attributes, *texts]:
        if LETTERS.search(text):
            yield f"plain English: {' '.join(text.replace(GAP, '…').split())!r}"
    for output in tree.find_all(nodes.Output):
        for expression in output.nodes:
            yield from (f"line {output.lineno}: plain English: {one!r}" for one in _strings(expression))


def _is_plain(call: nodes.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], nodes.Const)


def _flat(tree: nodes.Template) -> str:
    """Return the page with a mark in the place of each value, all branches one after the other.

    What is no text of the page is left out: the width of its column, and attributes that are put together.
    """
    parts = []
    aside = {
        id(one)
        for part in tree.find_all((nodes.Block, nodes.Macro, nodes.AssignBlock))
        if _is_aside(part)
        for one in part.find_all(nodes.Output)
    }
    for output in tree.find_all(nodes.Output):
        if id(output) in aside:
            continue
        parts += [one.data if isinstance(one, nodes.TemplateData) else GAP for one in output.nodes]
    return "".join(parts)


def _is_aside(part: nodes.Node) -> bool:
    if isinstance(part, nodes.AssignBlock):
        return isinstance(part.target, nodes.Name) and part.target.name in ASIDE
    return isinstance(part, nodes.Block | nodes.Macro) and part.name in ASIDE


def _strings(expression: nodes.Node) -> Iterator[str]:
    """Return the strings that an expression may come to: of its branches, not of what it compares or looks up."""
    if isinstance(expression, nodes.Const):
        if isinstance(expression.value, str) and SENTENCE.search(expression.value):
            yield expression.value
        return
    for one in _branches(expression):
        yield from _strings(one)


def _branches(expression: nodes.Node) -> list[nodes.Node]:
    if isinstance(expression, nodes.CondExpr):
        return [one for one in (expression.expr1, expression.expr2) if one is not None]
    if isinstance(expression, nodes.Or | nodes.And):
        return [expression.right]
    if isinstance(expression, nodes.Concat):
        return list(expression.nodes)
    if isinstance(expression, nodes.Call) and isinstance(expression.node, nodes.Name):
        return [] if expression.node.name in (*SAYS, "url_for") else list(expression.args)
    return []
