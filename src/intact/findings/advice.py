"""How findings of a type are repaired, where several rules of a report make them."""

from __future__ import annotations

from intact.findings.records import FindingExplanation, Section


def explained(section: Section, type_: str) -> list[FindingExplanation]:
    """Return what findings of a type mean: of the checks that made any, else of all that may."""
    made = {each.check for each in section.outcomes if each.type == type_ and each.findings}
    all_ = [each for each in section.explanations if each.type == type_]
    return [each for each in all_ if each.check in made] or all_


def advice(section: Section, type_: str) -> str:
    """Say how findings of a type are repaired: once, or for each check where it is not the same."""
    ways: dict[str, list[str]] = {}
    for each in explained(section, type_):
        ways.setdefault(each.repair, []).append(f"`{each.check}`")
    said = [f"{', '.join(checks)}: {way}" for way, checks in ways.items() if way]
    return "\n\n".join(said) if len(ways) > 1 else next(iter(ways), "")
