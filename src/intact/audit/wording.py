"""What a report says in words: what each finding is, what the findings of a rule mean, and what to do about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest

from intact.checks import BY_NAME, meaning, pages
from intact.checks.base import Draft
from intact.core import mongosh
from intact.core.terms import UNREADABLE, Severity
from intact.core.values import JsonValue
from intact.findings.records import FindingExplanation
from intact.findings.words import amount_text, is_doubtful
from intact.model import templates
from intact.model.specs import Model, ReportSpec, Rule

Caveat = tuple[str, bool]
"""What to do before anything that a rule's findings advise, and whether it is all there is to do."""

_WRONG_FIELD = (
    "A rule that names a field that is not there finds what is no fault: correct the model, run again, and change"
    " nothing in the data before."
)


def places_text(places: Counter[tuple[str, str]], found: int) -> tuple[str, ...]:
    """Say where the values of how many findings are found, a sentence each, most first."""
    return tuple(
        f"{count:,} of {found:,} {'are ids' if count > 1 else 'is an id'} of {collection} ({collection}.{field})"
        for (collection, field), count in places.most_common()
    )


def caveat(dead: Sequence[str], doubts: Sequence[str]) -> Caveat:
    """Say what to do before all else where the rule is probably what is wrong; empty where it is not.

    Args:
        dead: Which fields that the rule rests on have a value in no document.
        doubts: Why it is probably wrong though they have.
    """
    if dead:
        return f"Check first which field is meant: {'; '.join(dead)}. {_WRONG_FIELD}", True
    return f"Check first whether the rule is right: {'; '.join(doubts)}. If it is: " if doubts else "", False


def explanations(
    report: ReportSpec, model: Model, *, unreadable: bool, caveats: Sequence[Caveat] = ()
) -> tuple[FindingExplanation, ...]:
    """Say of each rule of a report what its findings mean, and of values that could not be read, if there are any.

    Args:
        report: Whose rules.
        model: The model.
        unreadable: Whether there are such values.
        caveats: What to do before what each rule advises, in the rules' order.
    """
    told = tuple(
        _explanation(rule, model, before or ("", False))
        for rule, before in zip_longest(report.rules, caveats[: len(report.rules)])
    )
    return (*told, _unreadable_explanation()) if unreadable else told


def _explanation(rule: Rule, model: Model, before: Caveat) -> FindingExplanation:
    check = BY_NAME[rule.kind]
    finds, matters, _, repair, blind = pages.SECTIONS
    told = meaning.sections(rule, model, check.__doc__ or "")
    first, is_all = before
    return FindingExplanation(
        type=rule.finding,
        check=check_name(rule),
        severity=rule.severity.value,
        what=told[finds],
        why=told[matters],
        repair=first if is_all else first + told[repair],
        cannot_see=told[blind],
        mongosh=check.mongosh(rule, model),
        url=pages.url(rule.kind),
    )


def _unreadable_explanation() -> FindingExplanation:
    finds, matters, _, repair, blind = (
        pages.page(pages.UNREADABLE_PAGE).sections[name] for name in pages.SECTIONS
    )
    url = pages.url(pages.UNREADABLE_KIND)
    return FindingExplanation(UNREADABLE, "", Severity.HIGH.value, finds, matters, repair, blind, "", url)


def check_name(rule: Rule) -> str:
    """Name the check of a rule, as the model does."""
    return f"{rule.kind} {rule.target}"


def description_of(rule: Rule, draft: Draft, fields: Mapping[str, JsonValue]) -> str:
    """Describe a finding as its rule does."""
    values = {"collection": draft.collection, **fields}
    words = {
        # What is only shown (a status, a phone) is no id that anyone would paste, and stands as it is.
        name: _missing(name, rule)
        if values.get(name) is None
        else _word(values[name], plain=name in draft.taken or name in _OWN_WORDS)
        for name in templates.fields(rule.description)
    }
    return templates.fill(rule.description, words)


def _missing(name: str, rule: Rule) -> str:
    """Stand in a sentence for a value that is not there: a reader of "null days" asks what that is."""
    if name == "days_pending":
        return "an unknown number of"
    return "(none)" if name in BY_NAME[rule.kind].KIND.fields else "(missing)"


def unreadable_text(collection: str, fields: Mapping[str, JsonValue]) -> str:
    """Describe a value that cannot be read."""
    field, value, kind = (fields[name] for name in ("field", "value", "value_type"))
    shown = "null" if value is None else f"{_word(value, plain=True)} ({kind})"
    said = f"{collection}: {field} is {shown}, which cannot be read"
    if "year" in fields:
        said += f": its year, {fields['year']}, is none of 1 to 9999"
    others = fields.get("read_as")
    if isinstance(others, dict):
        said += "; " + ", ".join(
            f"as {unit} since 1970 it would be {moment}" for unit, moment in others.items()
        )
    return said


def _word(value: JsonValue, *, plain: bool = False) -> str:
    """Write a value in a description as mongosh does; text as it is unless it would be taken for another value.

    A description is one line: a line break in text is written as its escape.
    """
    if isinstance(value, Decimal):
        return amount_text(value)
    if (
        not isinstance(value, str)
        or value != value.strip()
        or not value
        or (not plain and is_doubtful(value))
    ):
        return mongosh.literal(value)
    return _LINE_BREAK.sub(lambda found: found[0].encode("unicode_escape").decode(), value)


_LINE_BREAK = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_OWN_WORDS = frozenset({"collection", "action", "period", "suggestion"})
"""Fields whose text is a name or a word of intact's own."""
