"""A changed model is not the same audit, and a fault that is gone is not a document that is gone."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import intact
from intact.audit.comparable import digests
from intact.checks import KINDS
from intact.engine import DuckEngine
from intact.findings.changes import Changes, ModelChange
from intact.findings.records import Report
from intact.ledger.history import Store, compare, life, runs
from intact.ledger.history import documents as documents_module
from intact.ledger.history.views import run_named
from intact.model import load
from intact.model.specs import Model
from tests.support.memory import MemorySource

BEGIN = datetime(2026, 11, 1, 6, tzinfo=UTC)
MODEL = """
intact: 1
name: shop
title: Shop
timezone: UTC
collections:
  orders:
    key: id
    named: order_id
    noun: order
    references: {customer_id: customers}
    values: {status: [open, done]}
  customers:
    key: id
    named: customer_id
    noun: customer
reports:
  status:
    title: Status
    purpose: What state orders are in.
    cadence: daily
    document: STATUS
    checks:
      - allowed-values: orders.status
        finding: BAD_STATUS
        severity: high
        description: Order {order_id} is {status}
      - dangling-reference: orders.customer_id
        finding: NO_CUSTOMER
        severity: high
        description: Order {order_id} is of customer {customer_id}
      - stale-state: orders
        finding: STALE
        severity: low
        description: Order {order_id} waits
        where: {status: open}
        since: created_at
        stale-after-days: 3
    total: {bad: {count: BAD_STATUS}}
    summary:
      stale: {count: STALE}
      open: {documents: orders, where: {status: open}}
"""
PINNED = {
    "allowed-values orders.status BAD_STATUS": "2efff84855c45bb3",
    "dangling-reference orders.customer_id NO_CUSTOMER": "9f499461f0a0d320",
    "stale-state orders STALE": "f7801d613454e835",
    "figure bad ": "7c5a93d447dc3717",
    "figure open ": "b5d1036194e1184f",
    "figure stale ": "0193c3ab32750b31",
}
SEVEN = [{"_id": n, "id": f"o-{n}", "status": "lost", "customer_id": "c"} for n in range(7)]
CUSTOMERS = [{"_id": "c", "id": "c"}]


def model(text: str = MODEL) -> Model:
    """The model of a text."""

    path = Path(str(_FOLDER[0])) / "shop.yml"
    path.write_text(text, encoding="utf-8")
    return load(path, KINDS)


_FOLDER: list[Path] = []


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    """Where models lie."""
    _FOLDER[:] = [tmp_path]
    yield
    _FOLDER.clear()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the history is."""
    return tmp_path / "history.sqlite"


def audit(
    path: Path,
    orders: list[dict[str, Any]],
    text: str = MODEL,
    *,
    customers: list[dict[str, Any]] | None = None,
    **more: Any,
) -> tuple[Report, Changes]:
    """Audit orders, and say what changed."""
    source = MemorySource({"orders": orders, "customers": CUSTOMERS if customers is None else customers})
    report = intact.check(source, model=model(text), history=path, as_of=BEGIN, **more)
    assert report.changes is not None
    return report, report.changes


def names(change: ModelChange | None) -> tuple[int, int, int, int] | None:
    return None if change is None else (change.new, change.changed, change.gone, change.figures)


def test_a_misspelt_field_in_the_model_resolves_nothing(path: Path) -> None:
    audit(path, SEVEN)
    spoilt = (
        MODEL.replace("allowed-values: orders.status", "allowed-values: orders.state")
        .replace("values: {status", "values: {state")
        .replace("is {status}", "is {state}")
    )
    report, changes = audit(path, SEVEN, spoilt)
    assert (changes.resolved, changes.cured, changes.destroyed) == (0, 0, 0)
    assert changes.gone == ()
    assert names(changes.model) == (1, 0, 1, 0)
    assert changes.not_comparable in {0, 7}
    assert any("the model changed: 1 rule new, 1 gone" in note for note in report.run.notes)
    right, changes = audit(path, SEVEN)
    assert {each.status for each in right["status"].issues} == {"persisting"}
    assert (changes.new, changes.came_back, changes.persisting) == (0, 0, 7)


def test_a_rule_that_is_gone_is_said_once_and_is_gone_alone(path: Path) -> None:
    stale = MODEL[MODEL.index("      - stale-state") : MODEL.index("    total:")]
    two = MODEL.replace(stale, stale + stale.replace("STALE", "STALER").replace("days: 3", "days: 9"))
    assert two.count("stale-state") == 2
    for text in (two, two.replace("name: shop", "name: other")):
        audit(path, SEVEN, text)
    for left, said in ((MODEL, (0, 0, 1, 0)), (MODEL, None), (two, (1, 0, 0, 0)), (two, None)):
        _, changes = audit(path, SEVEN, left)
        assert names(changes.model) == said
    _, other = audit(path, SEVEN, MODEL.replace("name: shop", "name: other"))
    assert names(other.model) == (0, 0, 1, 0)


def test_what_a_changed_rule_does_not_find_is_not_comparable_and_not_resolved(path: Path) -> None:
    audit(path, SEVEN)
    wider = MODEL.replace("[open, done]", "[open, done, lost]")
    report, changes = audit(path, SEVEN[:6], wider)
    assert (changes.resolved, changes.not_comparable) == (0, 7)
    assert names(changes.model) == (0, 1, 0, 0)
    assert any("7 findings of earlier runs are neither found nor resolved" in n for n in report.run.notes)
    told: Any = report.to_dict()["changes"]
    assert told["by_report"]["status"]["not_comparable"] == 7
    _, changes = audit(path, SEVEN, wider)
    assert (changes.model, changes.resolved, changes.not_comparable) == (None, 0, 0)
    with Store(path) as store:
        fingerprint = store.database.execute("SELECT hex(fingerprint) FROM finding LIMIT 1").fetchone()[0]
        (one,) = life(store, fingerprint)
        assert one.how == ("model",)


@pytest.mark.parametrize(
    "other",
    [MODEL.replace("[open, done]", "[open, done, lost]"), MODEL.replace("BAD_STATUS", "ODD_STATUS")],
    ids=["changed", "gone"],
)
def test_what_went_while_its_rule_was_another_is_resolved_when_the_rule_is_the_same_again(
    path: Path, other: str
) -> None:
    audit(path, SEVEN)
    for _ in range(2):
        _, changes = audit(path, SEVEN, other)
        assert changes.resolved == 0
    left = [SEVEN[0], *({**each, "status": "done"} for each in SEVEN[1:4])]
    report, changes = audit(path, left)
    assert [each.status for each in report["status"].issues] == ["persisting"]
    assert (changes.cured, changes.destroyed) == (3, 3)
    report, changes = audit(path, SEVEN)
    assert Counter(each.status for each in report["status"].issues) == {"persisting": 1, "came back": 6}


def test_what_went_while_its_rule_was_another_stays_open_as_long_as_the_same_rule_cannot_judge(
    path: Path,
) -> None:
    audit(path, SEVEN)
    audit(path, SEVEN, MODEL.replace("[open, done]", "[open, done, lost]"))
    stateless = [{name: value for name, value in each.items() if name != "status"} for each in SEVEN]
    assert audit(path, stateless)[1].resolved == 0
    report, _ = audit(path, SEVEN)
    assert {each.status for each in report["status"].issues} == {"persisting"}


def test_findings_of_a_new_rule_are_said_to_be_of_a_new_rule(path: Path) -> None:
    without = MODEL.replace(
        """      - dangling-reference: orders.customer_id
        finding: NO_CUSTOMER
        severity: high
        description: Order {order_id} is of customer {customer_id}
""",
        "",
    )
    audit(path, SEVEN[:2], without, customers=[{"_id": "other", "id": "other"}])
    report, changes = audit(path, SEVEN[:3], customers=[{"_id": "other", "id": "other"}])
    assert (changes.new, changes.by_changed_rules, changes.persisting) == (4, 3, 2)
    assert names(changes.model) == (1, 0, 0, 0)
    assert any("3 of the new findings are of rules that are new or changed" in n for n in report.run.notes)
    with contextlib.closing(sqlite3.connect(path)) as database:
        kept = database.execute(
            "SELECT f.type = 'NO_CUSTOMER', s.by_changed_rule, count(*) FROM span s JOIN finding f ON f.id = s.finding"
            " GROUP BY 1, 2 ORDER BY 1"
        ).fetchall()
    assert kept == [(0, 0, 3), (1, 1, 3)]
    _, changes = audit(path, SEVEN[:4], customers=[{"_id": "other", "id": "other"}])
    assert (changes.new, changes.by_changed_rules, changes.model) == (2, 0, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("severity: high", "severity: critical"),
        ("description: Order {order_id} is {status}", "description: Look at {order_id}"),
        ("title: Status", "title: The status"),
        ("noun: order", "noun: purchase"),
        ("named: order_id", "named: order"),
        ("reports:", "\n\nreports:"),
    ],
)
def test_words_severities_and_lines_are_no_other_model(old: str, new: str) -> None:
    changed = MODEL.replace(old, new).replace(
        "{order_id}", "{order}" if new == "named: order" else "{order_id}"
    )
    assert digests(model(changed)) == digests(model())


@pytest.mark.parametrize(
    ("old", "new", "checks"),
    [
        ("stale-after-days: 3", "stale-after-days: 4", {"stale-state orders"}),
        ("since: created_at", "since: made_at", {"stale-state orders"}),
        ("timezone: UTC", "timezone: Asia/Kolkata", {"stale-state orders"}),
        (
            "customers:\n    key: id",
            "customers:\n    key: code",
            {"dangling-reference orders.customer_id"},
        ),
        ("values: {status: [open, done]}", "values: {status: [open]}", {"allowed-values orders.status"}),
        (
            "open: {documents: orders, where: {status: open}}",
            "open: {documents: orders, where: {status: done}}",
            {"figure open"},
        ),
    ],
)
def test_what_decides_what_is_found_is_another_rule(old: str, new: str, checks: set[str]) -> None:
    before, after = digests(model()), digests(model(MODEL.replace(old, new)))
    assert {key[1] for key in before if before[key] != after.get(key)} == checks


def test_the_digests_of_a_model_stay_what_they_are_from_release_to_release() -> None:
    """A release that changes one makes every user's next run say that the model changed."""
    assert {f"{check} {type_}": digest for (_, check, type_), digest in digests(model()).items()} == PINNED


def test_what_is_cured_and_what_is_destroyed_do_not_look_alike(path: Path) -> None:
    audit(path, SEVEN)
    cured = [{**SEVEN[0], "status": "done"}, *SEVEN[2:]]
    report, changes = audit(path, cured)
    assert (changes.resolved, changes.cured, changes.destroyed) == (2, 1, 1)
    with Store(path) as store:
        by_how = dict(store.database.execute("SELECT how, count(*) FROM span GROUP BY how").fetchall())
        assert by_how == {None: 5, "cured": 1, "destroyed": 1}
        last = run_named(store, "last")
        assert (last.cured, last.destroyed) == (1, 1)
        listed = compare(store, run_named(store, "last-1", like=last), last).vanished_listed
        assert sorted(str(each.how) for each in listed) == ["cured", "destroyed"]
    gone: Any = report.to_dict()["changes"]
    assert sorted(each["how"] for each in gone["gone"]) == ["cured", "destroyed"]


def test_of_documents_without_id_and_of_more_than_are_remembered_neither_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = {"id": "o-x", "status": "lost", "customer_id": "c"}
    audit(path, [*SEVEN, nameless])
    _, changes = audit(path, SEVEN)
    assert (changes.resolved, changes.cured, changes.destroyed) == (1, 0, 0)
    monkeypatch.setattr(documents_module, "MOST", 1)
    audit(path, SEVEN)
    _, changes = audit(path, [{**each, "status": "done"} for each in SEVEN])
    assert (changes.resolved, changes.cured, changes.destroyed) == (7, 0, 0)


@pytest.mark.parametrize("of", [1, 2, 3])
def test_a_group_that_lost_a_document_is_destroyed_and_one_that_was_repaired_is_cured(
    path: Path, of: int
) -> None:
    text = MODEL.replace(
        "    checks:\n",
        """    checks:
      - duplicate-key: orders
        finding: TWICE
        severity: high
        description: "{count} orders are {id}"
""",
    )
    twins: list[dict[str, Any]] = [
        {"_id": n, "id": f"t-{n // (of + 1)}", "status": "open", "customer_id": "c"}
        for n in range(2 * of + 2)
    ]
    audit(path, twins, text)
    repaired = [{**each, "id": f"u-{each['_id']}"} if each["_id"] <= of else each for each in twins]
    _, changes = audit(path, [each for each in repaired if each["_id"] <= of + 1], text)
    assert (changes.resolved, changes.cured, changes.destroyed) == (2, 1, 1)


def test_what_could_not_be_read_is_not_resolved_by_a_model_that_reads_it_no_more(path: Path) -> None:
    odd = [{"_id": 1, "id": "o", "status": "open", "customer_id": "c", "created_at": "some day"}]
    dated = [*odd, {**odd[0], "_id": 2, "id": "p", "created_at": BEGIN, "made_at": BEGIN}]
    audit(path, dated)
    report, changes = audit(path, dated, MODEL.replace("since: created_at", "since: made_at"))
    assert report["status"].counts.get("UNREADABLE_VALUE", 0) == 0
    assert (changes.resolved, changes.not_comparable) == (0, 1)


def test_a_rule_that_could_not_judge_since_it_was_changed_ends_nothing_until_it_can(path: Path) -> None:
    audit(path, SEVEN)
    wider = MODEL.replace("[open, done]", "[open, done, lost]")
    source = MemorySource({"customers": CUSTOMERS})
    report = intact.check(source, model=model(wider), history=path, as_of=BEGIN)
    assert report.changes is not None
    assert names(report.changes.model) == (0, 1, 0, 0)
    assert report.changes.not_comparable == 0
    _, changes = audit(path, SEVEN, wider)
    assert (changes.model, changes.resolved, changes.not_comparable) == (None, 0, 7)


def test_a_report_that_is_run_for_the_first_time_is_no_new_rule(path: Path) -> None:
    two = MODEL + MODEL.partition("reports:\n")[2].replace("  status:\n", "  second:\n", 1).replace(
        "document: STATUS", "document: SECOND"
    )
    audit(path, SEVEN, two, reports=["status"])
    _, changes = audit(path, SEVEN, two)
    assert changes.model is None
    assert changes.by_changed_rules == 0
    narrower = two.replace("[open, done]", "[open]")
    _, changes = audit(path, SEVEN, narrower, reports=["status"])
    assert names(changes.model) == (0, 1, 0, 0)
    _, changes = audit(path, SEVEN, narrower, reports=["second"])
    assert names(changes.model) == (0, 1, 0, 0)


def test_a_history_of_the_version_before_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    shutil.copyfile(Path(__file__).parent / "format-5.sqlite", path)
    empty: Mapping[str, list[dict[str, Any]]] = {
        name: []
        for name in ("customers_v2", "users", "subscriptions_v2", "delivery_statuses", "billing_records")
    }
    orders = [{"_id": n, "id": n, "status": "lost", "billed": True, "created_at": BEGIN} for n in "abc"]
    with Store(path) as store:
        assert [(r.new, r.persisting, r.came_back, r.resolved) for r in reversed(runs(store))] == [
            (3, 0, 0, 0),
            (0, 2, 0, 1),
            (1, 2, 1, 0),
        ]
    report = intact.check(MemorySource({**empty, "orders": orders}), reports=["status"], history=path)
    assert report.changes is not None
    assert (report.changes.persisting, report.changes.resolved, report.changes.model) == (3, 1, None)
    assert (report.changes.cured, report.changes.destroyed) == (0, 0)  # what it was of is not in the file
    orders = [{**orders[0], "status": "delivered"}, orders[1]]
    report = intact.check(MemorySource({**empty, "orders": orders}), reports=["status"], history=path)
    assert report.changes is not None
    assert (report.changes.cured, report.changes.destroyed) == (1, 1)


def test_the_trend_marks_the_run_by_another_model(path: Path) -> None:
    audit(path, SEVEN)
    report, _ = audit(path, SEVEN, MODEL.replace("[open, done]", "[open]"))
    assert report.changes is not None
    assert [each.model_changed for each in report.changes.trend][-1:] == [True]
    with Store(path) as store:
        last = run_named(store, "last")
        found = compare(store, run_named(store, "last-1", like=last), last)
        assert names(found.model) == names(last.change) == (0, 1, 0, 0)


def test_a_hundred_thousand_findings_are_numbered_in_one_query(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    query = DuckEngine.query

    def counting(self: Any, text: str, *more: Any) -> Any:
        asked.append(text)
        return query(self, text, *more)

    monkeypatch.setattr(DuckEngine, "query", counting)
    many = [{"_id": n, "id": f"o-{n}", "status": "lost", "customer_id": "c"} for n in range(3_000)]
    audit(path, many)
    assert sum("$noted" in each for each in asked) == 1
    audit(path, many[1_500:])
    assert sum("$sought" in each for each in asked) == 1


def test_what_is_resolved_was_first_seen_when_a_run_first_found_it(path: Path) -> None:
    """Not when it last came back: a report and the comparison of two runs say the same day."""
    audit(path, SEVEN[:1])
    first = BEGIN - timedelta(days=30)
    with Store(path) as store, store.writing() as database:
        since = int(first.timestamp() * 1000)
        database.execute("UPDATE span SET since = ?", (since,))
        database.execute("UPDATE run SET ended = ?", (since,))
    audit(path, [])
    audit(path, SEVEN[:1])
    _, changes = audit(path, [])
    assert [each.first_seen for each in changes.gone] == [first]
    with Store(path) as store:
        (there,) = compare(store, run_named(store, "last-1"), run_named(store, "last")).vanished_listed
    assert there.first_seen == first
