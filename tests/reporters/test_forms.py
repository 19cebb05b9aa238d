"""What holds for every form: it is named everywhere, goes through the findings once, and is whole or not there."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import pytest

from intact.cli.check import FORMATS
from intact.core.errors import OutputError
from intact.findings import Finding
from intact.reporters import FOLDERS, FORMS, SUFFIXES, Destination, Form, form_of, write_folder
from tests.cli.conftest import AS_OF
from tests.cli.running import invoke, names
from tests.reporters import reports
from tests.reporters.readers import rows_of
from tests.reporters.reports import finding, section

PLACES = {form.name: f"report{suffix}" for form in FORMS for suffix in form.suffixes} | {
    "csv/": "report.csv/"
}
STREAMED = ("ndjson", "csv", "csv-zip", "parquet", "sarif", "json")


class Counted(Sequence[Finding]):
    """Findings that lie elsewhere: they can be gone through, and that is counted."""

    def __init__(self, count: int) -> None:
        self.rounds = 0
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Finding]:
        self.rounds += 1
        return (finding("BAD", fields={"document_id": number}) for number in range(self._count))

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Finding]: ...
    def __getitem__(self, at: int | slice) -> Finding | Sequence[Finding]:
        raise AssertionError("findings are gone through, not picked")


def place(text: str) -> Destination:
    """Read a destination as the command line does."""
    return Destination.parse(text, SUFFIXES, FOLDERS)


def lazy(count: int) -> tuple[Any, Counted]:
    """Make a report whose findings count how often they are gone through."""
    issues = Counted(count)
    return reports.report(replace(section(counts={"BAD": count}), issues=issues)), issues


def test_the_command_line_names_every_form() -> None:
    assert set(FORMATS) == {form.name for form in FORMS}
    assert len(set(SUFFIXES)) == len(SUFFIXES)


def test_help_names_every_suffix_that_a_form_is_first_known_by() -> None:
    shown = invoke("check", "--help").output
    assert [form.suffix for form in FORMS if form.suffix not in shown] == []


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form.name in STREAMED], ids=lambda form: form.name
)
def test_a_form_for_machines_goes_through_the_findings_once(form: Form, tmp_path: Path) -> None:
    report, issues = lazy(3000)
    form.save(report, place(str(tmp_path / f"a{form.suffix}")))
    # SARIF has the worst first: once for each severity that findings may have, here for any.
    assert issues.rounds == (5 if form.name == "sarif" else 1)


def test_a_folder_of_files_goes_through_the_findings_once(tmp_path: Path) -> None:
    report, issues = lazy(3000)
    destination = place(f"{tmp_path}/a.csv/")
    form_of(destination.suffix).save(report, destination)
    assert issues.rounds == 1
    assert len(rows_of((tmp_path / "a.csv" / "BAD.csv").read_bytes())) == 3000


@pytest.mark.parametrize("name", STREAMED)
def test_a_form_for_machines_comes_in_small_pieces(name: str) -> None:
    """So that what is held in memory does not grow with the findings."""
    report, _ = lazy(45_000)
    sizes = [len(piece) for piece in next(form for form in FORMS if form.name == name).render(report)]
    assert max(sizes) < 6_000_000
    assert len(sizes) >= 3


def test_every_form_is_written_by_its_suffix(tmp_path: Path, faulty_dump: Path) -> None:
    options = [option for name in PLACES.values() for option in ("-o", f"{tmp_path}/{name}")]
    options = [each for each in options if each != f"{tmp_path}/report.csv"]
    options = [each for at, each in enumerate(options) if each != "-o" or options[at + 1 : at + 2] != ["-o"]]
    result = invoke("check", str(faulty_dump), "--as-of", AS_OF, "-q", *options)
    assert result.exit_code == 1, result.output
    assert all((tmp_path / name).stat().st_size > 100 for name in PLACES.values())
    assert (tmp_path / "report.csv" / "DOUBLE_BILLING.csv").is_file()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_form_is_printed(form: Form, clean_dump: Path) -> None:
    result = invoke("check", str(clean_dump), "--as-of", AS_OF, "-q", "--format", form.name)
    assert result.exit_code == 0, result.output
    assert len(result.stdout_bytes) > 50


@pytest.mark.parametrize("name", ["csv-zip", "parquet"])
def test_bytes_are_not_for_a_terminal(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from intact.cli.output import printable
    from intact.core.errors import UsageError

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match=r"no text for a terminal.*--output"):
        printable(name)


FILL = """
import resource, signal, sys
from pathlib import Path
from intact.core.errors import OutputError
from intact.reporters import FOLDERS, SUFFIXES, Destination, form_of
from tests.reporters.reports import finding, report, section
issues = [finding("BAD", fields={"document_id": f"{n} " + format(n * 7919**9, "x")}) for n in range(4000)]
made = report(section(issues=issues))
place = Destination.parse(sys.argv[1], SUFFIXES, FOLDERS)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
try:
    form_of(place.suffix).save(made, place)
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("name", PLACES)
def test_a_file_that_grows_too_large_for_its_disk_is_not_there(name: str, tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk that fills up."""
    assert hasattr(resource, "RLIMIT_FSIZE")
    target = f"{tmp_path}/{PLACES[name]}"
    ran = subprocess.run([sys.executable, "-c", FILL, target], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "the report cannot be written (file too large)" in ran.stdout
    assert names(tmp_path) == []


def test_a_folder_is_filled_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    write_folder(target, lambda folder: _put(folder, "one.csv", "old"))

    def breaks(folder: Path) -> None:
        _put(folder, "one.csv", "new")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="no space left on device"):
        place(str(target)).save_folder(breaks)
    assert names(tmp_path) == ["a.csv"]
    assert names(target) == ["one.csv"]
    assert (target / "one.csv").read_text() == "old"


def test_files_of_an_earlier_report_go_and_those_of_others_stay(tmp_path: Path) -> None:
    destination = place(f"{tmp_path}/a.csv/")
    form = form_of(".csv")
    form.save(reports.mixed(), destination)
    _put(tmp_path / "a.csv", "mine.csv", "my,own\n")
    form.save(reports.clean(), place(str(tmp_path / "a.csv")))
    found = names(tmp_path / "a.csv")
    assert [name for name in found if not name.startswith("_")] == ["INVALID_ORDER_STATUS.csv", "mine.csv"]


def test_a_directory_in_the_way_of_a_file_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    (target / "two.csv").mkdir(parents=True)

    def fill(folder: Path) -> None:
        _put(folder, "one.csv", "new")
        _put(folder, "two.csv", "new")

    with pytest.raises(OutputError, match="is a directory"):
        place(str(target)).save_folder(fill)
    assert names(target) == ["two.csv"]


@pytest.mark.parametrize("name", ["none/a.csv/", "file/a.csv/", "file.csv/"])
def test_a_folder_that_cannot_be_is_said_before_the_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "file.csv").write_text("")
    result = invoke("check", "there-is-no-such-source", "-o", f"{tmp_path}/{name}")
    assert result.exit_code == 2
    assert name.rstrip("/") in result.stderr
    assert "there-is-no-such-source" not in result.stderr


def _put(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
