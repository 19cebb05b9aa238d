"""Reports made by hand, for tests of what reports are turned into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import strategies as st

from intact.core.values import JsonValue
from intact.findings import (
    CollectionRead,
    Finding,
    Headline,
    Outcome,
    Report,
    RunInfo,
    Section,
    Status,
    Trouble,
)
from intact.findings.changes import Changes, ResolvedFinding, StatusCounts, TrendPoint
from intact.findings.fingerprint import fingerprint

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters())
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
"""Whatever a field of a finding may hold."""

MOMENT = datetime(2026, 2, 1, 6, 58, 12, 345000, tzinfo=UTC)

RUN = RunInfo(
    generated_at=MOMENT,
    as_of=datetime(2026, 2, 1, tzinfo=UTC),
    seconds=0.8431,
    version="0.1.0",
    projector="pure",
    engine="duckdb 1.4.0",
    model="delivery",
    model_title="Subscription delivery business",
    model_file="delivery.yml",
    currency="INR",
    source="/srv/dumps/shop",
    source_kind="dump",
    database="shop",
    one_moment=False,
    notes=("mongodump without --oplog reads its collections at different moments.",),
)


def finding(
    type_: str,
    severity: str = "HIGH",
    *,
    report: str = "status",
    collection: str = "orders",
    description: str = "Order has invalid status: Deliverd",
    money: tuple[str, Decimal] | None = None,
    fields: Mapping[str, JsonValue] | None = None,
) -> Finding:
    """Make a finding; without ``fields`` it is about order o-1."""
    shown = {"order_id": "o-1", "document_id": "o-1"} if fields is None else fields
    mark = fingerprint(type_, collection, [repr(dict(shown))])
    return Finding(type_, severity, report, collection, description, shown, mark, money)


def section(
    name: str = "status",
    issues: Sequence[Finding] = (),
    *,
    counts: Mapping[str, int] | None = None,
    outcomes: tuple[Outcome, ...] = (),
    summary: Mapping[str, JsonValue] | None = None,
    title: str = "Status consistency",
    cadence: str = "weekly",
) -> Section:
    """Make a section; its counts are those of its issues where none are given."""
    found: dict[str, int] = {}
    for each in issues:
        found[each.type] = found.get(each.type, 0) + 1
    return Section(
        name=name,
        title=title,
        purpose="Status values outside the list.",
        cadence=cadence,
        document="STATUS_CLEANUP_LOG",
        total=(f"total_{name}_issues", len(issues)),
        issues=tuple(issues),
        counts=found if counts is None else counts,
        summary=summary or {},
        outcomes=outcomes,
        actions=("Run query weekly",),
    )


def report(
    *sections: Section,
    failing: int = 0,
    troubles: tuple[Trouble, ...] = (),
    collections: tuple[CollectionRead, ...] = (
        CollectionRead("orders", 1200, 0, 0, present=True, whole=True),
    ),
    money: Mapping[str, Decimal] | None = None,
    run: RunInfo = RUN,
    fail_on: tuple[str, ...] = ("PHANTOM_DELIVERY_NO_ORDER", "DOUBLE_BILLING"),
) -> Report:
    """Make a report of these sections."""
    affected = sum(len(each.issues) for each in sections)
    return Report(
        run=run,
        headline=Headline(affected, 1200, affected, money or {}),
        sections=tuple(replace(each, failing=_failing(each, fail_on)) for each in sections),
        collections=collections,
        troubles=troubles,
        troubles_total=len(troubles),
        fail_on=fail_on,
        failing=failing,
    )


def _failing(made: Section, fail_on: tuple[str, ...]) -> dict[str, int]:
    """Count the findings of the types and severities at which a run fails, where the section does not say."""
    if made.failing:
        return dict(made.failing)
    worst = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
    line = max((worst.index(each) for each in fail_on if each in worst), default=-1)
    found: dict[str, int] = {}
    for name, count in made.counts.items():
        if name in fail_on:
            found[name] = count
        elif line >= 0:
            severities = [worst.index(each.severity) for each in made.issues if each.type == name]
            found |= {name: count} if min(severities, default=len(worst)) <= line else {}
    return found


def clean() -> Report:
    """Make a report that found nothing."""
    done = Outcome("allowed-values orders.status", "INVALID_ORDER_STATUS", Status.CLEAN, 0, line=300)
    return report(section(outcomes=(done,)))


def mixed() -> Report:
    """Make a report with something of everything."""
    return report(
        _billing(),
        _phantoms(),
        _statuses(),
        section("duplicates", title="Duplicates", cadence="monthly"),
        failing=3,
        troubles=(
            Trouble(
                "orders",
                "the file ends in the middle of a document",
                "orders.bson, byte 8812",
                "Dump it again.",
                None,
            ),
        ),
        collections=(
            CollectionRead("orders", 1200, 1, 2, present=True, whole=False, note="the file ends early"),
            CollectionRead("users", 0, 0, 0, present=False, whole=False, note="the source does not have it"),
        ),
        money={"overcharged": Decimal("3500.5"), "unbilled": Decimal(120)},
    )


BEFORE = datetime(2026, 1, 31, 6, 0, tzinfo=UTC)
"""When the run before was made."""
LONG_AGO = datetime(2025, 12, 3, 6, 0, tzinfo=UTC)
"""When what persists was first found."""


def changed() -> Report:
    """Make a report that a run before is known of: of its findings some are new, one came back, some persist."""
    statuses = {
        "o-1": ("new", MOMENT, MOMENT),
        "o-2": ("came back", LONG_AGO, MOMENT),
        "o-3": ("persisting", LONG_AGO, LONG_AGO),
        "o-4": ("persisting", BEFORE, BEFORE),
        "o-5": ("new", MOMENT, MOMENT),
    }
    issues = [
        replace(each, status=status, first_seen=first, since=since)
        for each in _statuses().issues
        for status, first, since in [statuses[str(each.fields["order_id"])]]
    ]
    outcome = Outcome("allowed-values orders.status", "INVALID_ORDER_STATUS", Status.VIOLATED, 5, line=300)
    gone = tuple(
        ResolvedFinding(
            "STALE_ORDER",
            "MEDIUM",
            "status",
            "orders",
            f"Order gone-{number} has been pending for 40 days",
            f"{number:020x}",
            LONG_AGO,
        )
        for number in (1, 2, 3)
    )
    made = report(section(issues=issues, outcomes=(outcome,)), section("billing", title="Billing"))
    changes = Changes(
        BEFORE,
        2,
        2,
        1,
        3,
        gone,
        {"status": StatusCounts(2, 2, 1, 3), "billing": StatusCounts()},
        tuple(trend()),
    )
    headline = replace(made.headline, new=3, resolved=3)
    return replace(made, changes=changes, headline=headline)


def trend() -> list[TrendPoint]:
    """Make a trend of four runs; the second could not check everything."""
    days = [LONG_AGO, datetime(2026, 1, 30, 6, tzinfo=UTC), BEFORE, MOMENT]
    found = [(12, 4, "900"), (2, 0, "120.50"), (3, 3, "300"), (5, 0, "77.25")]
    return [
        TrendPoint(
            moment,
            number != 1,
            {"status": {"INVALID_ORDER_STATUS": high, "STALE_ORDER": medium}},
            {name: count for name, count in (("HIGH", high), ("MEDIUM", medium)) if count},
            {"unbilled": Decimal(money), "overcharged": Decimal(number)},
        )
        for number, (moment, (high, medium, money)) in enumerate(zip(days, found, strict=True))
    ]


def limited() -> Report:
    """Make a report that lists one of forty findings."""
    return report(section(issues=[finding("INVALID_ORDER_STATUS")], counts={"INVALID_ORDER_STATUS": 40}))


def without_findings_of(made: Report, *names: str) -> Report:
    """Leave sections out of a report."""
    return replace(made, sections=tuple(each for each in made.sections if each.name not in names))


def _billing() -> Section:
    double: dict[str, JsonValue] = {
        "subscription_id": "sub-17",
        "period": "2026-01",
        "count": 2,
        "billing_ids": ["b-1", "b-2"],
        "total_billed": Decimal("7001.00"),
        "total_overcharge": Decimal("3500.50"),
        "calculated": Decimal("3500.5"),
        "difference": Decimal("3500.5"),
        "delivered_orders": 31,
        "document_ids": [{"$oid": "65a000000000000000000001"}, {"$oid": "65a000000000000000000002"}],
    }
    said = "Subscription sub-17 billed 2 times in period 2026-01"
    return section(
        "billing",
        [
            finding(
                "DOUBLE_BILLING",
                "CRITICAL",
                report="billing",
                collection="billing_records",
                description=said,
                fields=double,
                money=("overcharged", Decimal("3500.50")),
            )
        ],
        outcomes=(
            Outcome("double-entry monthly_billing", "DOUBLE_BILLING", Status.VIOLATED, 1, line=200),
            Outcome(
                "missing-entry monthly_billing",
                "UNBILLED_PERIOD",
                Status.NOT_EVALUATED,
                0,
                ("collection users is not in the source",),
                line=210,
            ),
        ),
        summary={"double_bills": 1, "total_overcharge": Decimal("3500.50")},
        title="Billing integrity",
        cadence="daily",
    )


def _phantoms() -> Section:
    issues = [
        finding(
            "PHANTOM_DELIVERY_NO_ORDER",
            "CRITICAL",
            report="phantom_deliveries",
            collection="delivery_statuses",
            description=f"Delivery d-{number} confirmed but no matching order found",
            fields={
                "delivery_id": f"d-{number}",
                "order_id": "77",
                "customer_id": None,
                "status": "delivered",
                "document_id": {"$oid": f"65b00000000000000000000{number}"},
                "near_match": {"kind": "type", "value": 77},
            },
        )
        for number in (1, 2)
    ]
    return section("phantom_deliveries", issues, title="Phantom deliveries", cadence="monthly")


def _statuses() -> Section:
    issues = [
        finding(
            "INVALID_ORDER_STATUS",
            description="Order has invalid status: Deliverd",
            fields={
                "order_id": f"o-{number}",
                "status": "Deliverd",
                "suggestion": "delivered",
                "case_only": False,
                "document_id": f"o-{number}",
            },
        )
        for number in range(1, 6)
    ]
    return section("status", issues)
