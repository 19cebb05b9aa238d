"""The lines at which a run fails: what they mean, held against a naive account, and what is no line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import intact
from intact.core.errors import UsageError
from intact.findings.fingerprint import fingerprint
from intact.findings.lines import threshold_lines
from intact.findings.records import Finding, Report
from intact.ledger.baseline import Baseline, Entry, FailurePolicy, parse_line
from tests.reporters import reports
from tests.reporters.reports import section
from tests.run.world import AS_OF, bill, clean, delivery
from tests.support.memory import MemorySource

TYPES = {"DOUBLE": ["a"], "PHANTOM": ["b"], "STATUS": ["c", "d"], "UNREADABLE_VALUE": []}
KINDS = ("overcharged", "unbilled")
ORDER = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

found_ones = st.fixed_dictionaries(
    {
        "report": st.sampled_from(["billing", "status"]),
        "type": st.sampled_from(["DOUBLE", "PHANTOM", "STATUS"]),
        "severity": st.sampled_from(ORDER),
        "money": st.none()
        | st.tuples(st.sampled_from(KINDS), st.decimals(0, 300, places=2, allow_nan=False)),
        "status": st.sampled_from(["new", "persisting", "came back", ""]),
        "accepted": st.booleans(),
    }
)
names = st.sampled_from([*ORDER, "DOUBLE", "PHANTOM", "STATUS", *KINDS])
line_texts = st.tuples(st.booleans(), names, st.none() | st.integers(0, 5) | st.sampled_from([100, 500])).map(
    lambda each: f"{'new:' if each[0] else ''}{each[1]}{'' if each[2] is None else f'>{each[2]}'}"
)


def counted(text: str, each: Mapping[str, Any]) -> bool:
    """Whether a line looks at a finding, said as a person would."""
    name = text.removeprefix("new:").split(">")[0]
    if each["accepted"] or (text.startswith("new:") and each["status"] == "persisting"):
        return False
    if name in ORDER:
        return each["severity"] in ORDER[: ORDER.index(name) + 1]
    if name in KINDS:
        return each["money"] is not None and each["money"][0] == name
    return bool(each["type"] == name)


def over(text: str, found: list[dict[str, Any]]) -> bool:
    """Whether a line is crossed."""
    allowed = Decimal(text.split(">")[1]) if ">" in text else Decimal(0)
    mine = [each for each in found if counted(text, each)]
    if text.removeprefix("new:").split(">")[0] in KINDS:
        return sum((each["money"][1] for each in mine), Decimal(0)) > allowed
    return len(mine) > allowed


def judged(found: list[dict[str, Any]], texts: list[str]) -> Report:
    """The verdict on findings, of which some are accepted by their fingerprints."""
    findings = [
        Finding(
            each["type"],
            each["severity"],
            each["report"],
            "orders",
            "said",
            {"document_id": number},
            fingerprint(each["type"], "orders", [str(number)]),
            each["money"],
            status=each["status"],
        )
        for number, each in enumerate(found)
    ]
    entries = [
        Entry(f.type, f.fingerprint, (), "why", "me", NOW, date(2026, 6, 1), money=None)
        for f, each in zip(findings, found, strict=True)
        if each["accepted"]
    ]
    lines = [line for text in texts for line in parse_line(text, TYPES, KINDS, "m")]
    judge = FailurePolicy(lines, Baseline("b", entries), NOW.date())
    taken = [judge.take(each) for each in findings]
    sections = [
        section(name, [each for each in taken if each.report == name]) for name in ("billing", "status")
    ]
    return judge.judged(reports.report(*sections, fail_on=()), TYPES)


@given(st.lists(found_ones, max_size=12), st.lists(line_texts, max_size=3))
def test_what_fails_is_what_a_naive_account_says(found: list[dict[str, Any]], texts: list[str]) -> None:
    report = judged(found, texts)
    crossed = [text for text in texts if over(text, found)]
    failing = [each for each in found if any(counted(text, each) for text in crossed)]
    assert report.failing == len(failing)
    assert report.exit_code == (1 if failing else 0)
    assert report.accepted == sum(each["accepted"] for each in found)
    for made in report.sections:
        mine = [each for each in failing if each["report"] == made.name]
        assert made.failing == Counter(each["type"] for each in mine)
        assert [each.accepted is not None for each in made.issues] == [
            each["accepted"] for each in found if each["report"] == made.name
        ]


@given(st.lists(found_ones, max_size=12), line_texts)
def test_on_either_side_of_a_line_the_true_number_is_said(found: list[dict[str, Any]], text: str) -> None:
    mine = [each for each in found if counted(text, each)]
    money = text.removeprefix("new:").split(">")[0] in KINDS
    numbers = {each.text: each for each in judged(found, [text]).thresholds}
    if text in numbers:
        assert numbers[text].findings == len(mine)
        assert numbers[text].crossed == over(text, found)
    if money:
        (shown,) = numbers.values()
        assert shown.amount == sum((each["money"][1] for each in mine), Decimal(0))


DOUBLES = {**clean(), "billing_records": [bill(1), bill(2)], "delivery_statuses": [delivery(1)]}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("DOUBLE_BILLING", 1),
        ("DOUBLE_BILLING>0", 1),  # zero is zero
        ("DOUBLE_BILLING>1", 0),
        ("double_billing > 0", 1),
        ("overcharged", 1),
        ("overcharged>0", 1),
        ("overcharged>49.99", 1),
        ("overcharged>50", 0),
        ("unbilled>0", 0),
        ("CRITICAL>0", 1),
        ("LOW>1", 0),
        ("none", 0),
    ],
)
def test_a_double_billing_of_50_against_lines(line: str, code: int) -> None:
    report = intact.check(MemorySource(DOUBLES), model="delivery", as_of=AS_OF, fail_on=[line])
    assert report["billing"].counts == {"DOUBLE_BILLING": 1}
    assert (report.exit_code, report.failing) == (code, code)
    assert report.headline.total_critical_issues == 1  # whatever line is drawn


def test_below_the_line_the_report_says_how_many_there_are() -> None:
    report = intact.check(
        MemorySource(DOUBLES), model="delivery", as_of=AS_OF, fail_on=["DOUBLE_BILLING>5", "overcharged>100"]
    )
    assert threshold_lines(report) == [
        "DOUBLE_BILLING>5: 1 finding, not over the line",
        "overcharged>100: INR 50.00 in 1 finding, not over the line",
    ]


def test_a_limit_does_not_move_a_line() -> None:
    phantoms = [delivery(n, order_id=None) for n in range(1, 8)]
    data = {**clean(), "delivery_statuses": phantoms}
    for line, failing in (("PHANTOM_DELIVERY_NO_ORDER>6", 7), ("PHANTOM_DELIVERY_NO_ORDER>7", 0)):
        report = intact.check(MemorySource(data), model="delivery", as_of=AS_OF, fail_on=[line], limit=1)
        assert len(report["phantom_deliveries"].issues) == 1
        assert report.failing == failing


def test_new_ones_only(tmp_path: Any) -> None:
    options: dict[str, Any] = {
        "model": "delivery",
        "as_of": AS_OF,
        "history": tmp_path / "h.sqlite",
        "fail_on": ["new:CRITICAL"],
    }
    two = {**clean(), "delivery_statuses": [delivery(1), delivery(2, order_id=None)]}
    three = {**two, "delivery_statuses": [*two["delivery_statuses"], delivery(3, order_id=None)]}
    runs = [two, two, three, clean(), two, two]
    failing = [intact.check(MemorySource(data), **options).failing for data in runs]
    assert failing == [1, 0, 1, 0, 1, 0]  # it was resolved in the fourth run, and came back in the fifth


def test_new_ones_cannot_be_told_without_a_history() -> None:
    with pytest.raises(UsageError, match="only a history can tell"):
        intact.check(MemorySource(clean()), model="delivery", as_of=AS_OF, fail_on=["new:HIGH"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DOUBLE_BILING>5", "'DOUBLE_BILLING'"),
        ("new:hihg", "'HIGH'"),
        ("overchargd>1000", "'overcharged'"),
        ("HIGH>2.5", "only whole ones"),
        ("HIGH>-1", "no number"),
        ("HIGH>", "no number"),
        ("HIGH>five", "no number"),
        ("HIGH>1e999999999999999999999", "no number"),
        ("HIGH>\u0665", "no number"),
        ("HIGH>NaN", "no number"),
        ("overcharged>Infinity", "no number"),
        ("HIGH<3", "'<'"),
        ("HIGH>=3", "'>='"),
        ("HIGH=3", "'='"),
        ("old:HIGH", "'old:'"),
        ("new:new:HIGH", "no line"),
        (">5", "names nothing"),
        ("new:none", "names nothing"),
        ("none>5", "names nothing"),
        ("", "names nothing"),
    ],
)
def test_what_is_no_line_is_refused_in_a_sentence(line: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        intact.check(MemorySource(clean()), model="delivery", as_of=AS_OF, fail_on=[line])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
