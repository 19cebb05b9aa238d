"""The report for a terminal: readable at 80 columns, harmless, honest about what was not checked."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from intact.findings import Outcome, Report, Status, Trouble
from intact.reporters.console import print_report, render
from intact.reporters.console_words import packed
from tests.findings.test_words import HOSTILE
from tests.reporters import reports
from tests.reporters.reports import finding, section

ALL = [reports.mixed, reports.clean, reports.limited, reports.report]
ESCAPE = "\x1b"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Say so."""
        return True


class Pipe(io.StringIO):
    """A stream that is no terminal, of an encoding that can take little."""

    encoding = "ascii"


def text_of(report: Report) -> str:
    """Give the report as it goes into a file."""
    return "".join(render(report))


def printed(report: Report, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """Print to a stream in an environment of its own."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    print_report(report, stream)
    return stream.getvalue()


@pytest.mark.parametrize("make", ALL)
def test_in_a_file_it_is_plain_ascii_of_80_columns(make: object) -> None:
    text = text_of(make())  # type: ignore[operator]
    assert text.isascii()
    assert ESCAPE not in text
    assert all(len(line) <= 80 and line == line.rstrip() for line in text.splitlines())
    assert text.endswith("\n")


def test_what_matters_most_stands_first_and_the_exit_code_last() -> None:
    text = text_of(reports.mixed())
    order = [
        "DATA CONSISTENCY REPORT",
        "/srv/dumps/shop",
        "ACT NOW  3 of 8 findings make this run fail",
        "2 PHANTOM_DELIVERY_NO_ORDER, 1 DOUBLE_BILLING",
        "Total Critical Issues Found   8",
        "Money at stake",
        "NOT CHECKED ---",
        "REPORT   ",
        "Phantom deliveries: 2 findings",
        "Billing integrity: 1 finding",
        "Status consistency: 5 findings",
        "WHAT TO DO NEXT",
        "intact explain PHANTOM_DELIVERY_NO_ORDER",
        "Exit code 1:",
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places)


def test_the_header_says_what_was_run_on_what() -> None:
    text = text_of(reports.mixed())
    assert re.search(r"^Model +delivery \(delivery\.yml\)$", text, re.MULTILINE)
    assert "As of   2026-02-01 00:00 UTC; run 2026-02-01 06:58 UTC, 0.8 s" in text
    assert "projector pure, engine duckdb 1.4.0" in text
    assert re.search(r"2\s+documents\s+of\s+orders", text)


def test_money_at_stake_is_aligned_the_most_first() -> None:
    text = text_of(reports.mixed())
    assert "  overcharged                 INR 3,500.50\n  unbilled                    INR   120.00\n" in text


def test_an_example_says_which_record_and_what_was_probably_meant() -> None:
    text = text_of(reports.mixed())
    assert "- Order has invalid status: Deliverd\n      order_id: o-1; suggestion: delivered\n" in text
    assert "near match: the number 77 exists (another type)" in " ".join(text.split())
    assert "total_overcharge: 3,500.50; billing_ids: b-1, b-2" in text


def test_only_the_worst_types_get_several_examples() -> None:
    text = text_of(reports.mixed())
    assert text.count("confirmed but no matching order found") == 2
    assert text.count("invalid status: Deliverd") == 1
    assert "HIGH  5 INVALID_ORDER_STATUS" in text


def test_what_was_not_checked_is_said_with_its_reason() -> None:
    text = " ".join(text_of(reports.mixed()).split())
    assert "UNBILLED_PERIOD: collection users is not in the source" in text
    assert "orders.bson, byte 8812: the file ends in the middle of a document. Dump it again." in text
    assert "not fully checked" in text


def test_many_reasons_are_cut_and_counted() -> None:
    outcomes = tuple(Outcome(f"c {n}", "T", Status.NOT_EVALUATED, 0, (f"reason {n}",)) for n in range(40))
    text = text_of(reports.report(section(outcomes=outcomes)))
    assert "reason 11" in text
    assert "reason 12" not in text
    assert "and 28 more" in text


def test_troubles_beyond_the_listed_ones_are_counted() -> None:
    made = replace(reports.report(troubles=(Trouble("orders", "broken", "byte 1"),)), troubles_total=700)
    assert "699 more troubles not listed" in text_of(made)


@pytest.mark.parametrize(
    ("made", "verdict", "code"),
    [
        (reports.clean(), "CLEAN  nothing found", "Exit code 0: nothing found that fails the run"),
        (
            reports.limited(),
            "FOUND  40 findings, none at which this run fails",
            "Exit code 0: 40 findings, none of which fails the run",
        ),
        (reports.mixed(), "ACT NOW", "Exit code 1"),
        (
            reports.report(troubles=(Trouble(None, "broken", "x"),)),
            "INCOMPLETE  0 findings, none at which this run fails",
            "Exit code 3",
        ),
    ],
    ids=["clean", "found", "failing", "incomplete"],
)
def test_the_verdict_and_the_exit_code_are_in_words(made: Report, verdict: str, code: str) -> None:
    text = text_of(made)
    assert verdict in text
    assert text.splitlines()[-3:][-1].startswith(code) or code in "\n".join(text.splitlines()[-3:])


def test_an_incomplete_run_never_looks_clean() -> None:
    outcome = Outcome("c", "T", Status.NOT_EVALUATED, 0, ("no users",))
    text = text_of(reports.report(section(outcomes=(outcome,))))
    assert "CLEAN" not in text
    assert "  clean" not in text


def test_a_limited_run_says_that_there_are_more() -> None:
    assert "This run was limited; for all findings run it again without --limit." in text_of(
        reports.limited()
    )


def test_saved_files_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    print_report(reports.mixed(), stream, saved=["out/report.json"])
    assert "out/report.json" in stream.getvalue()
    assert "--output" not in stream.getvalue()
    del monkeypatch


def test_a_terminal_gets_colour_and_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(reports.mixed(), Terminal(), monkeypatch)
    assert ESCAPE in text
    assert "━" in text


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(reports.mixed(), Terminal(), monkeypatch, NO_COLOR="1")
    assert ESCAPE not in text
    assert "━" in text


def test_a_pipe_gets_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    assert ESCAPE not in printed(reports.mixed(), stream, monkeypatch)


def test_a_stream_that_takes_ascii_only_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = reports.report(section(issues=[finding("X", description="Kundin Änne ₹")]))
    text = printed(made, Pipe(), monkeypatch)
    assert text.isascii()
    assert "Kundin \\xc4nne \\u20b9" in text


def test_letters_of_other_scripts_stay_where_they_can_be_shown() -> None:
    made = reports.report(section(issues=[finding("X", description="Customer अनिल")]))
    assert "अनिल" in text_of(made)


def hostile(text: str) -> Report:
    """Make a report that has a text wherever the database or a file name can put one."""
    bad = finding(
        text or "X",
        "CRITICAL",
        collection=text,
        description=text,
        fields={
            "order_id": text,
            "names": [text, text],
            "near_match": {"kind": "case", "value": text},
            "document_id": text,
        },
        money=(text, Decimal(1)),
    )
    run = replace(reports.RUN, source=text, model_title=text, notes=(text,), database=text, model=text)
    outcome = Outcome(text, text, Status.NOT_EVALUATED, 0, (text,))
    made = section(issues=[bad], title=text, outcomes=(outcome,))
    return reports.report(
        made,
        run=run,
        money={text: Decimal(1)},
        failing=1,
        fail_on=(text,),
        troubles=(Trouble(text, text, text, text),),
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_values_cannot_touch_the_terminal(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = printed(hostile(text), Terminal(), monkeypatch, NO_COLOR="1")
    assert all(line.isprintable() for line in plain.split("\n"))
    coloured = printed(hostile(text), Terminal(), monkeypatch)
    without = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert without == plain


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/]", "[link=http://x]y[/link]", ":smile:", "{0}", "%s"])
def test_markup_in_values_is_text(text: str) -> None:
    shown = text_of(hostile(text))
    assert text in shown


def test_a_megabyte_in_a_name_is_cut() -> None:
    text = text_of(hostile("a" * 1_000_000))
    assert len(text) < 20_000
    assert "more characters; the JSON report has all of it)" in " ".join(text.split())


def test_an_id_with_white_space_at_its_ends_is_quoted() -> None:
    made = finding("X", description="y", fields={"order_id": " o-1 ", "document_id": "d"})
    assert '" o-1 "' in text_of(reports.report(section(issues=[made])))


def test_what_could_not_be_read_is_said_once() -> None:
    trouble = Trouble("orders", "it ends in the middle", "orders.bson, byte 7", "Copy it again.", None)
    reason = "orders was not read whole (orders.bson, byte 7: it ends in the middle); only a part was checked"
    outcome = Outcome("c", "T", Status.NOT_EVALUATED, 0, (reason,))
    text = text_of(reports.report(section(outcomes=(outcome,)), troubles=(trouble,)))
    assert text.count("it ends in the middle") == 1
    assert "T: orders was not read whole; only a part was checked" in text


def test_parts_are_broken_between_and_not_inside() -> None:
    assert packed(["a" * 10, "b" * 10, "c" * 30], 26) == ["a" * 10 + "; " + "b" * 10 + ";", "c" * 30]
    assert packed([], 10) == []


def test_a_command_to_copy_is_never_broken() -> None:
    stream = io.StringIO()
    path = "/srv/" + "long/" * 30 + "report.json"
    print_report(reports.mixed(), stream, saved=[path])
    assert f"\n       {path}\n" in stream.getvalue()


def test_findings_of_one_root_cause_are_one_line() -> None:
    issues = [
        replace(
            finding("BAD", fields={"order_id": f"o-{at}", "customer_id": "c-17", "document_id": at}),
            cause=("customer_id",),
            when=f"2026-01-{at + 1:02d}",
            money=("lost", Decimal(2)),
        )
        for at in range(9)
    ]
    text = text_of(reports.report(section(issues=issues)))
    assert (
        "  - 9 with customer_id c-17; 2026-01-01 to 2026-01-09; lost INR 18.00\n"
        "      such as order_id o-0, o-1, o-2\n"
    ) in text
    assert text.count("o-0") == 1


def test_root_causes_that_are_not_shown_are_counted() -> None:
    def text(groups: int) -> str:
        issues = [
            replace(
                finding("BAD", fields={"customer_id": f"c-{group}", "document_id": at}),
                cause=("customer_id",),
            )
            for group in range(groups)
            for at in range(2)
        ]
        return text_of(reports.report(section(issues=issues)))

    shown = text(20).count("2 with customer_id")
    assert 0 < shown < 20
    assert "more group" not in text(shown)
    assert "  - and 1 more group of findings with the same cause\n" in text(shown + 1)
    assert "  - and 2 more groups of findings with the same cause\n" in text(shown + 2)


def test_what_became_of_findings_that_were_looked_at_again_is_said() -> None:
    made = reports.report(replace(section(issues=[finding("BAD")]), vanished=1200, unconfirmed=1))
    text = " ".join(text_of(made).split())
    assert "1,200 more were no longer wrong when looked at again; 1 could not be looked at again" in text


def test_the_ending_names_what_to_begin_with_and_what_it_costs() -> None:
    text = " ".join(text_of(reports.mixed()).split())
    assert "Begin with 2 PHANTOM_DELIVERY_NO_ORDER, then 1 DOUBLE_BILLING (overcharged INR 3,500.50)" in text


def test_many_documents_are_named_by_their_directory() -> None:
    page = io.StringIO()
    documents = [f"out/REPORT_{at}_2026_11.md" for at in range(7)]
    print_report(reports.mixed(), page, saved=["report.json", *documents])
    assert "       report.json\n       out/*.md (7 documents, one a report)\n" in page.getvalue()
