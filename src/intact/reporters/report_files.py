"""Where reports go: a file, a new file of a directory, or the files of a form that has several.

Whether that can work is tried before the run, so that nobody waits an hour for an error. Reports with personal values
are for their owner only.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from intact.core.errors import OutputError
from intact.core.whole_files import Piece, beside, create, new_file, write, write_folder


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes.

    Attributes:
        path: A file, or a directory, which is made if it is not there.
        suffix: Suffix of the file, which tells its form.
        directory: Whether ``path`` is a directory in which each run gets a file of its own.
        folder: Whether ``path`` is a directory that gets the files of a form which has several, such as CSV; it need
            not be there yet.
    """

    path: Path
    suffix: str
    directory: bool
    folder: bool = False

    @classmethod
    def parse(
        cls, text: str, suffixes: tuple[str, ...], folders: tuple[str, ...] = (), *, default: str = ".json"
    ) -> Destination:
        """Read a destination as the command line has it.

        Args:
            text: A path.
            suffixes: The suffixes of the forms that there are.
            folders: Those that a directory may have, to get the form's own files.
            default: The suffix of files in any other directory.

        Raises:
            OutputError: If the path tells no form.
        """
        path = Path(text)
        closed = text.endswith(("/", os.sep))
        suffix = _suffix(path.name, suffixes)
        if suffix in folders and (closed or path.is_dir()):
            return cls(path, suffix, directory=False, folder=True)
        if closed or path.is_dir():
            return cls(path, default, directory=True)
        if not suffix:
            known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
            raise OutputError(
                "the name does not say which form the report should have",
                where=text,
                hint=f"Let it end in {known}, or end with / for a directory.",
            )
        return cls(path, suffix, directory=False)

    def try_out(self) -> None:
        """Find out whether a report can be written here, and leave nothing behind.

        Raises:
            OutputError: If it cannot.
        """
        if self.folder:
            target = _real(self.path)
            if target.exists() and not target.is_dir():
                raise OutputError("this is no directory", where=str(self.path), hint="Name another one.")
            target = target / "report" if target.exists() else target
        elif self.directory:
            with _said_of(self.path):
                self.path.mkdir(parents=True, exist_ok=True)
            target = self.path / f"report{self.suffix}"
        else:
            target = _real(self.path)
            if target.exists() and not target.is_file():
                raise OutputError("this is no regular file", where=str(self.path), hint="Name another one.")
        with _said_of(self.path):
            trial = beside(target)
            os.close(create(trial))
            trial.unlink()

    def save(self, pieces: Iterable[Piece], moment: datetime, *, private: bool = False) -> Path:
        """Write a report and give the path of its file.

        Args:
            pieces: The report.
            moment: Of the run, for the names of files that nobody has named.
            private: Whether only the owner of the file may read it.

        Raises:
            OutputError: If it could not be written; the target is then as it was before.
        """
        if not self.directory:
            with _said_of(self.path):
                write(_real(self.path), pieces, private=private)
            return self.path
        with _said_of(self.path):
            return _write_new(self.path, self.suffix, moment, pieces, private=private)

    def save_folder(
        self,
        fill: Callable[[Path], None],
        outdated: Callable[[Path], bool] | None = None,
        *,
        private: bool = False,
    ) -> Path:
        """Write the files of a report that has several, and give the path of their directory.

        Args:
            fill: Writes them into a directory that is empty.
            outdated: Tells of another file there whether it is of an earlier report, and goes.
            private: Whether only the owner of the files may read them.

        Raises:
            OutputError: If they could not be written; what was there before is then as it was.
        """
        with _said_of(self.path):
            write_folder(_real(self.path), fill, outdated, private=private)
        return self.path


def _write_new(
    directory: Path, suffix: str, moment: datetime, pieces: Iterable[Piece], *, private: bool
) -> Path:
    """Write the file of this run in a directory; a second run within one second gets a number."""
    name = f"data_consistency_report_{moment.astimezone(UTC):%Y_%m_%d_%H%M%S}"
    with new_file(directory / f"{name}{suffix}", pieces, private=private) as part:
        for number in count(1):
            path = directory / f"{name}_{number}{suffix}" if number > 1 else directory / f"{name}{suffix}"
            if _named(part, path):
                return path
    raise AssertionError  # there is always another number


def _named(part: Path, path: Path) -> bool:
    """Return a written file a name that nothing has yet; False where something has."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    except OSError:  # no hard links here: a file that appears in this very moment would be lost
        if path.exists():
            return False
        part.replace(path)
    return True


def _suffix(name: str, suffixes: Iterable[str]) -> str:
    """Return the longest suffix that a name has, in any letter case; empty if it has none of them."""
    lower = name.lower()
    found = (each for each in suffixes if lower.endswith(each) and lower != each)
    return max(found, key=len, default="")


def _real(path: Path) -> Path:
    """Follow symbolic links, so that the file changes and not the link."""
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Turn an error of the system into a sentence about this path."""
    hints = {
        FileNotFoundError: "Create its directory first.",
        NotADirectoryError: "Name another place.",
        PermissionError: "Name a place where you may write, or ask for the right to.",
    }
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = hints.get(type(error), "Make room, or name another place.")
        raise OutputError(f"the report cannot be written ({reason})", where=str(path), hint=hint) from error
