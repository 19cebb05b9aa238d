"""What spares an audit time changes nothing of what it says: with each shortcut and without, the report is the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.checks import context, coverage, near
from intact.engine import DuckEngine, duck
from intact.findings import to_document
from tests.sample_data import DEMO_AS_OF, write_dump


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small business with faults of every kind."""
    folder = tmp_path_factory.mktemp("shortcuts")
    write_dump(folder, orders=400, seed=5, faults=2, as_of=DEMO_AS_OF)
    return folder / "delivery"


def audit(dump: Path) -> dict[str, Any]:
    report = intact.check(dump, model="delivery", as_of=DEMO_AS_OF, show_personal=True)
    told: dict[str, Any] = to_document(report)
    return {name: value for name, value in told.items() if name not in {"generated_at", "intact", "source"}}


@pytest.fixture(scope="module")
def usual(dump: Path) -> dict[str, Any]:
    return audit(dump)


def nothing(*_: object, **__: object) -> None:
    """Know no example, and none of the references."""


def slowly(patch: pytest.MonkeyPatch) -> None:
    """Join with all documents, ask all of them what holds, look what forms ids have, and know nothing beforehand."""
    patch.setattr(context, "_FEW", 10**9)
    patch.setattr(coverage, "_FEW", 1)
    patch.setattr(near, "_MANY", 0)
    patch.setattr(DuckEngine, "example", nothing)
    patch.setattr(DuckEngine, "has_element", lambda *_: False)
    patch.setattr(context, "strays", nothing)


WITHOUT: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "what the checks spare": slowly,
    "columns read where they are": lambda patch: patch.setattr(duck, "_HELD", 0),
    "the native part": lambda patch: patch.setenv("INTACT_PROJECTOR", "pure"),
}


@pytest.mark.parametrize("shortcut", WITHOUT)
def test_a_report_is_the_same_without(
    shortcut: str, dump: Path, usual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    WITHOUT[shortcut](monkeypatch)
    assert audit(dump) == usual


def test_a_report_is_the_same_where_few_documents_have_a_table_of_their_own(
    dump: Path, usual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The sample is smaller than what is few, so without this the table of its own would never be made.
    monkeypatch.setattr(context, "_FEW", 100)
    monkeypatch.setattr(coverage, "_FEW", 20)
    assert audit(dump) == usual


NUMBERS = (
    *("checks.near._AT_ONCE", "checks.near._BEGINNING", "checks.near._MANY", "checks.normalisation._AT_ONCE"),
    *(
        "checks.references._AT_ONCE",
        "checks.context._FEW",
        "checks.coverage._FEW",
        "engine.duck._ROWS_AT_ONCE",
    ),
    *(
        "findings.spool.IN_MEMORY",
        "findings.spool._CHUNK",
        "project.pure._CHUNK",
        "project.pure._WORTH_MATCHING",
    ),
    *("project.pure._WORTH_LEARNING", "project.pure._SAMPLE", "project.vectors._MEMORY"),
    *("project.vectors._LONG", "project.walker._REMEMBERED"),
)
"""How many are handled together, and from how many on it is done in another way."""


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_report_is_the_same_however_many_are_handled_together(
    number: int, dump: Path, usual: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NUMBERS:
        monkeypatch.setattr(f"intact.{name}", number)
    monkeypatch.setenv("INTACT_PROJECTOR", "pure")
    assert audit(dump) == usual
