"""What a reader wants to know first: how many, which, since when, how much money, what to do, what is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from intact.core.terms import SEVERITIES
from intact.findings import Finding, Report, Section
from intact.findings.advice import advice
from intact.findings.causes import Cause
from intact.findings.digest import SectionDigest, TypeDigest
from intact.findings.lines import threshold_lines
from intact.findings.news import News, seen_text
from intact.findings.records import FindingExplanation
from intact.findings.words import amount_text, by_amount, counted, rule_name
from intact.reporters.console_words import money_name, not_checked
from intact.reporters.markdown.escape import code, marked, prose, text, value
from intact.reporters.markdown.gathering import ReportContent

_FIRST: Final = 3
"""Types of findings that are named under what to do first."""
_SHARED: Final = 3
"""Root causes that are named."""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def verdict(report: Report, summed: SectionDigest) -> str:
    """Say in one line how bad it is."""
    section = summed.section
    failing = sum(kind.failing for kind in summed.types)
    checked = not any(each.reasons for each in section.outcomes) and not report.troubles_total
    if failing:
        word = f"**ACT NOW: {failing:,} of {counted(summed.findings, 'finding')} cannot wait.**"
    elif summed.findings:
        word = f"**{counted(summed.findings, 'finding').capitalize()}, {severities(summed)}.**"
    else:
        word = "**Nothing found.**" if checked else "**Nothing found in what could be checked.**"
    rest = "" if checked else " Part of the audit could not be done: see What was not checked."
    return f"{word}{rest}\n"


def in_short(report: Report, summed: SectionDigest, found: ReportContent, since: News | None) -> str:
    """Answer the questions."""
    section = summed.section
    answers = [("How many?", _how_many(summed, found))]
    if summed.findings:
        answers += [
            ("Which?", _which(summed, found)),
            ("Since when?", _since(found) + _recorded(report, found, since)),
            ("How much money?", _money(summed, found, report.run.currency)),
            ("What first?", _first(summed, found, report.run.currency)),
            ("How to repair?", _repair(summed, section)),
        ]
    if stands := threshold_lines(report):
        answers.append(("Where does a run fail?", text("; ".join(stands)) + "."))
    answers.append(("Is anything unchecked?", _unchecked(report)))
    if notes := [
        f"{code(rule_name(section, each))}: {marked(note)}"
        for each in section.outcomes
        for note in each.notes
    ]:
        answers.append(("Is there more to know of a rule?", f"{'; '.join(notes)}."))
    if section.vanished or section.unconfirmed:
        answers.append(("Was it looked at again?", _again(section)))
    lines = [f"- **{question}** {answer}" for question, answer in answers]
    return "\n".join(["## In short", "", *lines, "\n"])


def severities(summed: SectionDigest) -> str:
    """Say how many findings there are of each severity."""
    found = [(name.lower(), count) for name in SEVERITIES if (count := summed.count(name))]
    if len(found) == 1 and found[0][1] == summed.findings:
        return f"all {found[0][0]}" if summed.findings > 1 else found[0][0]
    return ", ".join(f"{count:,} {name}" for name, count in found)


def money_text(money: Mapping[str, Decimal], currency: str | None) -> str:
    """Return amounts with their kinds, the most first."""
    return ", ".join(
        marked(f"{amount_text(amount, currency)} {money_name(kind)}") for kind, amount in by_amount(money)
    )


def shared(cause: Cause) -> str:
    """Name the values that the findings of a root cause share."""
    return ", ".join(f"{text(name)} {shown(each)}" for name, each in cause.fields.items())


def shown(each: object) -> str:
    """Write a value; what is missing or null in words."""
    return "missing" if each is None else value(each)  # type: ignore[arg-type]  # a finding's own value


def _how_many(summed: SectionDigest, found: ReportContent) -> str:
    name, total = summed.section.total
    said = f"{counted(summed.findings, 'finding')}"
    if summed.findings:
        said += f", {severities(summed)}"
    if total != summed.findings:
        said += f" ({code(name)} is {total:,})"
    if accepted := sum(kind.accepted for kind in summed.types):
        said += f"; {accepted:,} of them are accepted and do not make a run fail"
    if found.listed < summed.findings:
        said += f". This run lists {found.listed:,} of them, since it was limited"
    return f"{said}."


def _which(summed: SectionDigest, found: ReportContent) -> str:
    kinds = ", ".join(f"{kind.count:,} {code(kind.type)}" for kind in summed.types)
    said = f"{kinds}; each with its ids under What was found."
    together = [cause for cause in found.causes if cause.fields and cause.count > 1]
    together.sort(key=lambda cause: -cause.count)
    if together:
        named = "; ".join(f"{cause.count:,} with {shared(cause)}" for cause in together[:_SHARED])
        said += f" The most of one root cause: {named}."
    return said


def _since(found: ReportContent) -> str:
    if not found.dated:
        return "Not known: these findings carry no date."
    first, last = found.first, found.last
    said = f"Since {first}; the latest is of {last}." if first != last else f"All of {first}."
    if undated := found.listed - found.dated:
        said += (
            f" {counted(undated, 'finding')} of {found.listed:,} {'has' if undated == 1 else 'have'} no date."
        )
    return said


def _recorded(report: Report, found: ReportContent, since: News | None) -> str:
    """Say when a run first found one of these; nothing where that is this run, or all were found on one day."""
    seen = min((cause.seen for cause in found.causes if cause.seen), default=None)
    day = seen_text(since, seen, report)
    return f" The first of them was found by the run of {day}." if day else ""


def _money(summed: SectionDigest, found: ReportContent, currency: str | None) -> str:
    incomplete = sum(
        each.fields.get("amount_complete") is False
        for listed in found.types.values()
        for each in listed.findings
    )
    if not found.money:
        return (
            "None is counted: what these findings are about holds no amount."
            " That does not mean that no money is lost."
        )
    least = "At least " if found.listed < summed.findings or incomplete else ""
    said = f"{least}{money_text(found.money, currency)}."
    if incomplete:
        said += f" In {counted(incomplete, 'finding')} an amount could not be read, and counts 0."
    return said


def _first(summed: SectionDigest, found: ReportContent, currency: str | None) -> str:
    steps: list[str] = []
    waiting = [kind for kind in summed.types if kind.open]
    if not waiting:
        return "Nothing: all of them are accepted."
    for kind in waiting[:_FIRST]:
        at_stake = f", {money_text(kind.money, currency)}" if kind.money else ""
        begin = "" if steps else _begin(kind, found.latest.get(kind.type))
        steps.append(f"{kind.open:,} {code(kind.type)} ({text(kind.severity_text)}{at_stake}){begin}")
    return "; then ".join(steps) + "."


def _begin(kind: TypeDigest, latest: Finding | None) -> str:
    """Name the finding to begin with: the one with the most at stake, else the latest, whose traces are fresh."""
    if kind.count == 1:
        return ""
    dearest = kind.examples[0] if kind.examples else None
    if dearest is not None and dearest.money is not None:
        return f", beginning with {_named(dearest)}, which has the most at stake"
    return f", beginning with {_named(latest)}, the latest ({latest.when})" if latest is not None else ""


def _named(finding: Finding) -> str:
    name, identity = next(iter(finding.fields.items()))
    return f"{text(name)} {shown(identity)}"


def _repair(summed: SectionDigest, section: Section) -> str:
    near = sum(kind.near for kind in summed.types)
    said = []
    if near:
        whole = near == summed.findings
        of = (
            ("the one finding" if near == 1 else "all of them")
            if whole
            else f"{near:,} of {summed.findings:,}"
        )
        said.append(
            f"For {of} the record that is looked for exists, written otherwise (a near match):"
            " correct the reference."
        )
    ways: dict[str, list[str]] = {}
    for kind in summed.types[:_FIRST]:
        if way := advice(section, kind.type):
            ways.setdefault(_sentence(way), []).append(code(kind.type))
    said += [f"{', '.join(names)}: {way}" for way, names in ways.items()]
    return " ".join(said) + " More under each type below."


def _sentence(words: str) -> str:
    """Return the first sentences of a text, up to some two lines."""
    paragraph = prose(words).split("\n\n", maxsplit=1)[0]
    taken = ""
    for sentence in _SENTENCE.split(paragraph):
        if taken and len(taken) + len(sentence) > 200:
            break
        taken = f"{taken} {sentence}".strip()
    return taken


def explanation(section: Section, kind: TypeDigest) -> FindingExplanation | None:
    """Return what findings of a type mean; None where no rule makes them."""
    if kind.examples:
        return section.explanation(kind.examples[0])
    return next((each for each in section.explanations if each.type == kind.type), None)


def _unchecked(report: Report) -> str:
    entries = not_checked(report)
    if not entries:
        return "No: every check of this report was made, on every document that it reads."
    return f"**Yes, {counted(len(entries), 'thing')}**: see What was not checked."


def _again(section: Section) -> str:
    said = ["The database was being written to, so the documents of every finding were read once more."]
    if section.vanished:
        said.append(f"{section.vanished:,} were no longer wrong then, and are no findings.")
    if section.unconfirmed:
        said.append(f"{section.unconfirmed:,} could not be looked at again: they are marked unconfirmed.")
    return " ".join(said)
