"""What goes and what stays: the last runs of each audit, and all that intact did not write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from intact.core.errors import OutputError
from intact.operations.folder import Folder, listing
from intact.reporters.markdown import document_name
from tests.folder.reading import insist_on_sound, links, runs
from tests.folder.runs import run

NAMES = [f"2026-01-{5 + day:02}T060000Z" for day in range(6)]


def keep(folder: Path, days: range, keep: int = 2) -> None:
    for day in days:
        Folder(folder, keep=keep).keep(run(day))


def test_of_each_audit_the_last_runs_stay(tmp_path: Path) -> None:
    folder = Folder(tmp_path, keep=2)
    for day in range(4):
        folder.keep(run(day, database="shop"))
        folder.keep(run(day, database="warehouse", findings=1))
    assert runs(tmp_path) == [NAMES[2], f"{NAMES[2]}_2", NAMES[3], f"{NAMES[3]}_2"]
    assert [len(each) for each in listing(tmp_path).by_audit()] == [2, 2]


def test_a_smaller_number_takes_effect_at_the_next_run(tmp_path: Path) -> None:
    keep(tmp_path, range(4), keep=10)
    assert runs(tmp_path) == NAMES[:4]
    keep(tmp_path, range(4, 5), keep=1)
    assert runs(tmp_path) == [NAMES[4]]
    insist_on_sound(tmp_path)


def test_a_run_into_which_something_was_put_stays_whole(tmp_path: Path) -> None:
    keep(tmp_path, range(1))
    (tmp_path / NAMES[0] / "my notes.txt").write_text("asked the customer")
    keep(tmp_path, range(1, 5))
    assert runs(tmp_path) == [NAMES[0], *NAMES[3:5]]
    assert any(each.startswith(NAMES[0]) for each in links(tmp_path / "index.html"))
    insist_on_sound(tmp_path)
    (tmp_path / NAMES[0] / "my notes.txt").unlink()
    keep(tmp_path, range(5, 6))
    assert runs(tmp_path) == NAMES[4:6]


def test_a_document_that_somebody_worked_in_stays(tmp_path: Path) -> None:
    keep(tmp_path, range(1))
    section = run(0)["billing"]
    page = tmp_path / NAMES[0] / "documents" / document_name(section, run(0))
    page.write_text(page.read_text().replace("[ ]", "[x]") + "done by Asha\n")
    keep(tmp_path, range(1, 5))
    assert page.read_text().endswith("done by Asha\n")
    assert runs(tmp_path) == [NAMES[0], *NAMES[3:5]]


def test_a_run_of_which_somebody_removed_a_file_goes_as_others_do(tmp_path: Path) -> None:
    keep(tmp_path, range(1))
    (tmp_path / NAMES[0] / "report.json").unlink()
    keep(tmp_path, range(1, 4))
    assert runs(tmp_path) == NAMES[2:4]


def test_what_intact_did_not_write_is_never_touched(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    folder = tmp_path / "reports"
    shutil.copytree(make_run(tmp_path / "other"), outside)
    keep(folder_made(folder), range(1))
    (folder / "README.txt").write_text("mine")
    (folder / "2020-01-01").mkdir()
    (folder / "2020-01-01T000000Z").mkdir()  # named like a run, but nobody knows what it is
    (folder / "2020-01-01T000000Z" / "data.bson").write_text("mine")
    (folder / "2020-01-02T000000Z").symlink_to(outside)  # a run, but elsewhere
    (folder / ".intact-notes.part").write_text("mine")
    (folder / ".2020-01-01T000000Z.going").write_text("mine")
    keep(folder, range(1, 5), keep=1)
    assert (folder / "README.txt").read_text() == "mine"
    assert (folder / "2020-01-01").is_dir()
    assert (folder / "2020-01-01T000000Z" / "data.bson").read_text() == "mine"
    assert (folder / "2020-01-02T000000Z").is_symlink()
    assert (outside / "report.html").is_file()
    assert (folder / ".intact-notes.part").read_text() == "mine"
    assert (folder / ".2020-01-01T000000Z.going").read_text() == "mine"
    assert NAMES[4] in runs(folder)
    assert NAMES[3] not in runs(folder)


def test_a_link_within_a_run_is_not_followed_when_it_goes(tmp_path: Path) -> None:
    keep(folder_made(tmp_path / "reports"), range(1))
    secret = tmp_path / "report.html"
    report = tmp_path / "reports" / NAMES[0] / "report.html"
    secret.write_bytes(report.read_bytes())
    report.unlink()
    report.symlink_to(secret)
    keep(tmp_path / "reports", range(1, 4))
    assert secret.is_file()
    assert NAMES[0] in runs(tmp_path / "reports")  # it is not as intact wrote it


def test_what_killed_runs_have_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    keep(tmp_path, range(2))
    part = tmp_path / ".intact-0123456789abcdef.part"
    part.mkdir()
    (part / "report.html").write_text("half a rep")
    (tmp_path / ".intact-0123456789abcdee.part").write_text("half an ind")
    (tmp_path / NAMES[0]).rename(tmp_path / f".{NAMES[0]}.going")
    (tmp_path / f".{NAMES[0]}.going" / "report.html").unlink()
    keep(tmp_path, range(2, 3))
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        ".lock",
        NAMES[1],
        NAMES[2],
        "index.html",
        "latest",
    ]


def test_what_cannot_be_removed_is_said_and_the_run_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    keep(tmp_path, range(1), keep=1)
    monkeypatch.setattr("intact.operations.folder.folder.remove", refused)
    with pytest.raises(OutputError, match=r"permission denied"):
        keep(tmp_path, range(1, 2), keep=1)
    assert runs(tmp_path) == NAMES[:2]
    insist_on_sound(tmp_path)


def make_run(folder: Path) -> Path:
    return Folder(folder_made(folder)).keep(run())


def folder_made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
