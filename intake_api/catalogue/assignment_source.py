"""The file `assignment.yml`, if there is one: which team is given which leads. Nobody is named in it."""

from collections.abc import Collection
from pathlib import Path

from intake_api.catalogue.entry import Entry
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.yaml_file import read_yaml
from intake_api.rules.assignment import Assignment, AssignmentRule

ASSIGNMENT = "assignment.yml"
PRESENT, ALL = "present", "all"
TEAM_LENGTH = 40
RULE_HOW = "Write a list: - {id: from_latvia, languages: [lv], team: sales, round_robin: present}."


def read_assignment(folder: Path, languages: Collection[str], problems: list[Problem]) -> Assignment:
    """Read teams and rules; without the file every lead is left to whoever takes it."""
    if not (folder / ASSIGNMENT).exists():
        return Assignment({})
    entry = Entry(ASSIGNMENT, "", read_yaml(folder, ASSIGNMENT, problems), problems)
    if any(problem.file == ASSIGNMENT for problem in problems):
        return Assignment({})
    entry.only("teams", "rules")
    teams = _teams(entry.entry("teams", "Write each team with what it is for: sales: Answers requests."))
    if not teams:
        return Assignment({})
    forms = sorted(path.stem for path in (folder / "forms").glob("*.yml"))  # also one with a fault that is told there
    rules: list[AssignmentRule] = []
    for item in entry.entries("rules", RULE_HOW):
        rule = _rule(item, teams, forms, languages)
        if rule.id in [one.id for one in rules]:
            item.wrong("id", f"is {rule.id}, as that of a rule before.", "Give each rule an id of its own.")
        _tell_hidden(item, rule, rules, forms, languages)
        rules.append(rule)
    return Assignment(teams, tuple(rules))


def _teams(entry: Entry) -> dict[str, str]:
    teams = {}
    for name in entry.values:
        if not _is_name(name):
            instead = f"Use at most {TEAM_LENGTH} lower-case letters, digits and underscores, and no person's name."
            entry.wrong(name, "is not a name we can use for a team.", instead)
        teams[name] = entry.text(name, "Say in a few words what this team does; staff read it.")
    return teams


def _rule(entry: Entry, teams: Collection[str], forms: Collection[str], languages: Collection[str]) -> AssignmentRule:
    entry.only("id", "forms", "languages", "team", "round_robin")
    name = entry.text("id", "Give the rule an id: it stands in the evidence of each lead it gives to somebody.")
    if name and not _is_name(name):
        entry.wrong("id", "is not an id we can use.", "Use lower-case letters, digits and underscores.")
    return AssignmentRule(
        id=name,
        team=entry.one_of("team", teams),
        forms=_known(entry, "forms", forms),
        languages=_known(entry, "languages", languages),
        only_present=entry.one_of("round_robin", (PRESENT, ALL)) != ALL,
    )


def _known(entry: Entry, name: str, known: Collection[str]) -> tuple[str, ...]:
    """Return what a rule narrows itself down to; left out, it is about all of them."""
    if name not in entry.values:
        return ()
    said = entry.words(name, f"Write some of: {', '.join(known)}. Left out, it is about all.")
    for one in said:
        if one not in known:
            entry.wrong(name, f"names {one}, which is not known.", f"Use of: {', '.join(known)}.")
    return said


def _tell_hidden(
    entry: Entry,
    rule: AssignmentRule,
    before: list[AssignmentRule],
    forms: Collection[str],
    languages: Collection[str],
) -> None:
    """Refuse a rule that no lead ever comes to: the ones before take them all."""
    about = [(form, one) for form in rule.forms or forms for one in rule.languages or languages]
    if about and all(any(other.fits(*kind) for other in before) for kind in about):
        instead = "Put it before them, or take it out: the first rule that fits is the one."
        entry.wrong("id", "is a rule that no lead comes to: those before it take them all.", instead)


def _is_name(name: str) -> bool:
    is_plain = name.isascii() and name.replace("_", "").isalnum() and name == name.lower()
    return is_plain and len(name) <= TEAM_LENGTH
