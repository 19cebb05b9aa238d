"""What the findings of a rule mean: in the model's own words, else in its nouns, else as the check says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from intact.checks.base import target_name
from intact.checks.pages import SECTIONS, page
from intact.model.specs import Collection, Link, Model, Reconciliation, Rule

_FINDS, _MATTERS, _, _REPAIR, _ = SECTIONS

_WHAT: Final[Mapping[str, str]] = {
    "missing-link": "{Things} without a link to {others}: `{path}` is missing, null, or a list without a value.",
    "unmatched-link": "{Things} whose `{path}` finds none of the {others}: it is missing or null, or names one that"
    " does not exist.",
    "dangling-reference": "{Things} whose `{path}` names one of the {others} that does not exist. Where the same value"
    " exists with another type, letter case or white space around it, the finding says so.",
    "link-mismatch": "{Things} and {others} that are linked one way only.",
    "duplicate-value": "{Things} that share their `{path}` with others. Missing, null and blank values are nobody's"
    " duplicates.",
    "allowed-values": "{Things} whose `{path}` is none of {allowed}; a missing one included.",
    "double-entry": "{Subjects} with more than one {entry} in a calendar month. Each finding says what was booked, what"
    " is owed (what the {lines} come to; without {lines} the largest {entry}; in a month that has not ended the greater"
    " of the two), and what is over that.",
    "unreconciled-amount": "{Entries} whose amount is not what the {lines} of that month come to. Judged are months"
    " that have ended, with one {entry}, of {subjects} that exist.",
    "missing-entry": "{Subjects} with {lines} in a calendar month that has ended, and without any {entry} for it,"
    " unless the {lines} come to 0.",
}
"""What is found, in nouns, by kind; of a kind that is not here, its own page says it."""

_HOW: Final[Mapping[str, str]] = {
    "double-entry": "Compare the {entries} with the {lines}, cancel what is over, and give a credit if it has been"
    " paid. An overcharge of 0 means that the {entries} are parts of one: merge them, or leave them.",
    "unreconciled-amount": "Compare the {entry} with the {lines} of the month. Correct the {entry}, or what is wrong"
    " among the {lines} (a wrong state, a price that was changed).",
    "missing-entry": "Look first among the other {subjects} and months for the {entry} that was meant for this one,"
    " above all where `{marked}` is not 0. If there is none, make it.",
}
"""How to repair it, in nouns."""


def sections(rule: Rule, model: Model, docstring: str) -> Mapping[str, str]:
    """Return the sections of a check's page, which is its docstring, as they read for one rule."""
    told = dict(page(docstring).sections)
    nouns = _nouns(rule, model)
    for section, words in ((_FINDS, _WHAT), (_REPAIR, _HOW)):
        if nouns and rule.kind in words:
            told[section] = _capital(words[rule.kind].format(**nouns))
    own = {_FINDS: rule.what, _MATTERS: rule.why, _REPAIR: rule.repair}
    return told | {section: text for section, text in own.items() if text}


def _nouns(rule: Rule, model: Model) -> dict[str, str]:
    """Return what a rule is about in the model's nouns; nothing where one of them is not known."""
    if isinstance(rule.target, Link):
        return _of_link(rule, rule.target, model)
    if rule.target in model.reconciliations:
        return _of_reconciliation(model.reconciliations[target_name(rule)], model)
    return {}


def _of_link(rule: Rule, link: Link, model: Model) -> dict[str, str]:
    things = model.collections[link.collection]
    values = rule.options.get("values", things.values.get(link.path, ()))
    found = {
        "path": str(link.path),
        "allowed": ", ".join(json.dumps(each, ensure_ascii=False) for each in values)
        if isinstance(values, tuple)
        else "",
    }
    other = model.collections.get(things.references.get(link.path, ""))
    if not things.plural or (other and not other.plural):
        return {}
    return found | _named("thing", things) | (_named("other", other) if other else {})


def _of_reconciliation(declared: Reconciliation, model: Model) -> dict[str, str]:
    sides = {
        "subject": model.collections[declared.of],
        "entry": model.collections[declared.entries.collection],
        "line": model.collections[declared.lines.collection],
    }
    if not all(side.plural for side in sides.values()):
        return {}
    nouns = {"marked": declared.lines.marked_named}
    for name, side in sides.items():
        nouns |= _named(name, side)
    return nouns


def _named(name: str, collection: Collection) -> dict[str, str]:
    many = {"entry": "entries"}.get(name, f"{name}s")
    return {
        name: collection.noun,
        many: collection.plural,
        many.capitalize(): _capital(collection.plural),
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
