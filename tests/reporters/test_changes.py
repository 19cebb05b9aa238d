"""Each form says what changed since the run before; without a history none of them says a word about it."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from lxml import etree, html

from intact.findings import Report
from intact.findings.causes import causes
from intact.findings.changes import Changes, StatusCounts
from intact.findings.schema import json_schema
from intact.reporters import FORMS, csv_report, github
from tests.reporters import reports
from tests.reporters.readers import cell_value, commands, exact, packed, rows_of, text_of, written
from tests.reporters.test_hostile import TEXTS

STATUSES = {"o-1": "new", "o-2": "came back", "o-3": "persisting", "o-4": "persisting", "o-5": "new"}
FIRST_SEEN = {
    "o-1": reports.MOMENT,
    "o-2": reports.LONG_AGO,
    "o-3": reports.LONG_AGO,
    "o-4": reports.BEFORE,
    "o-5": reports.MOMENT,
}
GONE = [f"Order gone-{number} has been pending for 40 days" for number in (1, 2, 3)]
Seen = tuple[str, str, str]


def _in_json(data: bytes) -> Iterator[Seen]:
    for section in exact(data.decode())["reports"].values():
        for each in section["issues"]:
            yield each["order_id"], each["meta"]["status"], each["meta"]["first_seen"]


def _in_ndjson(data: bytes) -> Iterator[Seen]:
    for line in map(exact, data.decode().splitlines()):
        if line["record"] == "finding":
            yield line["fields"]["order_id"], line["status"], line["first_seen"]


def _in_csv(data: bytes) -> Iterator[Seen]:
    for row in rows_of(data):
        yield cell_value(row["fields"])["order_id"], row["status"], row["first_seen"]


def _in_csv_zip(data: bytes) -> Iterator[Seen]:
    for row in rows_of(packed(data)["INVALID_ORDER_STATUS.csv"]):
        yield row["order_id"], row["status"], row["first_seen"]


def _in_parquet(data: bytes) -> Iterator[Seen]:
    for row in pq.read_table(io.BytesIO(data)).to_pylist():
        yield exact(row["fields"])["order_id"], row["status"], row["first_seen"].isoformat()


def _in_sarif(data: bytes) -> Iterator[Seen]:
    for result in exact(data.decode())["runs"][0]["results"]:
        if result["baselineState"] != "absent":
            mine = result["properties"]
            yield mine["fields"]["order_id"], mine["status"], mine["first_seen"]


READ: dict[str, Callable[[bytes], Iterator[Seen]]] = {
    "json": _in_json,
    "ndjson": _in_ndjson,
    "csv": _in_csv,
    "csv-zip": _in_csv_zip,
    "parquet": _in_parquet,
    "sarif": _in_sarif,
}
"""How each order's status and first moment are read from the forms that list every finding."""


@pytest.mark.parametrize("form", READ)
def test_a_form_for_programs_has_status_and_first_moment_of_every_finding(form: str) -> None:
    found = list(READ[form](written(form, reports.changed())))
    assert {name: status for name, status, _ in found} == STATUSES
    for name, _, moment in found:
        apart = datetime.fromisoformat(moment) - FIRST_SEEN[name]
        assert abs(apart.total_seconds()) < 0.001, (name, moment)  # Parquet keeps milliseconds


@pytest.mark.parametrize("form", [form.name for form in FORMS if form.name != "csv"])  # one table of findings
def test_every_form_tells_how_many_are_new_persist_came_back_and_are_resolved(form: str) -> None:
    turns = StatusCounts(7123, 4567, 3210, 8901)
    changes = Changes(reports.BEFORE, 7123, 4567, 3210, 8901, by_report={"status": turns})
    text = text_of(form, replace(reports.changed(), changes=changes)).replace(",", "")
    missing = [number for number in ("7123", "3210", "8901", "4567") if number not in text]
    assert missing == (["4567"] if form == "github" else [])  # an annotation is about what to look at


@pytest.mark.parametrize("form", [form.name for form in FORMS if form.name != "csv"])
def test_every_form_but_annotations_and_the_terminal_names_what_is_resolved(form: str) -> None:
    text = text_of(form, reports.changed())
    named = [said for said in GONE if said in text]
    if form == "console":  # it names the types
        assert "RESOLVED: 3 (3 STALE_ORDER)" in text
    elif form == "github":
        assert all(said in "".join(github.summary(reports.changed())) for said in GONE)
    else:
        assert named == GONE


@pytest.mark.parametrize("form", [form.name for form in FORMS])
def test_without_a_history_no_form_speaks_of_one(form: str) -> None:
    text = text_of(form, reports.mixed())
    text = re.sub(r"(?s)<script>.*?</script>", "", text)
    said = re.findall(
        r"(?i)came back|as before|first run on record|what changed|first seen|resolved since", text
    )
    assert said == []
    assert not re.search(r"baselineState|firstDetectionTimeUtc", text)


def test_on_a_first_run_nothing_is_marked_new() -> None:
    made = reports.changed()
    (status, billing) = made.sections
    issues = [replace(each, status="new", first_seen=reports.MOMENT) for each in status.issues]
    first = replace(
        made,
        sections=(replace(status, issues=issues), billing),
        changes=Changes(None, 5, 0, 0, 0, trend=tuple(reports.trend()[-1:])),
    )
    console = text_of("console", first)
    assert "first run on record" in console
    assert "NEW" not in console
    assert "first run on record" in text_of("markdown", first)
    assert "NEW" not in text_of("markdown", first)
    assert "NEW" not in text_of("junit", first)
    assert not [
        title for _, given, _ in commands(written("github", first)) if "NEW" in (title := given["title"])
    ]
    page = html.fromstring(written("html", first))
    assert page.xpath("//section[@id='changed']") == []
    assert page.xpath("//select[@id='status']") == []


def test_the_console_begins_with_what_is_new() -> None:
    text = text_of("console", reports.changed())
    order = [
        "Since 2026-01-31 06:00 UTC    2 new, 1 came back, 3 resolved",
        "Total Critical Issues Found",
        "WHAT CHANGED SINCE 2026-01-31 06:00 UTC",
        "2 NEW, 1 CAME BACK: HIGH 3 INVALID_ORDER_STATUS",
        "RESOLVED: 3 (3 STALE_ORDER)",
        "AS BEFORE: 2, the oldest since 2025-12-03",
        "HIGH  5 INVALID_ORDER_STATUS  2 new, 1 came back, the rest since 2025-12-03",
    ]
    places = [text.find(each) for each in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def several_causes() -> Report:
    """Make a report of two customers' orders: an old fault of forty, a new one of two."""
    made = reports.changed()
    some = [
        replace(
            reports.finding(
                "GONE_CUSTOMER",
                description=f"Order {customer}-{number} references non-existent customer {customer}",
                fields={
                    "order_id": f"{customer}-{number}",
                    "customer_id": customer,
                    "document_id": f"{customer}-{number}",
                },
            ),
            cause=("customer_id",),
            status=status,
            first_seen=seen,
            since=seen,
        )
        for customer, count, status, seen in (
            ("old", 40, "persisting", reports.LONG_AGO),
            ("fresh", 2, "new", reports.MOMENT),
        )
        for number in range(count)
    ]
    return replace(made, sections=(reports.section(issues=some),))


def test_root_causes_with_something_new_stand_on_top_and_are_marked() -> None:
    report = several_causes()
    console = text_of("console", report).split("Status consistency: 42 findings")[1]
    assert console.index("NEW: 2 with customer_id fresh") < console.index("ABOUT THIS RUN")
    markdown = text_of("markdown", report).split("By root cause")[1]
    assert markdown.index("customer_id `fresh`") < markdown.index("customer_id `old`")
    page = html.fromstring(written("html", report))
    causes_shown = page.xpath("//section[contains(@class, 'kind')]//ul[@class='causes']/li")
    assert [each.xpath("string()").split(" ")[0] for each in causes_shown] == ["New", "customer"]


def test_without_a_history_the_larger_cause_stays_on_top() -> None:
    made = several_causes()
    (part,) = made.sections
    issues = [replace(each, status="", first_seen=None, since=None) for each in part.issues]
    plain = replace(made, sections=(replace(part, issues=issues),), changes=None)
    markdown = text_of("markdown", plain).split("By root cause")[1]
    assert markdown.index("customer_id `old`") < markdown.index("customer_id `fresh`")


def test_what_is_new_is_the_example_of_its_cause() -> None:
    made = reports.changed()["status"].issues
    old = [replace(each, status="persisting") for each in made if each.fields["order_id"] != "o-5"]
    (cause,) = causes([*old, *[each for each in made if each.fields["order_id"] == "o-5"]])
    assert cause.examples[0].fields["order_id"] == "o-5"
    assert (cause.count, cause.new, cause.came_back) == (5, 1, 0)


def test_markdown_says_what_changed_before_anything_else_is_answered() -> None:
    text = text_of("markdown", reports.changed())
    assert text.index("## What changed since 2026-01-31 06:00 UTC") < text.index("## In short")
    assert (
        "**2 new, 1 came back, 3 resolved.** 2 findings are as before, the oldest since 2025-12-03." in text
    )
    rows = [line for line in text.splitlines() if line.startswith("| `o-")]
    cells = {row.split("|")[1].strip(" `"): row.split("|")[5].strip() for row in rows}
    assert cells == {
        "o-1": "new",
        "o-2": "came back; first seen 2025-12-03",
        "o-3": "as before; first seen 2025-12-03",
        "o-4": "as before; first seen 2026-01-31",
        "o-5": "new",
    }


def test_sarif_has_baseline_states_and_moments() -> None:
    run = exact(written("sarif", reports.changed()).decode())["runs"][0]
    states = Counter(each["baselineState"] for each in run["results"])
    assert states == {"new": 3, "unchanged": 2, "absent": 3}
    seen = {
        each["properties"]["fields"]["order_id"]: each["provenance"]["firstDetectionTimeUtc"]
        for each in run["results"]
        if each["baselineState"] != "absent"
    }
    assert seen["o-3"] == "2025-12-03T06:00:00.000Z"
    rules = run["tool"]["driver"]["rules"]
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]


def test_junit_shows_what_is_new_first_and_marks_it() -> None:
    suites = etree.fromstring(written("junit", reports.changed()))
    (failure,) = suites.iter("failure")
    heads = [line for line in failure.text.split("\n") if "Order has invalid status" in line]
    assert heads == [
        "NEW HIGH Order has invalid status: Deliverd",
        "CAME BACK HIGH Order has invalid status: Deliverd",
        "NEW HIGH Order has invalid status: Deliverd",
        "HIGH Order has invalid status: Deliverd",
        "HIGH Order has invalid status: Deliverd",
    ]


def test_an_annotation_of_something_new_comes_first() -> None:
    made = reports.changed()
    old = replace(
        reports.finding("OLD_BUT_CRITICAL", "HIGH", fields={"document_id": "x"}),
        status="persisting",
        first_seen=reports.LONG_AGO,
    )
    first, *rest = made.sections
    issues = [old, *first.issues]
    report = replace(
        made, sections=(replace(first, issues=issues, counts={**first.counts, old.type: 1}), *rest)
    )
    titles = [given["title"] for _, given, _ in commands(written("github", report))]
    assert titles[0] == "2 NEW, 1 CAME BACK: INVALID_ORDER_STATUS: 5 findings in orders"
    assert titles[1].startswith("OLD_BUT_CRITICAL")


def test_a_folder_of_tables_has_what_is_resolved_and_the_trend(tmp_path: Path) -> None:
    csv_report.fill(reports.changed(), tmp_path)
    gone = rows_of((tmp_path / "_resolved.csv").read_bytes())
    assert [row["description"] for row in gone] == GONE
    rows = rows_of((tmp_path / "_trend.csv").read_bytes())
    high = [row["value"] for row in rows if (row["what"], row["name"]) == ("severity", "HIGH")]
    assert high == ["12", "2", "3", "5"]
    unbilled = [row["value"] for row in rows if (row["what"], row["name"]) == ("money", "unbilled")]
    assert unbilled == ["900", "120.5", "300", "77.25"]
    assert max(map(len, (tmp_path / "_run.csv").read_text("utf-8-sig").split("\n"))) < 32_767
    assert all(csv_report.is_ours(tmp_path / name) for name in ("_resolved.csv", "_trend.csv"))
    plain = tmp_path / "plain"
    plain.mkdir()
    csv_report.fill(reports.mixed(), plain)
    assert not (plain / "_resolved.csv").exists()


def test_the_schema_describes_changes_and_trend() -> None:
    document = json.loads(written("json", reports.changed()))
    Draft202012Validator(json_schema()).validate(document)
    assert [each["severities"] for each in document["changes"]["trend"]] == [
        {"HIGH": 12, "MEDIUM": 4},
        {"HIGH": 2},
        {"HIGH": 3, "MEDIUM": 3},
        {"HIGH": 5},
    ]
    assert document["changes"]["by_report"]["status"] == {
        "new": 2,
        "persisting": 2,
        "came_back": 1,
        "resolved": 3,
        "cured": 0,
        "destroyed": 0,
        "by_changed_rules": 0,
        "not_comparable": 0,
    }


def test_the_trend_is_drawn_with_its_numbers_and_a_text() -> None:
    page = html.fromstring(written("html", reports.changed()))
    drawn = page.xpath("//figure[@class='trend']")
    assert len(drawn) == 2
    for figure in drawn:
        (picture,) = figure.xpath("./svg[@role='img']")
        (said,) = page.xpath(f"//*[@id='{picture.get('aria-labelledby')}']")
        assert "4 days of runs, 2025-12-03 to 2026-02-01" in said.xpath("string()")
        assert "A hollow mark is a run that could not check everything." in said.xpath("string()")
    severities, money = drawn
    assert "High 12 then, 5 now; Medium 4 then, 0 now" in severities.xpath("string()")
    rows = [[cell.xpath("string()") for cell in row] for row in severities.xpath(".//tbody/tr")]
    assert rows == [
        ["2026-02-01", "5", "0"],
        ["2026-01-31", "3", "3"],
        ["2026-01-30 (in part)", "2", "0"],
        ["2025-12-03", "12", "4"],
    ]
    assert "INR 900.00" in money.xpath("string()")
    heights = [float(each.get("cy")) for each in severities.xpath(".//circle[contains(@class, 'high')]")]
    assert heights[0] < heights[3] < heights[2] < heights[1], "more is higher"


def test_one_day_is_no_trend() -> None:
    made = reports.changed()
    assert made.changes
    one = replace(made, changes=replace(made.changes, trend=made.changes.trend[-1:]))
    assert html.fromstring(written("html", one)).xpath("//figure[@class='trend']") == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_what_is_resolved_harms_nobody_whatever_it_is_called(text: str, tmp_path: Path) -> None:
    made = reports.changed()
    assert made.changes
    gone = replace(made.changes.gone[0], description=text, collection=text)
    report = replace(made, changes=replace(made.changes, gone=(gone,)))
    for form in ("console", "markdown", "junit", "sarif", "json", "ndjson"):
        lines = text_of(form, report).split("\n")
        assert [line for line in lines if not line.isprintable()] == [], form
    etree.fromstring(written("junit", report))
    page = html.fromstring(written("html", report))
    assert len(page.xpath("//script")) == 2
    assert page.xpath("//img") == []
    csv_report.fill(report, tmp_path)
    (row,) = rows_of((tmp_path / "_resolved.csv").read_bytes())
    assert (cell_value(row["description"]), cell_value(row["collection"])) == (text, text)


def test_a_finding_whose_past_is_not_known_is_neither_new_nor_old() -> None:
    made = reports.changed()
    (status, billing) = made.sections
    unsure = replace(
        reports.finding("INVALID_ORDER_STATUS", fields={"order_id": "o-6", "document_id": "o-6"}),
        state="unconfirmed",
    )
    both = replace(status, issues=(*status.issues, unsure), counts={"INVALID_ORDER_STATUS": 6}), billing
    report = replace(made, sections=both)
    page = html.fromstring(written("html", report))
    assert page.xpath("string(//select[@id='status'])").split(")")[:4] == [
        "AllNew or came back (3",
        "New (2",
        "Came back (1",
        "As before (2",
    ]
    assert page.xpath("//td[@class='c-seen']/text()")[-1] == "not known"
    row = next(line for line in text_of("markdown", report).splitlines() if line.startswith("| `o-6`"))
    assert row.split("|")[6].strip() == "-"


@pytest.mark.parametrize("form", ["console", "markdown", "junit", "github", "html"])
def test_a_run_that_was_not_recorded_claims_no_change(form: str) -> None:
    """Its findings were held against the history, but nothing is known of what is resolved."""
    text = re.sub(r"(?s)<script>.*?</script>", "", text_of(form, replace(reports.changed(), changes=None)))
    assert not re.search(r"What changed|WHAT CHANGED|NEW|RESOLVED|class=.c-seen", text)
