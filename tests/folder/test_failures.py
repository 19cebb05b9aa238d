"""A run of which nothing was kept is in the list all the same: a folder never looks clean because nobody looked."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from intact.core.errors import OutputError
from intact.operations.folder import Folder, listing
from intact.operations.folder.locking import locked
from tests.folder.reading import insist_on_sound, runs, words
from tests.folder.runs import run
from tests.house.files import ROOT

POSIX = pytest.mark.skipif(
    os.name != "posix", reason="NOT RUN: processes that are killed: not a POSIX system"
)
JOB = "mongodb://db/shop by the model delivery"
BEGAN = "began, and has not yet said how it ended"
KILLED = "It never said how it ended: it was killed, or its machine went down."


def fail(folder: Path, why: str = "db:27017: it does not answer.", job: str = JOB, keep: int = 24) -> None:
    """Begin a run and let it fail."""
    place = Folder(folder, keep=keep)
    place.fail(place.begin(job), why, 2)


def good(folder: Path, day: int = 0, job: str = JOB) -> str:
    """Begin a run and keep it."""
    place = Folder(folder)
    return place.keep(run(day), place.begin(job)).name


@contextmanager
def working(folder: Path, job: str = JOB) -> Iterator[subprocess.Popen[str]]:
    """Give a process whose run goes on."""
    program = """
import sys
from pathlib import Path
from intact.operations.folder import Folder
begun = Folder(Path(sys.argv[1])).begin(sys.argv[2])
print("began", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder), job],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "began\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_failure_is_listed_with_its_sentence_and_latest_stays(tmp_path: Path) -> None:
    kept = good(tmp_path)
    fail(tmp_path)
    page = words(tmp_path / "index.html")
    assert "The last run failed" in page
    assert "db:27017: it does not answer. (exit 2)" in page
    assert f"{JOB}. Its latest report is of 2026-01-05 06:00 UTC" in page
    assert "This is not the last run" in page
    assert str((tmp_path / "latest").readlink()) == kept
    insist_on_sound(tmp_path)


def test_a_failure_of_a_folder_in_which_nothing_was_kept_yet_is_listed(tmp_path: Path) -> None:
    fail(tmp_path)
    page = words(tmp_path / "index.html")
    assert "No run has been kept here yet." in page
    assert "No report of it was ever kept here" in page


def test_the_next_good_run_of_the_same_job_ends_it_and_no_other_does(tmp_path: Path) -> None:
    good(tmp_path)
    fail(tmp_path)
    fail(tmp_path, "another sentence.")
    good(tmp_path, 1, "mongodb://db/warehouse by the model delivery")
    assert "2 runs failed in a row" in words(tmp_path / "index.html")
    good(tmp_path, 2)
    page = words(tmp_path / "index.html")
    assert "The last run failed" not in page
    assert "This is not the last run" not in page
    assert page.count("another sentence.") == 1  # in the table of those that failed
    assert [each for each in tmp_path.iterdir() if each.name.startswith(".")] == [tmp_path / ".lock"]


def test_a_run_that_goes_on_is_no_failure(tmp_path: Path) -> None:
    with working(tmp_path):
        found = listing(tmp_path)
        assert found.failures == ()
        assert [each.job for each in found.going] == [JOB]
        assert BEGAN in words(tmp_path / "index.html")
        good(tmp_path, 1, "another")
        assert len(listing(tmp_path).going) == 1
        assert BEGAN in words(tmp_path / "index.html")


@POSIX
def test_a_run_that_ends_while_somebody_looks_is_not_taken_for_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Folder(tmp_path).begin(JOB)

    def end(_: int) -> bool:
        begun.remove()
        return False

    monkeypatch.setattr("intact.operations.folder.run_marker.is_held", end)
    found = listing(tmp_path)
    assert (found.failures, found.going) == ((), ())


@POSIX
def test_a_run_that_was_killed_is_seen_at_once_and_noted_by_the_next(tmp_path: Path) -> None:
    kept = good(tmp_path)
    with working(tmp_path) as process:
        process.kill()
        process.wait()
        assert BEGAN in words(tmp_path / "index.html")  # nobody was left to write more
        (seen,) = listing(tmp_path).failures
        assert (seen.job, seen.why, seen.exit_code) == (JOB, KILLED, None)
    good(tmp_path, 1, "another")
    page = words(tmp_path / "index.html")
    assert KILLED in page
    assert BEGAN not in page
    assert str((tmp_path / "latest").readlink()) != kept
    (noted,) = listing(tmp_path).failures
    assert (noted.began, noted.why) == (seen.began, KILLED)
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".begun")] == []


def test_runs_that_together_made_what_a_failed_one_was_to_make_end_it(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    place.fail(place.begin(JOB, ["billing", "status"]), "it does not answer.", 2)
    first, second = run().sections
    place.keep(replace(run(1), sections=(first,)), place.begin(JOB, ["billing"]))
    page = words(tmp_path / "index.html")
    assert "The last run failed" in page
    assert "This is not the last run" in page
    place.keep(replace(run(2), sections=(second,)), place.begin(JOB, ["status"]))
    assert "The last run failed" not in words(tmp_path / "index.html")


def test_a_run_of_one_report_does_not_make_good_for_one_of_all(tmp_path: Path) -> None:
    fail(tmp_path)
    place = Folder(tmp_path)
    place.keep(replace(run(1), sections=run().sections[:1]), place.begin(JOB, ["billing"]))
    assert "The last run failed" in words(tmp_path / "index.html")


@POSIX
def test_a_run_killed_before_a_good_one_of_its_job_ended_is_history(tmp_path: Path) -> None:
    with working(tmp_path) as process:
        place = Folder(tmp_path)
        begun = place.begin(JOB)
        process.kill()
        process.wait()
        place.keep(run(1), begun)
    found = listing(tmp_path)
    assert [each.why for each in found.failures] == [KILLED]
    assert found.open_failures() == []


@POSIX
@pytest.mark.full("a process is killed at every step of its end")
def test_killed_at_any_moment_of_its_end_a_failure_is_listed_once(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.folder.failed", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    places = sorted(out.iterdir(), key=lambda each: int(each.name))
    assert len(places) > 15  # moments
    for place in places:
        good(place, 3, "another")
        insist_on_sound(place)
        found = listing(place)
        assert len(found.failures) <= 1
        assert found.going == ()
        assert [each.name for each in place.iterdir() if each.name.startswith(".")] == [".lock"]
    assert {each.why for place in places for each in listing(place).failures} == {KILLED, "it failed."}


def test_where_there_are_no_locks_a_run_is_given_up_after_two_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("intact.operations.folder.locking._take", none)
    monkeypatch.setattr("intact.operations.folder.locking._look", none)
    begun = Folder(tmp_path).begin(JOB)
    assert len(listing(tmp_path).going) == 1
    said = json.loads(begun.path.read_text())
    early = begun.began - timedelta(days=3)
    begun.path.write_text(json.dumps({**said, "began": early.isoformat()}))
    assert [each.why for each in listing(tmp_path).failures] == [KILLED]


def test_a_full_disk_at_the_end_of_a_failure_leaves_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = Folder(tmp_path)
    begun = place.begin(JOB)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="no space left"):
            place.fail(begun, "it does not answer.", 2)
    assert [each.why for each in listing(tmp_path).failures] == [KILLED]
    good(tmp_path, 1, "another")
    assert KILLED in words(tmp_path / "index.html")


def test_a_full_disk_at_the_beginning_is_refused_and_leaves_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="no space left"):
        Folder(tmp_path).begin(JOB)
    assert [each.name for each in tmp_path.iterdir()] == [".lock"]


def test_a_clock_that_was_ahead_when_a_run_was_kept_hides_no_later_failure(tmp_path: Path) -> None:
    good(tmp_path, 3650)
    fail(tmp_path)
    assert "The last run failed" in words(tmp_path / "index.html")
    good(tmp_path, 1)
    assert "The last run failed" not in words(tmp_path / "index.html")


def test_of_each_job_the_last_failures_stay(tmp_path: Path) -> None:
    for number in range(4):
        fail(tmp_path, f"sentence {number}.", keep=2)
        fail(tmp_path, f"other {number}.", "another", keep=2)
    assert [each.why for each in listing(tmp_path).failures] == [
        "other 3.",
        "sentence 3.",
        "other 2.",
        "sentence 2.",
    ]
    assert len(list(tmp_path.glob("*_failed.json"))) == 4


def test_failures_of_ever_new_names_do_not_fill_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intact.operations.folder.retention.FAILURES", 3)
    for number in range(5):
        fail(tmp_path, job=f"/backup/{number}")
    assert [each.job for each in listing(tmp_path).failures] == ["/backup/4", "/backup/3", "/backup/2"]


def test_a_number_that_somebody_made_up_hides_nothing_that_follows(tmp_path: Path) -> None:
    name = good(tmp_path)
    record = json.loads((tmp_path / name / "run.json").read_text())
    (tmp_path / name / "run.json").write_text(json.dumps({**record, "number": 10**15}))
    later = good(tmp_path, 1)
    assert [each.name for each in listing(tmp_path).runs] == [later, name]
    fail(tmp_path, job="another")
    assert listing(tmp_path).damaged == ()
    assert len(listing(tmp_path).failures) == 1


@POSIX
def test_a_run_told_to_end_does_not_wait_long_for_another_that_is_writing(tmp_path: Path) -> None:
    begun = Folder(tmp_path).begin(JOB)
    with locked(tmp_path), pytest.raises(OutputError, match="another run has been writing"):
        Folder(tmp_path).fail(begun, "It was interrupted.", 130, wait=0.1)
    assert [each.why for each in listing(tmp_path).failures] == [KILLED]


def test_what_a_failure_says_is_text(tmp_path: Path) -> None:
    fail(tmp_path, "<script>alert(1)</script>\n\x1b[31m", "<img src=x onerror=alert(2)>")
    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize("text", ["", "{}", '{"kind": "intact run that failed", "version": 1}'])
def test_a_file_of_a_failure_that_is_damaged_is_named(tmp_path: Path, text: str) -> None:
    fail(tmp_path)
    (file,) = tmp_path.glob("*_failed.json")
    file.write_text(text)
    good(tmp_path, 1, "another")
    assert file.name in words(tmp_path / "index.html")
    assert [name for name, _ in listing(tmp_path).damaged] == [file.name]


@POSIX
def test_marks_and_failures_are_only_for_their_owner(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        begun = Folder(tmp_path).begin(JOB)
        assert begun.path.stat().st_mode & 0o777 == 0o600
        Folder(tmp_path).fail(begun, "it failed.", 2)
    finally:
        os.umask(before)
    (file,) = tmp_path.glob("*_failed.json")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_mark_that_is_a_link_or_a_pipe_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / ".2026-01-01T000000Z.begun").symlink_to(tmp_path / "elsewhere")
    if os.name == "posix":
        os.mkfifo(tmp_path / ".2026-01-02T000000Z.begun")
    good(tmp_path)
    assert len(runs(tmp_path)) == 1
    assert ".2026-01-01T000000Z.begun" in words(tmp_path / "index.html")
