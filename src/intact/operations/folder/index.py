"""The page that lists the runs of a folder of reports: one file that loads nothing and in which no script runs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from intact.core.terms import SEVERITIES
from intact.core.version import __version__
from intact.findings.words import by_amount, counted, moment_text
from intact.operations.folder.failed import history, notice, stale
from intact.operations.folder.listing import Listing
from intact.operations.folder.run_files import DOCUMENTS
from intact.operations.folder.run_record import RunRecord
from intact.operations.folder.trend import trend
from intact.reporters.html_report import markup as m

INDEX: Final = "index.html"

_MARK: Final = '<meta name="generator" content="intact, folder of reports">'
_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' "
    "height='16' rx='3' fill='%23245b52'/%3E%3Cpath d='M4 8.5l2.6 2.6L12 5.4' fill='none' stroke='white' "
    "stroke-width='2'/%3E%3C/svg%3E"
)


def is_index(path: Path) -> bool:
    """Tell whether a file is such a page.

    Raises:
        OSError: If it cannot be read.
    """
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return _MARK.encode() in file.read(2000)


def render(found: Listing) -> Iterator[str]:
    """Yield the page in pieces."""
    yield (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{_MARK}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        "<title>Data consistency reports</title>\n"
        f'<link rel="icon" href="{_ICON}">\n<style>{_style()}</style>\n</head>\n<body><main>\n'
        "<h1>Data consistency reports</h1>\n"
    )
    audits = found.by_audit()
    yield from notice(found)
    if not audits:
        yield "<p>No run has been kept here yet.</p>\n"
    for number, runs in enumerate(audits):
        yield from _audit(runs, number, stale(found, runs), alone=len(audits) == 1)
    yield from history(found)
    if found.damaged:
        listed = "".join(
            f"<li><code>{m.text(name)}</code>: {m.text(why)}</li>" for name, why in found.damaged
        )
        yield f"<h2>Not listed</h2><p>What these say of a run cannot be read:</p><ul>{listed}</ul>\n"
    yield f'<p class="quiet">Times are UTC. intact {m.text(__version__)}</p>\n</main></body>\n</html>\n'


def policy() -> str:
    """Return the policy under which nothing runs or loads, and only this style applies."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def verdict(run: RunRecord) -> tuple[str, str]:
    """Return how a run ended: its mood, and the word for it."""
    if run.exit_code == 1:
        return "bad", "Act now"
    if not run.complete:
        return "open", "Incomplete"
    return ("some", "Findings") if run.findings else ("good", "Clean")


def _audit(runs: Sequence[RunRecord], number: int, not_last: str, *, alone: bool) -> Iterator[str]:
    """Yield one audit: how it stands, how it went, and each of its runs."""
    last = runs[0]
    mood, word = verdict(last)
    made = f"model {m.text(last.model)}, {counted(len(runs), 'run')}"
    which = "" if alone else f"; {m.text(', '.join(last.reports))}"
    accepted = f" ({m.number(sum(last.accepted.values()))} accepted)" if any(last.accepted.values()) else ""
    money = f", {m.money(last.money, last.currency)}" if last.money else ""
    yield (
        f'<section aria-labelledby="audit-{number}"><h2 id="audit-{number}">{m.text(last.title)}: '
        f'{m.text(last.subject)}</h2>\n<p class="quiet">{made}{which}</p>\n'
        f'<div class="latest"><p class="verdict {mood}">{word}</p>'
        f"<p>{counted(last.findings, 'finding')}{accepted}{money}; {_time(last)}</p>"
        f'<p class="go"><a href="{last.name}/report.html">Open the latest report</a></p>{not_last}</div>\n'
    )
    yield trend(runs, f"trend-{number}")
    compared = any(each.new is not None for each in runs)
    changes = (
        '<th scope="col" class="number">New</th><th scope="col" class="number">Resolved</th>'
        if compared
        else ""
    )
    summed = any(each.total_critical_issues is not None for each in runs)
    total = '<th scope="col" class="number">Total Critical Issues Found</th>' if summed else ""
    yield (
        f'<h3 id="runs-{number}">Runs</h3><div class="across" tabindex="0" role="group" '
        f'aria-labelledby="runs-{number}"><table><thead><tr><th scope="col">Made</th><th scope="col">Verdict</th>'
        '<th scope="col" class="number">Findings</th><th scope="col" class="number">Critical findings</th>'
        f'{total}<th scope="col">At stake</th>{changes}<th scope="col">Files</th></tr></thead><tbody>\n'
    )
    yield from (_row(each, compared=compared, summed=summed) for each in runs)
    yield "</tbody></table></div></section>\n"


def _row(run: RunRecord, *, compared: bool, summed: bool) -> str:
    mood, word = verdict(run)
    money = "".join(
        f"<li>{m.amount(value, run.currency)} {m.name(kind)}</li>" for kind, value in by_amount(run.money)
    )
    total = _cell(run.total_critical_issues) if summed else ""
    cells = _changes(run) if compared else ""
    return (
        f'<tr><th scope="row"><a href="{run.name}/report.html">{_time(run)}</a></th>'
        f'<td><span class="verdict {mood}">{word}</span> <span class="quiet">exit {run.exit_code}</span></td>'
        f'<td class="number">{_findings(run)}</td><td class="number">{m.number(run.severity(SEVERITIES[0]))}'
        f"</td>{total}<td>{f'<ul>{money}</ul>' if money else ''}</td>{cells}<td>{_files(run)}</td></tr>\n"
    )


def _changes(run: RunRecord) -> str:
    """Return the cells of what is new and what is resolved, and how; and what a changed model makes of both."""
    how = [f"{m.number(n)} {word}" for n, word in ((run.cured, "cured"), (run.destroyed, "destroyed")) if n]
    how += [f"{m.number(run.not_comparable)} not comparable"] if run.not_comparable else []
    model = f' <span class="quiet">({m.text(run.model_change)})</span>' if run.model_change else ""
    resolved = f' <span class="quiet">({", ".join(how)})</span>' if how else ""
    return _cell(run.new, model) + _cell(run.resolved, resolved)


def _cell(number: int | None, said: str = "") -> str:
    return f'<td class="number">{"" if number is None else m.number(number) + said}</td>'


def _findings(run: RunRecord) -> str:
    accepted = sum(run.accepted.values())
    more = f' <span class="quiet">({m.number(accepted)} accepted)</span>' if accepted else ""
    return f"{m.number(run.findings)}{more}"


def _files(run: RunRecord) -> str:
    plain = [each for each in sorted(run.files) if not each.startswith(f"{DOCUMENTS}/")]
    documents = sorted(set(run.files) - set(plain))
    links = "".join(f"<li>{_link(run, each, _form(each))}</li>" for each in plain)
    if not documents:
        return f'<ul class="beside">{links}</ul>'
    listed = "".join(f"<li>{_link(run, each, each.rpartition('/')[2])}</li>" for each in documents)
    said = counted(len(documents), "document")
    return f'<ul class="beside">{links}</ul><details><summary>{said}</summary><ul>{listed}</ul></details>'


def _form(file: str) -> str:
    return file.rpartition(".")[2].upper()


def _link(run: RunRecord, file: str, words: str) -> str:
    """Link to a file; names of runs and of files hold nothing that would have to be escaped."""
    return f'<a href="{run.name}/{file}" aria-label="{words}, {moment_text(run.ended)}">{words}</a>'


def _time(run: RunRecord) -> str:
    return f'<time datetime="{run.ended.isoformat()}">{m.text(moment_text(run.ended))}</time>'


@cache
def _style() -> str:
    return (files("intact.operations.folder") / "assets" / "index.css").read_text(encoding="utf-8")
