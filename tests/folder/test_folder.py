"""What ``--reports`` keeps: each run whole, a list of all, the latest at hand, and only for their owner's eyes."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from intact.core.errors import OutputError
from intact.findings.changes import Changes, ModelChange
from intact.operations.folder import Folder, UntidyError, listing
from intact.operations.folder import folder as of_folder
from intact.operations.folder.index import render
from intact.operations.folder.locking import locked
from tests.folder.reading import insist_on_sound, links, record, runs, words
from tests.folder.runs import FIRST, run

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes of files: not a POSIX system")


def test_a_run_keeps_its_report_in_each_form_and_its_documents(tmp_path: Path) -> None:
    place = Folder(tmp_path).keep(run(as_of=FIRST))
    assert place.name == "2026-01-05T060000Z"
    assert sorted(str(each.relative_to(place)) for each in place.rglob("*") if each.is_file()) == [
        "documents/BILLING_REPORT_2026_01.md",
        "documents/STATUS_CLEANUP_LOG_2026_01.md",
        "report.html",
        "report.json",
        "run.json",
    ]
    assert (
        json.loads((place / "report.json").read_text())["reports"]["billing"]["issues"][0]["order_id"]
        == "o-0"
    )
    insist_on_sound(tmp_path)


def test_the_record_says_what_the_report_says(tmp_path: Path) -> None:
    name = Folder(tmp_path).keep(run(findings=4)).name
    said = record(tmp_path, name)
    assert said["money_at_stake"] == {"unbilled": "400"}
    assert said["findings"] == [
        {"report": "billing", "type": "UNBILLED_ORDER", "severity": "CRITICAL", "count": 4}
    ]
    assert (said["subject"], said["model"], said["reports"]) == ("shop", "delivery", ["billing", "status"])
    (read,) = listing(tmp_path).runs
    assert read.to_json() == (tmp_path / name / "run.json").read_text()


def test_two_runs_of_one_second_are_two(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    names = [folder.keep(run(findings=number)).name for number in range(3)]
    assert names == ["2026-01-05T060000Z", "2026-01-05T060000Z_2", "2026-01-05T060000Z_3"]
    assert [each.name for each in listing(tmp_path).runs] == names[::-1]
    assert str((tmp_path / "latest").readlink()) == names[2]


def test_the_list_has_the_last_run_first_with_its_numbers_and_links(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.keep(run(0, findings=1))
    last = folder.keep(run(1, findings=12)).name
    page = words(tmp_path / "index.html")
    assert page.index("2026-01-06 06:00 UTC Findings exit 0 12 12") < page.index(
        "2026-01-05 06:00 UTC Findings"
    )
    assert "INR 1,200.00 unbilled" in page
    assert "Findings of 2 runs: 1 on 2026-01-05, 12 on 2026-01-06, most on 2026-01-06 with 12" in page
    assert {f"{last}/report.json", f"{last}/documents/BILLING_REPORT_2026_02.md"} < set(
        links(tmp_path / "index.html")
    )
    insist_on_sound(tmp_path)


def test_the_list_has_the_sum_of_the_model_beside_the_critical_findings(tmp_path: Path) -> None:
    made = run(0, findings=2)
    name = (
        Folder(tmp_path).keep(replace(made, headline=replace(made.headline, total_critical_issues=18))).name
    )
    assert record(tmp_path, name)["total_critical_issues_found"] == 18
    assert listing(tmp_path).runs[0].total_critical_issues == 18
    page = words(tmp_path / "index.html")
    assert "Findings Critical findings Total Critical Issues Found At stake" in page
    assert "exit 0 2 2 18 INR 200.00 unbilled" in page


def test_a_run_that_was_kept_without_the_sum_of_the_model_is_read_and_says_nothing_of_it(
    tmp_path: Path,
) -> None:
    """Its record was written by an intact that did not know the sum."""
    old = tmp_path / "2026-01-05T060000Z"
    old.mkdir()
    shutil.copy(Path(__file__).with_name("run-without-total.json"), old / "run.json")
    page = tmp_path / "index.html"
    page.write_text("".join(render(listing(tmp_path))))
    (read,) = listing(tmp_path).runs
    assert (read.total_critical_issues, read.severity("CRITICAL"), listing(tmp_path).damaged) == (None, 3, ())
    assert "Total Critical Issues Found" not in words(page)
    Folder(tmp_path).keep(run(1, findings=1))
    assert "exit 0 1 1 1 INR 100.00 unbilled" in words(page)
    assert "exit 0 3 3 INR 300.00 unbilled" in words(page)  # beside it: an empty cell, no zero


@pytest.mark.parametrize("changed", [(), (0,), (2,), (1, 3), (0, 1, 2, 3)])
def test_the_trend_has_a_mark_between_two_runs_where_the_model_changed(
    tmp_path: Path, changed: tuple[int, ...]
) -> None:
    for day in range(4):
        model = ModelChange(new=2, changed=1) if day in changed else None
        moment = FIRST + timedelta(days=day)
        Folder(tmp_path).keep(replace(run(day), changes=Changes(moment, 0, 0, 0, 0, model=model)))
    page = (tmp_path / "index.html").read_text()
    marks = re.findall(r'<line class="change" x1="([0-9.]+)%" [^>]*><title>([^<]*)</title>', page)
    between = [day for day in changed if day]  # before the first run nothing is drawn
    assert marks == [
        (f"{day * 25:.3f}", f"2026-01-{day + 5:02} 06:00 UTC: the model changed: 2 rules new, 1 changed")
        for day in between
    ]
    assert ("not comparable" in words(tmp_path / "index.html")) == bool(between)


def test_runs_that_cannot_be_compared_stand_apart(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.keep(run(0))
    folder.keep(run(1, database="warehouse"))
    page = words(tmp_path / "index.html")
    assert page.index("Subscription delivery business: warehouse") < page.index(
        "Subscription delivery business: shop"
    )
    assert "Findings of" not in page


@POSIX
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    folder = Folder(tmp_path / "reports")
    before = os.umask(umask)
    try:
        folder.try_out()
        folder.keep(run())
    finally:
        os.umask(before)
    found = [tmp_path / "reports", *(tmp_path / "reports").rglob("*")]
    modes = {(each.is_dir(), stat.S_IMODE(each.stat().st_mode)) for each in found if not each.is_symlink()}
    assert modes == {(True, 0o700), (False, 0o600)}


@POSIX
def test_a_list_that_was_opened_to_others_stays_open_to_them(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.keep(run(0))
    (tmp_path / "index.html").chmod(0o644)
    folder.keep(run(1))
    assert stat.S_IMODE((tmp_path / "index.html").stat().st_mode) == 0o644


def test_where_no_links_can_be_made_a_page_leads_to_the_latest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    folder = Folder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "symlink_to", refused)
        folder.keep(run(0))
        name = folder.keep(run(1)).name
        assert not (tmp_path / "latest").exists()
        assert links(tmp_path / "latest.html") == [f"{name}/report.html"]
        assert f'content="0; url={name}/report.html"' in (tmp_path / "latest.html").read_text()
    folder.keep(run(2))  # links can be made again: nothing that is out of date stays
    assert not (tmp_path / "latest.html").exists()
    assert (tmp_path / "latest" / "report.html").is_file()


@pytest.mark.parametrize("name", ["index.html", "latest"])
def test_a_folder_in_which_something_else_has_that_name_is_refused_and_left_alone(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine")
    for attempt in (Folder(tmp_path).try_out, lambda: Folder(tmp_path).keep(run())):
        with pytest.raises(OutputError, match=f"there is a '{name}' that is not of a folder of reports"):
            attempt()
    assert (tmp_path / name).read_text() == "mine"
    assert {each.name for each in tmp_path.iterdir()} - {".lock"} == {name}


def test_a_link_of_somebody_else_is_not_followed_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("mine")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "index.html").symlink_to(tmp_path / "page.html")
    with pytest.raises(OutputError, match=r"index\.html"):
        Folder(tmp_path / "reports").keep(run())
    assert (tmp_path / "page.html").read_text() == "mine"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("no/such/folder", r"cannot be kept \(no such file or directory\). Create the folder above it first"),
        ("file", r"cannot be kept \(file exists\). Name a folder"),
    ],
)
def test_a_place_where_nothing_can_be_kept_is_refused_before_the_run(
    tmp_path: Path, where: str, said: str
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=said):
        Folder(tmp_path / where).try_out()


@pytest.mark.parametrize("room", range(9))
def test_a_full_disk_leaves_what_was_there_and_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """The disk is full at the first file that is to be on it, the second, and so on."""
    folder = Folder(tmp_path)
    before = folder.keep(run(0)).name
    left, fsync = [room], os.fsync

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match=r"\(no space left on device\). Make room") as said:
            folder.keep(run(1))
    insist_on_sound(tmp_path)
    assert before in runs(tmp_path)
    after = [each for each in runs(tmp_path) if each != before]
    assert [said.value.kept.name] == after if isinstance(said.value, UntidyError) else after == []
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == [".lock"]
    folder.keep(run(2))
    insist_on_sound(tmp_path)


def test_a_run_waits_for_another_that_is_writing(tmp_path: Path) -> None:
    with locked(tmp_path) as alone:
        assert alone
        done = threading.Thread(target=Folder(tmp_path).keep, args=(run(),))
        done.start()
        done.join(0.3)
        assert done.is_alive()
        assert runs(tmp_path) == []
    done.join(60)
    assert len(runs(tmp_path)) == 1


def test_a_run_that_waits_for_ever_says_so(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(OutputError, match="another run has been writing there for a long time"),
    ):
        Folder(tmp_path, wait=0.1).keep(run())


def test_without_locks_a_run_is_kept_and_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("intact.operations.folder.locking._take", none)
    folder = Folder(tmp_path, keep=1)
    (tmp_path / ".intact-0123456789abcdef.part").mkdir()  # of a run that may still be writing
    for day in range(2):
        folder.keep(run(day))
    assert len(runs(tmp_path)) == 2
    assert (tmp_path / ".intact-0123456789abcdef.part").is_dir()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "run.json is no JSON"),
        ("[" * 100_000, "run.json is no JSON"),
        ("[]", "run.json is not of a run"),
        ('{"kind": "intact run", "version": 2}', "run.json is of another version of intact"),
        ('{"kind": "intact run", "version": 1}', "run.json is damaged"),
    ],
)
def test_a_run_whose_record_is_damaged_is_named_and_not_linked(tmp_path: Path, text: str, why: str) -> None:
    folder = Folder(tmp_path)
    bad = folder.keep(run(0)).name
    (tmp_path / bad / "run.json").write_text(text)
    folder.keep(run(1))
    assert listing(tmp_path).damaged == ((bad, why),)
    assert f"{bad} : {why}" in words(tmp_path / "index.html")
    assert not any(each.startswith(bad) for each in links(tmp_path / "index.html"))


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"../../secret.html": "0" * 64}},
        {"files": {"/etc/passwd": "0" * 64}},
        {"files": {"documents/../run.json": "0" * 64}},
        {"files": {"report.html": "short"}},
        {"generated_at": "2026-01-05T06:00:00"},
        {"money_at_stake": {"unbilled": "NaN"}},
        {"exit_code": True},
        {"exit_code": -1},
        {"seconds": 1e300},
        {"title": "x" * 10_000},
        {"findings": [{"report": "r", "type": "T", "severity": "HIGH", "count": "many"}]},
        {"findings": [1]},
    ],
)
def test_a_record_that_says_what_no_run_says_is_not_believed(
    tmp_path: Path, change: dict[str, object]
) -> None:
    name = Folder(tmp_path).keep(run()).name
    (tmp_path / name / "run.json").write_text(json.dumps({**record(tmp_path, name), **change}))
    assert listing(tmp_path).damaged == ((name, "run.json is damaged"),)


def test_a_pipe_in_the_place_of_a_record_stops_nobody(tmp_path: Path) -> None:
    name = Folder(tmp_path).keep(run()).name
    (tmp_path / name / "run.json").unlink()
    os.mkfifo(tmp_path / name / "run.json")
    assert [each for each, _ in listing(tmp_path).damaged] == [name]


def test_a_clock_that_was_put_back_is_no_harm(tmp_path: Path) -> None:
    folder = Folder(tmp_path, keep=2)
    names = [folder.keep(run(day)).name for day in (10, 5, 7)]
    assert runs(tmp_path) == sorted(names[1:])
    insist_on_sound(tmp_path)


def test_a_clock_that_was_years_ahead_once_hides_and_removes_no_later_run(tmp_path: Path) -> None:
    folder = Folder(tmp_path, keep=1)
    folder.keep(run(3650))
    for day in (1, 2):
        name = folder.keep(run(day)).name
        assert runs(tmp_path) == [name]
        assert str((tmp_path / "latest").readlink()) == name
    insist_on_sound(tmp_path)


def test_runs_of_an_intact_that_did_not_number_them_come_before_those_that_are(tmp_path: Path) -> None:
    folder = Folder(tmp_path, keep=3)
    old = [folder.keep(run(day)).name for day in (1, 2, 3)]
    for name in old:
        said = record(tmp_path, name)
        (tmp_path / name / "run.json").write_text(
            json.dumps({key: said[key] for key in said if key not in {"number", "job", "began"}})
        )
    new = folder.keep(run(0)).name
    assert [each.name for each in listing(tmp_path).runs] == [new, old[2], old[1]]


def test_the_number_that_is_kept_unless_asked_otherwise_is_what_the_help_says() -> None:
    assert of_folder.KEPT == 24
