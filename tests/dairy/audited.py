"""A dairy's database, as an application wrote it in a quarter, and how its truths are asked for in a report.

What is true in it was counted from the BSON files by a script that shares nothing with intact. The tests hold those
figures; none comes from intact's output. Ids are cut to eight characters after ``ord_``, ``usr_``, ``sub_``, which is
unique within each collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import intact
from intact.findings import Finding, Report

HERE: Final = Path(__file__).parent
DUMP: Final = HERE / "dairy.tar.gz"
ROOT: Final = HERE.parents[1]
MODEL: Final = ROOT / "docs" / "dairy.yml"
AS_OF: Final = "2026-11-30"


def audit(model: Path | str = "delivery") -> Report:
    return intact.check(DUMP, model=model, as_of=AS_OF, show_personal=True)


def short(value: Any) -> str:
    """Give an id as the tests write it."""
    text = str(value)
    for prefix in ("ord_", "usr_", "sub_"):
        text = text.removeprefix(prefix)
    return text if text.startswith("cust-") else text[:8]


def findings(report: Report, type_: str, collection: str | None = None) -> Iterator[Finding]:
    for section in report.sections:
        for each in section.issues:
            if each.type == type_ and collection in {None, each.collection}:
                yield each


def count(report: Report, type_: str, collection: str | None = None) -> int:
    return sum(1 for _ in findings(report, type_, collection))


def which(found: Iterable[Finding], field: str) -> list[str]:
    """Give the ids that findings have at a field, shortened and sorted."""
    return sorted(short(each.fields[field]) for each in found)


def shorts(finding: Finding, field: str) -> list[str]:
    """Give the ids that one finding lists, shortened and sorted."""
    listed = finding.fields[field]
    assert isinstance(listed, list)
    return sorted(map(short, listed))


def total(found: Iterable[Finding], field: str = "amount") -> float:
    return round(sum(float(str(each.fields[field])) for each in found), 2)
