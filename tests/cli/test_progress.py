"""Progress: a bar on a terminal, a line now and then without one, nothing when quiet; and it stops a run."""

from __future__ import annotations

import io

import pytest

from intact.cli.progress import Bar, ProgressLines, shown_progress
from tests.reporters.test_console import Terminal


def test_lines_come_now_and_then() -> None:
    out = io.StringIO()
    lines = ProgressLines(out, every=0)
    lines.start(4_000_000)
    lines.advance(1_000_000, 500, "orders")
    lines.advance(2_000_000, 700, "users\x1b[2J")
    lines.phase("checking billing")
    assert out.getvalue().splitlines() == [
        "intact: reading orders: 25 % of 4 MB, 500 documents",
        "intact: reading users\\x1b[2J: 75 % of 4 MB, 1,200 documents",
        "intact: checking billing: 75 % of 4 MB, 1,200 documents",
    ]


def test_lines_are_rare() -> None:
    out = io.StringIO()
    lines = ProgressLines(out, every=3600)
    lines.start(None)
    for _ in range(1000):
        lines.advance(1, 1, "orders")
    assert out.getvalue() == ""


def test_a_size_that_nobody_knows_gives_no_share() -> None:
    out = io.StringIO()
    lines = ProgressLines(out, every=0)
    lines.start(None)
    lines.advance(3_000_000, 5, "orders")
    assert out.getvalue() == "intact: reading orders: 3 MB, 5 documents\n"


def test_the_bar_is_gone_when_the_report_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    with Bar(out) as bar:
        bar.start(100)
        bar.advance(50, 3, "orders[bold]\x1b[2J")
        bar.phase("checking\nbilling")
    drawn = out.getvalue()
    assert "checking\\nbilling" in drawn
    assert "\x1b[2K" in drawn
    assert "\x1b[2J" not in drawn


@pytest.mark.parametrize(
    ("quiet", "terminal", "term", "kind"),
    [
        (True, True, "xterm", "Silent"),
        (False, True, "xterm", "Bar"),
        (False, True, "dumb", "ProgressLines"),
        (False, False, "xterm", "ProgressLines"),
    ],
)
def test_the_progress_fits_the_stream(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, terminal: bool, term: str, kind: str
) -> None:
    monkeypatch.setenv("TERM", term)
    with shown_progress(quiet=quiet, stream=Terminal() if terminal else io.StringIO()) as progress:
        assert type(progress).__name__ == kind


def test_an_audit_goes_on_where_nobody_reads_its_progress() -> None:
    class Broken(io.StringIO):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError

    lines = ProgressLines(Broken(), every=0)
    lines.start(None)
    lines.phase("checking billing")
