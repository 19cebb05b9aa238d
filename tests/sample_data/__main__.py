"""``python -m tests.sample_data``: write a sample business to disk."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from intact.core.counts import counted
from tests.sample_data import (
    DEMO_FAULTS,
    FAULT_KINDS,
    SampleError,
    write_archive,
    write_dump,
    write_extended_json,
)
from tests.sample_data.planted import Planted

_EPILOG = f"""\
--faults takes a number of each kind, or kinds with their numbers: DOUBLE_BILLING=5,UNBILLED_ORDER=20.
The word demo stands for the mix that the demonstration shows. The kinds are:

  {chr(10).join(f"  {kind}" for kind in FAULT_KINDS).strip()}

What was planted is listed in OUT_DIR/planted.json, or FILE.planted.json beside an archive.
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m tests.sample_data",
        description="Write a sample milk-delivery business as a dump: consistent, or with planted faults.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("directory", metavar="OUT_DIR", nargs="?", type=Path, help="directory to write into")
    add("--archive", metavar="FILE", type=Path, help="write one mongodump archive instead of a directory")
    forms = ("mongodump", "relaxed", "canonical")
    add(
        "--format",
        choices=forms,
        default="mongodump",
        help="BSON, or Extended JSON lines (default: mongodump)",
    )
    add("--orders", type=_count, default=2000, metavar="N", help="number of orders (default: 2000)")
    add("--seed", type=int, default=1, metavar="N", help="the same seed gives the same bytes (default: 1)")
    add("--faults", type=_faults, default=0, metavar="N|KIND=N,…", help="faults to plant (default: none)")
    add("--as-of", type=_moment, metavar="DATE", help="moment of the data, UTC (default: today at midnight)")
    add("--database", default="delivery", metavar="NAME", help="name of the database (default: delivery)")
    add("--gzip", action="store_true", help="compress what is written")
    add("--force", action="store_true", help="write into a directory that is not empty, replace a file")
    return parser


def _count(text: str) -> int:
    if not text.replace("_", "").isdecimal():
        raise argparse.ArgumentTypeError(f"a number of 0 or more is needed, not {text!r}")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a date such as 2026-11-22 is needed, not {text!r}") from None


def _faults(text: str) -> int | Mapping[str, int]:
    if text == "demo":
        return DEMO_FAULTS
    if text.isdecimal():
        return int(text)
    counts: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, number = part.partition("=")
        counts[_kind(kind)] = _count(number or "1")
    return counts


def _kind(text: str) -> str:
    if text in FAULT_KINDS:
        return text
    near = difflib.get_close_matches(text.upper(), FAULT_KINDS, 1)
    hint = f"; did you mean {near[0]}?" if near else "; --help lists the kinds"
    raise argparse.ArgumentTypeError(f"no fault is called {text!r}{hint}")


def _write(options: argparse.Namespace, as_of: datetime) -> Planted:
    names = ("orders", "seed", "faults", "database", "gzip", "force")
    asked: dict[str, Any] = {name: getattr(options, name) for name in names}
    if options.archive:
        return write_archive(options.archive, as_of=as_of, **asked)
    if options.format == "mongodump":
        return write_dump(options.directory, as_of=as_of, **asked)
    return write_extended_json(options.directory, as_of=as_of, form=options.format, **asked)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Arguments without the program's name; those of the process where None.

    Returns:
        The exit code: 0 when the sample was written, 2 when it could not be.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.directory is None) == (options.archive is None):
        parser.error("name either OUT_DIR or --archive FILE (--help shows how)")
    if options.archive and options.format != "mongodump":
        parser.error("an archive holds BSON, so --archive and --format do not go together")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        planted = _write(options, options.as_of or today)
    except SampleError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(
            f"cannot write {error.filename or options.archive or options.directory}: {error.strerror}"
        )
    counts = ", ".join(f"{count:,} {name}" for name, count in planted.documents.items())
    target = options.archive or options.directory
    print(
        f"{target}: {counts}; {counted(len(planted.findings), 'finding')} planted, as of {planted.as_of.isoformat()}Z"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
