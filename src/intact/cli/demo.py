"""``intact demo``: a sample business with planted faults, audited."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from intact.cli.options import quiet_option, usual_model
from intact.findings.hints import argument, command

if TYPE_CHECKING:
    from datetime import datetime

    from intact.findings import Report


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option(
    "--orders", type=click.IntRange(min=100), metavar="N", help="Size of the sample business. Default: 4000."
)
@quiet_option
def demo(*, directory: Path | None, orders: int | None, quiet: bool) -> int:
    """Audit a sample business with planted faults.

    This shows what intact does. The sample is a mongodump of a made-up milk delivery business. It is made in
    DIRECTORY (which is kept, and must be empty or not there yet), else in a temporary place. The exit code is
    0 although faults are found: they are planted.
    """
    from intact.audit.run import check
    from intact.cli.output import show
    from intact.cli.progress import shown_progress
    from intact.core.temporary import folder

    with ExitStack() as stack:
        place = directory or stack.enter_context(folder("intact-demo-")) / "sample"
        with shown_progress(quiet=quiet) as progress:
            progress.phase("making the sample")
            as_of = _make(place, orders)
            report = check(str(place), model="delivery", as_of=as_of, progress=progress)
        show(report, "console", ())
    _closing_words(report, directory)
    return 0


def _make(place: Path, orders: int | None) -> datetime:
    """Write the sample and give the moment from which it counts."""
    from intact.core.errors import OutputError
    from intact.sample import DEMO_AS_OF, DEMO_FAULTS, DEMO_ORDERS, DEMO_SEED, SampleError, write_dump

    try:
        write_dump(place, orders=orders or DEMO_ORDERS, seed=DEMO_SEED, faults=DEMO_FAULTS, as_of=DEMO_AS_OF)
    except (SampleError, OSError) as error:
        raise OutputError(f"the sample cannot be made ({error})", where=str(place)) from error
    return DEMO_AS_OF


_NEXT: Final = """
This was the sample, with planted faults: `intact check` would have ended with {code}.
Now your own data. Nothing is ever written to the database.
  intact check mongodb://localhost:27017/DATABASE
  mongodump --db=DATABASE && intact check dump/DATABASE

With a page to click through, and a document a report for those who bill,
credit, merge and call:
  mkdir reports
  intact check SOURCE --output reports/report.html --documents reports

Other names of collections or fields? Copy the model and change it:
  intact model show delivery > mine.yml
  intact check SOURCE --model mine.yml

{sample}"""


def _closing_words(report: Report, directory: Path | None) -> None:
    """Say what was seen, and what to run next."""
    sample = "To keep the sample and look into it:\n  intact demo DIRECTORY"
    if directory:
        where = argument(str(directory))
        asked = ("--as-of", f"{report.run.as_of:%Y-%m-%dT%H:%M}")
        again = command("check", directory, *asked, model="delivery", usual=usual_model())
        sample = f"The sample stays in {where}; to audit it again:\n\n  {again}"
    click.echo(_NEXT.format(code=report.exit_code, sample=sample))
    sys.stdout.flush()
