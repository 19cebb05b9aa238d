"""``intact demo``: a sample business with planted faults, audited."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

import click

from intact.cli.options import quiet_option, usual_model
from intact.core.hints import argument, command

if TYPE_CHECKING:
    from intact.findings import Report

PACKED: Final = "demo.tar.xz"
"""The sample, beside this module: the one that the tests' generator makes (``tests/sample_data/packed.py``)."""


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@quiet_option
def demo(*, directory: Path | None, quiet: bool) -> int:
    """Audit a sample business with planted faults.

    This shows what intact does. The sample is a mongodump of a made-up milk delivery business. It is put
    into DIRECTORY (which is kept, and must be empty or not there yet), else into a temporary place. The exit code is
    0 although faults are found: they are planted.
    """
    from intact.audit.run import check
    from intact.cli.output import show
    from intact.cli.progress import shown_progress
    from intact.core.temporary import folder

    with ExitStack() as stack:
        place = directory or stack.enter_context(folder("intact-demo-")) / "sample"
        with shown_progress(quiet=quiet) as progress:
            progress.phase("unpacking the sample")
            as_of = _unpack(place)
            report = check(str(place), model="delivery", as_of=as_of, progress=progress)
        show(report, "console", ())
    _closing_words(report, directory)
    return 0


def _unpack(place: Path) -> datetime:
    """Write the sample, and return the moment from which it counts."""
    import json
    import tarfile
    from importlib.resources import files

    from intact.core.errors import OutputError

    try:
        place.mkdir(parents=True, exist_ok=True)
        if any(place.iterdir()):
            raise OutputError("the sample cannot be written (the directory is not empty)", where=str(place))
        with files("intact.cli").joinpath(PACKED).open("rb") as raw, tarfile.open(fileobj=raw) as packed:
            for member in packed:
                target = place / member.name
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(cast("IO[bytes]", packed.extractfile(member)).read())
    except (OSError, tarfile.TarError) as error:
        raise OutputError(f"the sample cannot be written ({error})", where=str(place)) from error
    planted = json.loads((place / "planted.json").read_text("utf-8"))
    return datetime.fromisoformat(planted["as_of"])


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
