"""Every form says that the model changed, and what is cured or destroyed; what a new rule finds is no new fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html

import intact
from intact.checks import KINDS
from intact.findings import Report
from intact.ledger.history import Store
from intact.model import parse
from intact.operations.alerts import Notifier
from intact.operations.folder import Folder, listing
from intact.reporters import csv_report, github
from tests.alerts.business import Post, config, target
from tests.folder.reading import words as page_words
from tests.reporters import reports
from tests.reporters.readers import text_of, written
from tests.support.memory import MemorySource

AS_OF = datetime(2026, 11, 1, 6, tzinfo=UTC)
RULE = """
      - allowed-values: orders.{path}
        finding: {type}
        severity: {severity}
        description: 'Order {{order}} is {{{path}}}'"""
MODEL = """
intact: 1
name: shop
title: Shop
fail-on: [BAD_STATUS]
collections:
  orders: {key: id, named: order, values: {status: [open, done], kind: VALUES}}
  customers: {key: id, named: customer}
reports:
  states:
    title: States
    purpose: What state orders are in.
    cadence: daily
    document: STATES
    checks:RULES
    total: {bad: {count: all}}
    summary: {}
"""
STATUS = RULE.format(path="status", type="BAD_STATUS", severity="high")
KIND = RULE.format(path="kind", type="BAD_KIND", severity="high")
OLD = MODEL.replace("RULES", STATUS)
NEW = MODEL.replace("RULES", STATUS + KIND)
SAID = "the model changed: 1 rule new"


def audit(history: Path, orders: list[dict[str, Any]], text: str, *fail_on: str) -> Report:
    """Audit orders by a model."""
    source = MemorySource({"orders": orders, "customers": [{"_id": 1, "id": 1}]})
    model = parse(text.replace("VALUES", "[a, b]"), KINDS)
    return intact.check(source, model=model, history=history, as_of=AS_OF, fail_on=fail_on or None)


def order(number: int, status: str = "lost", kind: str = "a") -> dict[str, Any]:
    return {"_id": number, "id": f"o-{number}", "status": status, "kind": kind}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Of five bad orders two are cured, one is destroyed, and a new rule finds two more; one is new to the old rule."""
    history = tmp_path_factory.mktemp("changed") / "history.sqlite"
    audit(history, [order(n) for n in range(5)], OLD)
    later = [order(0, "done"), order(1, "done"), order(3, kind="z"), order(4, kind="z"), order(7)]
    made = audit(history, later, NEW)
    assert made.changes is not None
    assert (made.changes.resolved, made.changes.cured, made.changes.destroyed) == (3, 2, 1)
    assert (made.changes.new, made.changes.by_changed_rules) == (3, 2)
    return made


FORMS: dict[str, Callable[[Report], str]] = {
    "console": lambda each: " ".join(text_of("console", each).split()),
    "html": lambda each: str(html.fromstring(written("html", each)).text_content()),
    "markdown": lambda each: text_of("markdown", each),
    "github": lambda each: text_of("github", each),
    "github summary": lambda each: "".join(github.summary(each)),
    "junit": lambda each: text_of("junit", each),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_for_people_says_that_the_model_changed_and_how(form: str, report: Report) -> None:
    assert SAID in FORMS[form](report).replace("The model", "the model")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_for_people_tells_cured_from_destroyed(form: str, report: Report) -> None:
    text = FORMS[form](report)
    if form == "html":
        assert "3 findings resolved (2 cured, 1 destroyed)" in text
    else:
        assert "2 cured, 1 destroyed" in text


def test_the_forms_for_programs_tell_cured_from_destroyed_and_the_models_change(
    report: Report, tmp_path: Path
) -> None:
    changes: Any = json.loads(written("json", report))["changes"]
    assert (changes["cured"], changes["destroyed"], changes["by_changed_rules"]) == (2, 1, 2)
    assert (
        changes["model"] == {"new": 1, "changed": 0, "gone": 0, "figures": 1} or changes["model"]["new"] == 1
    )
    assert sorted(each["how"] for each in changes["gone"]) == ["cured", "cured", "destroyed"]
    csv_report.fill(report, tmp_path)
    assert sorted(
        line.rpartition(",")[2].strip()
        for line in (tmp_path / "_resolved.csv").read_text("utf-8-sig").splitlines()[1:]
    ) == ["cured", "cured", "destroyed"]


def test_the_folders_page_and_its_metrics_tell_both(report: Report, tmp_path: Path) -> None:
    Folder(tmp_path).keep(report)
    page = page_words(tmp_path / "index.html")
    assert f"({SAID}" in page
    assert "2 cured, 1 destroyed" in page
    metrics, _ = pytest.importorskip("intact.operations.serve.metrics").exposition(
        listing(tmp_path), "text/plain"
    )
    gone = {
        how: float(line.rpartition(" ")[2])
        for line in metrics.decode().splitlines()
        for how in ("cured", "destroyed")
        if line.startswith("intact_last_run_gone_findings{") and f'how="{how}"' in line
    }
    assert gone == {"cured": 2, "destroyed": 1}


def letters(history: Path, *audits: tuple[list[dict[str, Any]], str]) -> list[str]:
    """Give the letters that audits after a first run lead to."""
    post = Post()
    with Store(history) as store:
        desk = Notifier(config(target()), store, now=lambda: datetime.now(UTC), send=post)
        for orders, text in audits:
            audit(history, orders, text)
            desk.watch("shop", "memory", currency=None, urgent=["HIGH"], link="")
            desk.deliver()
    return [letter.body for _, letter in post.taken]


def test_a_letter_says_that_the_model_changed_and_what_is_new_only_by_it(tmp_path: Path) -> None:
    bad = [order(n) for n in range(2)]
    both = [order(0, kind="z"), order(1)]
    first, second = letters(tmp_path / "h.sqlite", (bad, OLD), (both, NEW))
    assert "the model changed" not in first
    assert f"Not the same audit: {SAID}" in second
    assert "1 new (1 by rules that are new or changed in the model)" in second


def test_a_letter_that_all_is_clear_tells_cured_from_destroyed(tmp_path: Path) -> None:
    bad = [order(n) for n in range(3)]
    *_, last = letters(tmp_path / "h.sqlite", (bad, OLD), ([order(0, "done"), order(1, "done")], OLD))
    assert "all clear again" in last
    assert "2 cured, 1 destroyed" in last


def test_a_second_all_clear_does_not_count_the_first_ones_again(tmp_path: Path) -> None:
    done = [order(n, "done") for n in range(3)]
    rounds = [
        ([order(0), *done[1:]], OLD),
        (done, OLD),
        ([done[0], order(1), done[2]], OLD),
        ([done[0], done[2]], OLD),
    ]
    told = letters(tmp_path / "h.sqlite", *rounds)
    assert "1 cured" in told[1]
    assert "1 destroyed" in told[3]
    assert "cured" not in told[3]


@pytest.mark.parametrize("line", ["new:HIGH", "new:BAD_KIND", "new:HIGH>1"])
def test_what_a_new_rule_finds_in_old_data_crosses_no_line_of_new_findings(line: str, tmp_path: Path) -> None:
    orders = [order(n, "done", kind="z") for n in range(3)]
    audit(tmp_path / "h.sqlite", orders, OLD)
    report = audit(tmp_path / "h.sqlite", orders, NEW, line)
    assert (report.exit_code, report.failing) == (0, 0)
    assert {each.status for each in report["states"].issues} == {"new"}
    (note,) = [each for each in report.run.notes if "not counted as new" in each]
    assert note.startswith("3 findings of rules that are new or changed in the model are")
    assert line in note


def test_what_is_new_to_a_rule_that_stayed_crosses_it_as_ever(tmp_path: Path) -> None:
    audit(tmp_path / "h.sqlite", [order(1, "done")], OLD)
    report = audit(tmp_path / "h.sqlite", [order(1, "done"), order(2)], NEW, "new:HIGH")
    assert (report.exit_code, report.failing) == (1, 1)
    assert not [each for each in report.run.notes if "not counted as new" in each]


def test_what_a_changed_rule_finds_crosses_no_line_of_new_findings_until_it_has_judged_once(
    tmp_path: Path,
) -> None:
    narrow = NEW.replace("[open, done]", "[open]")
    done = [order(n, "done") for n in range(2)]
    audit(tmp_path / "h.sqlite", done, NEW)
    assert audit(tmp_path / "h.sqlite", done, narrow, "new:HIGH").exit_code == 0
    assert audit(tmp_path / "h.sqlite", [*done, order(5)], narrow, "new:HIGH").failing == 1


def test_a_line_of_all_findings_counts_those_of_new_rules(tmp_path: Path) -> None:
    orders = [order(n, "done", kind="z") for n in range(3)]
    audit(tmp_path / "h.sqlite", orders, OLD)
    assert audit(tmp_path / "h.sqlite", orders, NEW, "HIGH").failing == 3


def test_the_trend_has_a_mark_where_the_model_changed() -> None:
    made = reports.changed()
    assert made.changes is not None
    days = [replace(each, model_changed=at == 2) for at, each in enumerate(made.changes.trend)]
    page = html.fromstring(written("html", replace(made, changes=replace(made.changes, trend=tuple(days)))))
    for figure in page.xpath("//figure[@class='trend']"):
        (mark,) = figure.xpath(".//*[local-name()='line'][@class='change']")
        assert mark.xpath("string()") == "2026-01-31: the model changed"
        said = figure.xpath("string(.//figcaption)")
        assert "The model changed at a dashed line" in said
        assert "2026-01-31 (the model changed)" in figure.xpath("string(.//tbody)")
    plain = html.fromstring(written("html", made))
    assert plain.xpath("//figure[@class='trend']//*[local-name()='line'][@class='change']") == []
    assert "dashed" not in plain.text_content()


def test_a_change_between_two_days_is_a_mark_although_another_run_of_the_day_made_it(tmp_path: Path) -> None:
    history, orders = tmp_path / "h.sqlite", [order(1)]
    audit(history, orders, OLD)
    with Store(history) as store, store.writing() as database:
        day = timedelta(days=1) // timedelta(milliseconds=1)
        database.execute("UPDATE run SET ended = ended - ?", (day,))
        database.execute("UPDATE span SET since = since - ?", (day,))
    audit(history, orders, NEW)
    last = audit(history, orders, NEW)
    assert last.changes is not None
    assert [each.model_changed for each in last.changes.trend] == [False, True]
