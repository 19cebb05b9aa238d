"""The report for a terminal: what a tired person needs first stands first, and how it ended stands last.

Readable at 80 columns. On a terminal it has colour (unless ``NO_COLOR`` is set) and lines; into a pipe or a
file it is plain text whose own marks are ASCII. Values of the database are shown, never obeyed: see
:mod:`intact.findings.words`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from typing import Final, NoReturn, TextIO

from rich.console import Console
from rich.text import Text

from intact.core.hints import DEFAULT_MODEL
from intact.core.terms import SEVERITIES
from intact.findings import Report
from intact.findings.causes import Cause, causes
from intact.findings.digest import SectionDigest, TypeDigest, digest
from intact.findings.news import News, mark, news
from intact.findings.words import amount_text, by_amount, clipped, counted, harmless, moment_text
from intact.reporters import console_news as changed
from intact.reporters import console_words as words

WIDTH: Final = 80
"""Columns of the report where there is no terminal."""

_WIDEST: Final = 110
"""Columns beyond which lines are hard to read."""
_LONGEST: Final = 300
"""Characters of a description that are shown; the JSON report has all of them."""
_COLOURS: Final = {"CRITICAL": "bold red", "HIGH": "red", "MEDIUM": "yellow", "LOW": "cyan"}
_VERDICTS: Final = {
    "ACT NOW": "bold white on red",
    "INCOMPLETE": "bold black on yellow",
    "CLEAN": "bold black on green",
}
_TITLE: Final = 14
"""Characters of a title that the table shows on any terminal."""
_ANYTHING: Final = 1000
"""Characters of anything at all."""
_INDENT: Final = " " * 6
"""Before what stands under an example."""
_EXAMPLES: Final = {True: 3, False: 1}
"""Root causes shown of a type that is critical or fails the run, and of any other: the worst gets room."""
_UNCHECKED_LISTED: Final = 12
"""How many reasons and troubles are listed."""


def render(report: Report) -> Iterator[str]:
    """Yield the report as plain text, 80 columns wide, ending with a line break."""
    page = io.StringIO()
    console = Console(file=page, width=WIDTH, color_system=None, markup=False, highlight=False, emoji=False)
    _Page(console, fancy=False, encoding="utf-8").show(report)
    yield page.getvalue()


def print_report(
    report: Report, file: TextIO, *, saved: Sequence[str] = (), usual: str = DEFAULT_MODEL
) -> None:
    """Print the report to a terminal, or wherever the stream goes.

    Args:
        report: The report.
        file: The stream.
        saved: Files in which the reader finds all of it.
        usual: The model that a command takes without being told.
    """
    encoding = (file.encoding or "utf-8").lower()
    console = open_console(file)
    console.width = min(console.width, _WIDEST)
    fancy = console.is_terminal and encoding.replace("-", "") == "utf8"
    _Page(console, fancy=fancy, encoding=encoding).show(report, saved, usual)


class _Console(Console):
    """A console that leaves it to its caller what a reader who went away means; rich would end the process."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise the error that is being handled."""
        raise BrokenPipeError


def open_console(file: TextIO) -> Console:
    """Return a console for a stream, one that reads nothing into what it prints and honours ``NO_COLOR``."""
    plain = bool(os.environ.get("NO_COLOR"))
    return _Console(
        file=file, color_system=None if plain else "auto", markup=False, highlight=False, emoji=False
    )


class _Page:
    """Writes one report, part by part."""

    def __init__(self, console: Console, *, fancy: bool, encoding: str) -> None:
        self.console = console
        self.encoding = encoding
        self.bullet, self.line, self.double = ("•", "─", "━") if fancy else ("-", "-", "=")

    def show(self, report: Report, saved: Sequence[str] = (), usual: str = DEFAULT_MODEL) -> None:
        """Write the whole report."""
        sections = digest(report)
        self._header(report)
        self._result(report, sections)
        self._unchecked(report)
        since = news(report)
        self._changed(since, report.run.currency)
        self._overview(sections)
        for each in sections:
            if each.types:
                self._section(each, report, since)
        self._blank()
        self._rule("ABOUT THIS RUN", self.line)
        self._facts(words.about(report))
        self._ending(report, sections, words.next_steps(report, sections, saved, usual))

    def _header(self, report: Report) -> None:
        self._rule(f"DATA CONSISTENCY REPORT  {harmless(report.run.model_title)}", self.double)
        self._facts(words.header(report))

    def _facts(self, facts: Sequence[words.Fact]) -> None:
        for name, value in facts:
            self._hang(value, f"{name:<8}", "dim")

    def _result(self, report: Report, sections: Sequence[SectionDigest]) -> None:
        self._blank()
        word, sentence, more = words.verdict(report, sections)
        verdict = Text.assemble((f" {word} ", _VERDICTS.get(word, "bold reverse")), (f" {sentence}", "bold"))
        self.console.print(verdict)
        for each in more:
            self._hang(each, " ")
        self._blank()
        for name, value in (*changed.headline(report), *words.headline(report)):
            self._hang(value, f"{name:<30}", "", "bold")
        money = by_amount(report.headline.money_at_stake)
        width = max((len(amount_text(amount)) for _, amount in money), default=0)
        currency = f"{report.run.currency} " if report.run.currency else ""
        for kind, amount in money:
            text = f"{currency}{amount_text(amount):>{width}}"
            self._hang(text, f"  {clipped(words.money_name(kind), 40):<28}", "", "bold")

    def _unchecked(self, report: Report) -> None:
        entries = words.not_checked(report)
        if not entries:
            return
        self._blank()
        self._rule("NOT CHECKED", self.line, "bold yellow")
        self._hang("That nothing was found here does not mean that nothing is wrong.")
        for entry in entries[:_UNCHECKED_LISTED]:
            self._item(entry)
        if len(entries) > _UNCHECKED_LISTED:
            self._item(f"and {len(entries) - _UNCHECKED_LISTED:,} more; the JSON report lists them")

    def _changed(self, since: News | None, currency: str | None) -> None:
        if since is None:
            return
        self._blank()
        self._rule(f"WHAT CHANGED SINCE {moment_text(since.before)}", self.line)
        for item in changed.listed(since, currency):
            self._item(item)

    def _overview(self, sections: tuple[SectionDigest, ...]) -> None:
        shown = [name for name in SEVERITIES if name != "LOW" or any(each.count(name) for each in sections)]
        least = {
            name: max([len(name), *(len(f"{each.count(name):,}") for each in sections)]) + 2 for name in shown
        }
        room = self.console.width - 9 - sum(least.values()) - len("  not fully checked")
        titles = [
            self._safe(_cut(harmless(each.section.title), min(40, max(room, _TITLE)))) for each in sections
        ]
        width = max([len("REPORT"), *(title.cell_len for title in titles)]) + 2
        # Four severities leave no room for what was judged, unless their columns are as narrow as what they hold.
        narrow = width + 9 + 10 * len(shown) + len("  not fully checked") > self.console.width
        wide = least if narrow else dict.fromkeys(shown, 10)
        self._blank()
        self._hang(
            f"{'REPORT':<{width}}{'DUE':<9}"
            + "".join(f"{name:>{wide[name]}}" for name in shown)
            + "  LEAST JUDGED",
            "",
            "",
            "dim",
        )
        for each, title in zip(sections, titles, strict=True):
            row = Text.assemble(title, " " * (width - title.cell_len), f"{each.section.cadence:<9}")
            for name in shown:
                number = each.count(name)
                text = f"{number:,}" if number else "-"
                row.append(f"{text:>{wide[name]}}", _COLOURS[name] if number else "dim")
            if each.unchecked:
                row.append("  not fully checked", "bold yellow")
            else:
                row.append("" if each.types else "  clean", "green")
                row.append(f"  {each.section.coverage}".rstrip(), "dim")
            self.console.print(row)
            for note in () if each.types else words.noted(each.section):
                self._hang(note, "  ", "  ", "yellow")

    def _section(self, each: SectionDigest, report: Report, since: News | None) -> None:
        self._blank()
        self._rule(f"{harmless(each.section.title)}: {counted(each.findings, 'finding')}", self.line)
        self._hang(harmless(each.section.purpose), "", "", "dim")
        if again := words.looked_again(each.section):
            self._hang(again, "", "", "dim")
        for note in words.noted(each.section):
            self._hang(note, "", "", "yellow")
        found = causes(each.section.issues)
        for kind in each.types:
            mine = [cause for cause in found if cause.type == kind.type]
            self._type(kind, mine, report, since.of(each.section) if since else None)

    def _type(self, kind: TypeDigest, found: Sequence[Cause], report: Report, since: News | None) -> None:
        currency = report.run.currency
        title = Text.assemble((kind.severity, _COLOURS.get(kind.severity, "")), "  " if kind.severity else "")
        title.append(f"{kind.count:,} ", "bold").append(self._safe(harmless(kind.type), "bold"))
        aside = ", ".join(filter(None, (words.aside(kind, currency), changed.of_type(report, since, found))))
        beside = title.cell_len + 2 + len(aside) <= self.console.width
        self.console.print(Text.assemble(title, ("  " + aside) if aside and beside else ""), overflow="fold")
        if aside and not beside:
            self._hang(aside, "    ")
        room = _EXAMPLES[bool(kind.failing) or kind.severity == SEVERITIES[0]]
        shared = [cause for cause in found if cause.fields and cause.count > 1]
        together = changed.new_on_top(report, shared)[:room]
        for cause in together:
            new = f"{mark(cause)}: " if since and cause.fresh else ""
            self._item(new + words.cause(cause, currency))
            self._hang(words.cause_examples(cause, self.console.width - len(_INDENT)), _INDENT, "", "dim")
        if hidden := len(shared) - len(together):
            self._item(f"and {counted(hidden, 'more group')} of findings with the same cause")
        alone = changed.apart(kind, since, together, words.apart(kind, found, together))
        for finding in alone[: room - len(together)]:
            self._item(changed.mark_one(report, finding) + clipped(harmless(finding.description), _LONGEST))
            evidence = [*words.evidence(finding), *changed.since(report, since, finding)]
            for line in words.packed(evidence, self.console.width - len(_INDENT)):
                self._hang(line, _INDENT, "", "dim")

    def _ending(
        self, report: Report, sections: tuple[SectionDigest, ...], steps: Sequence[words.Step]
    ) -> None:
        self._blank()
        if steps:
            self._rule("WHAT TO DO NEXT", self.line)
            for number, step in enumerate(steps, 1):
                self._item(step.what, f"{number}.")
                for each in step.lines:  # never broken: they are there to be copied
                    self.console.print(self._safe(f"       {each}", "bold"), soft_wrap=True)
            self._blank()
        self._hang(words.exit_meaning(report, sections), "", "", "bold")

    def _item(self, text: str, mark: str = "") -> None:
        """Write an item of a list."""
        self._hang(text, f"  {mark or self.bullet} ")

    def _hang(self, text: str, before: str = "", before_style: str = "", style: str = "") -> None:
        """Write a text, wrapped so that all its lines begin where the first one does."""
        if not text:
            self.console.print(Text(before.rstrip(), before_style))
            return
        room = max(20, self.console.width - len(before))
        for number, line in enumerate(self._safe(text, style).wrap(self.console, room, overflow="fold")):
            line.rstrip()
            self.console.print(
                Text.assemble((before if not number else " " * len(before), before_style), line)
            )

    def _rule(self, title: str, line: str, style: str = "bold") -> None:
        """Write a heading that fills the line."""
        text = self._safe(f"{title} ", style)
        text.append(line * max(3, self.console.width - text.cell_len), "dim")
        self.console.print(text, overflow="fold")

    def _blank(self) -> None:
        self.console.print()

    def _safe(self, text: str, style: str = "") -> Text:
        """Return text that the stream can take; what it cannot is shown as an escape."""
        shown = clipped(text, _ANYTHING).encode(self.encoding, "backslashreplace").decode(self.encoding)
        return Text(shown, style=style)


def _cut(title: str, room: int) -> str:
    """Cut a title that is too long for its column; its own heading has all of it."""
    return title if len(title) <= room else f"{title[: room - 3].rstrip()}..."
