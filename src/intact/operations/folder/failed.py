"""What the list says of runs of which nothing was kept: those that failed, were killed, or are still going on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from intact.findings.words import counted, moment_text
from intact.operations.folder.failure import Failure
from intact.operations.folder.listing import Listing
from intact.operations.folder.run_record import RunRecord
from intact.reporters.html_report import markup as m


def notice(found: Listing) -> Iterator[str]:
    """Yield what stands above all reports: of which audits the last run failed, and what is going on."""
    failing = found.open_failures()
    if failing:
        said = (
            "The last run failed" if len(failing) == 1 else f"The last runs of {len(failing)} audits failed"
        )
        yield f'<section class="failing" aria-labelledby="failing"><h2 id="failing">{said}</h2><ul>\n'
        yield from (f"<li>{_failing(each, _kept(found, each[0]))}</li>\n" for each in failing)
        yield "</ul></section>\n"
    for each in found.going:
        yield (
            f'<p class="quiet">{_time(each.began)}: a run of {m.text(each.what, 1000)} began, and has not yet said '
            "how it ended.</p>\n"
        )


def stale(found: Listing, runs: Sequence[RunRecord]) -> str:
    """Say beside the latest report of an audit that it is not of the last run; nothing where it is."""
    last = runs[0]
    for failures in found.open_failures():
        asked = failures[0].reports
        if failures[0].job == last.job and (not asked or set(asked) & set(last.reports)):
            return f'<p class="verdict bad">This is not the last run: that of {_time(failures[0].at)} failed.</p>'
    return ""


def history(found: Listing) -> Iterator[str]:
    """Yield the table of all failures that are known."""
    if not found.failures:
        return
    yield (
        '<h2 id="failures">Runs that failed</h2><div class="across" tabindex="0" role="group" '
        'aria-labelledby="failures"><table><thead><tr><th scope="col">Failed</th><th scope="col">Why</th>'
        '<th scope="col">What was audited</th></tr></thead><tbody>\n'
    )
    for each in found.failures:
        code = "" if each.exit_code is None else f' <span class="quiet">exit {each.exit_code}</span>'
        yield (
            f'<tr><th scope="row">{_time(each.at)}</th><td>{m.text(each.why, 1000)}{code}</td>'
            f"<td>{m.text(each.what, 1000)}</td></tr>\n"
        )
    yield "</tbody></table></div>\n"


def _failing(failures: Sequence[Failure], kept: RunRecord | None) -> str:
    last = failures[0]
    code = "" if last.exit_code is None else f" (exit {last.exit_code})"
    times = "" if len(failures) == 1 else f" {counted(len(failures), 'run')} failed in a row."
    since = (
        "No report of it was ever kept here"
        if kept is None
        else f"Its latest report is of {_time(kept.ended)}"
    )
    return (
        f'<p class="verdict bad">{_time(last.at)}: {m.text(last.why, 1000)}{code}</p>'
        f"<p>{m.text(last.what, 1000)}.{times} {since}. Whether anything is wrong now is not known.</p>"
    )


def _kept(found: Listing, failure: Failure) -> RunRecord | None:
    """Return the last run that made any of what was asked for."""
    asked = set(failure.reports)
    same = (each for each in found.runs if each.job == failure.job)
    return next((each for each in same if not asked or asked & set(each.reports)), None)


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat()}">{m.text(moment_text(moment))}</time>'
