"""A report file is whole or not there, and whether it can be written is known before the run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intact.core.errors import OutputError
from intact.reporters import SUFFIXES, Destination, form_named, form_of, write

MOMENT = datetime(2026, 1, 27, 6, 5, 4, tzinfo=UTC)


def destination(path: Path | str) -> Destination:
    """Read a destination as the command line does."""
    return Destination.parse(str(path), SUFFIXES)


def names(place: Path) -> list[str]:
    """Give what is in a directory."""
    return sorted(each.name for each in place.iterdir())


def failing() -> Iterator[str]:
    """Give half a report, then break."""
    yield "half"
    raise RuntimeError


def test_the_form_comes_from_the_suffix(tmp_path: Path) -> None:
    assert form_of(destination(tmp_path / "a.json").suffix).name == "json"
    assert form_of(destination(tmp_path / "a.TXT").suffix).name == "console"
    assert form_named("json").suffix == ".json"


@pytest.mark.parametrize("name", ["report", "report.csvx", ".json"])
def test_a_name_that_tells_no_form_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"does not say which form.*\.txt, \.json"):
        destination(tmp_path / name)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    assert destination(target).save(["ab", "c\n"], MOMENT) == target
    assert target.read_bytes() == b"abc\n"
    assert names(tmp_path) == ["a.json"]


def test_a_file_that_was_there_is_replaced_and_keeps_its_rights(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    target.chmod(0o640)
    destination(target).save(["new"], MOMENT)
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    destination(link).save(["new"], MOMENT)
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("before", [None, "old"])
def test_what_breaks_in_the_middle_leaves_nothing(tmp_path: Path, before: str | None) -> None:
    target = tmp_path / "a.json"
    if before:
        target.write_text(before)
    with pytest.raises(RuntimeError):
        write(target, failing())
    assert names(tmp_path) == (["a.json"] if before else [])
    assert before is None or target.read_text() == before


def test_a_directory_gets_a_file_a_run(tmp_path: Path) -> None:
    place = destination(tmp_path)
    first = place.save(["1"], MOMENT)
    second = place.save(["2"], MOMENT)
    assert first.name == "data_consistency_report_2026_01_27_060504.json"
    assert second.name == "data_consistency_report_2026_01_27_060504_2.json"
    assert first.read_text() == "1"


def test_trying_out_leaves_nothing(tmp_path: Path) -> None:
    destination(tmp_path).try_out()
    destination(tmp_path / "a.json").try_out()
    assert names(tmp_path) == []


def test_a_directory_that_is_not_there_is_made_and_that_of_a_file_is_said(tmp_path: Path) -> None:
    destination(f"{tmp_path}/new/er/").try_out()
    assert (tmp_path / "new" / "er").is_dir()
    with pytest.raises(OutputError, match=r"no such file or directory.*Create its directory first"):
        destination(tmp_path / "none" / "a.json").try_out()


def test_a_file_in_the_place_of_a_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"not a directory.*Name another place"):
        destination(tmp_path / "file" / "a.json").try_out()


def test_a_device_is_no_place_for_a_report(tmp_path: Path) -> None:
    link = tmp_path / "a.json"
    link.symlink_to("/dev/null")
    with pytest.raises(OutputError, match="no regular file"):
        destination(link).try_out()
    assert not Path("/dev/null").is_file()


def test_a_directory_that_refuses_files_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match=r"permission denied.*Name a place where you may write"):
        destination(tmp_path / "a.json").try_out()


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"no space left on device.*Make room"):
        destination(target).save(["new"], MOMENT)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.json"]
