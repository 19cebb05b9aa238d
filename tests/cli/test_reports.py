"""``intact check --reports``: every run is kept, and keeping never changes what the audit says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from intact.core.errors import OutputError
from intact.operations.folder import Folder, listing
from tests.cli.conftest import AS_OF
from tests.cli.running import invoke, names, start
from tests.folder.reading import insist_on_sound, runs, words


def audit(dump: Path, *more: str) -> tuple[int, str, str]:
    done = invoke("check", str(dump), "--as-of", AS_OF, "--quiet", *more)
    return done.exit_code, done.stdout, done.stderr


def test_runs_are_kept_listed_and_named_as_saved(faulty_dump: Path, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    for _ in range(2):
        code, printed, said = audit(faulty_dump, "--reports", str(reports))
        assert (code, said) == (1, "")
    assert len(runs(reports)) == 2
    last = (reports / "latest").resolve()
    assert f"reports/{last.name}/report.html" in printed
    assert len(names(last / "documents")) == 7
    assert json.loads((last / "report.json").read_text())["exit_code"] == 1
    insist_on_sound(reports)


def test_the_second_run_says_what_is_new_in_the_list(
    faulty_dump: Path, clean_dump: Path, tmp_path: Path
) -> None:
    history = str(tmp_path / "history.db")
    for dump in (faulty_dump, clean_dump):
        place = tmp_path / "dump" / "shop"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(dump, place)
        audit(place, "--reports", str(tmp_path / "reports"), "--history", history)
    said = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text())
    before = json.loads((tmp_path / "reports" / runs(tmp_path / "reports")[0] / "run.json").read_text())
    assert said["new"] == 0
    assert said["resolved"] == sum(each["count"] for each in before["findings"])


def test_so_many_runs_stay_as_keep_says(clean_dump: Path, tmp_path: Path) -> None:
    for _ in range(3):
        audit(clean_dump, "--reports", str(tmp_path), "--keep", "2")
    assert len(runs(tmp_path)) == 2


def test_runs_of_one_report_do_not_push_out_runs_of_all(clean_dump: Path, tmp_path: Path) -> None:
    for more in ([], ["--report", "billing"], ["--report", "billing"]):
        audit(clean_dump, "--reports", str(tmp_path), "--keep", "1", *more)
    made = [json.loads((tmp_path / name / "run.json").read_text())["reports"] for name in runs(tmp_path)]
    assert sorted(map(len, made)) == [1, 7]


def full(*_: object) -> Path:
    raise OutputError(
        "the reports cannot be kept (no space left on device)", where="there", hint="Make room."
    )


@pytest.mark.parametrize("dump", ["clean_dump", "faulty_dump"])
def test_reports_that_cannot_be_kept_are_a_failure_beside_which_all_else_is_written(
    dump: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = request.getfixturevalue(dump)
    _, printed, _ = audit(place)
    monkeypatch.setattr(Folder, "keep", full)
    file = tmp_path / "report.json"
    code, printed_again, said = audit(place, "--reports", str(tmp_path / "kept"), "--output", str(file))
    assert said == "intact: there: the reports cannot be kept (no space left on device). Make room.\n"
    assert code == 2
    assert printed.splitlines()[-1] in printed_again.splitlines()
    assert json.loads(file.read_text())["exit_code"] == (1 if dump == "faulty_dump" else 0)
    assert "the reports cannot be kept (no space left on device)" in words(tmp_path / "kept" / "index.html")


def test_a_file_that_cannot_be_written_is_the_same_failure_and_the_run_is_kept(
    faulty_dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intact.cli.output.save", full)
    given = ["--reports", str(tmp_path / "kept"), "--output", str(tmp_path / "report.json")]
    code, printed, said = audit(faulty_dump, *given)
    assert code == 2
    assert "no space left on device" in said
    assert "report.html" in printed
    assert len(runs(tmp_path / "kept")) == 1


def test_a_list_that_cannot_be_brought_up_to_date_is_said_and_changes_no_exit_code(
    faulty_dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("intact.operations.folder.folder.point", refused)
    code, printed, said = audit(faulty_dump, "--reports", str(tmp_path))
    assert code == 1
    assert "the reports are kept, but the list of runs may be out of date (permission denied)" in said
    assert f"{runs(tmp_path)[0]}/report.html" in printed.replace("\n", "")


def test_a_run_that_failed_is_in_the_list_and_the_latest_report_says_that_it_is_not_the_last(
    faulty_dump: Path, tmp_path: Path
) -> None:
    place, reports = tmp_path / "shop", tmp_path / "reports"
    shutil.copytree(faulty_dump, place)
    given = ["--reports", str(reports)]
    assert audit(place, *given)[0] == 1
    kept = (reports / "latest").readlink()
    place.rename(tmp_path / "away")
    code, _, said = audit(place, *given)
    assert code == 2
    page = words(reports / "index.html")
    assert "The last run failed" in page
    assert said.removeprefix("intact: ").strip() in page
    assert "This is not the last run: that of 20" in page
    assert (reports / "latest").readlink() == kept
    (tmp_path / "away").rename(place)
    assert audit(place, *given)[0] == 1
    page = words(reports / "index.html")
    assert "The last run failed" not in page
    assert "This is not the last run" not in page
    assert said.removeprefix("intact: ").strip() in page  # among those that failed once


def test_a_command_line_that_cannot_be_read_is_in_the_list_too(clean_dump: Path, tmp_path: Path) -> None:
    code, _, _ = audit(clean_dump, "--reports", str(tmp_path), "--otuput", "x")
    assert code == 2
    assert "No such option '--otuput'" in words(tmp_path / "index.html").replace("&#x27;", "'")


def test_the_list_holds_no_password_of_a_server_that_could_not_be_reached(tmp_path: Path) -> None:
    uri = "mongodb://auditor:s3cret@127.0.0.1:9/shop?serverSelectionTimeoutMS=200&connectTimeoutMS=200"
    done = invoke("check", uri, "--quiet", "--no-history", "--reports", str(tmp_path))
    assert done.exit_code == 2
    assert "127.0.0.1:9/shop by the model delivery" in words(tmp_path / "index.html")
    assert [each for each in tmp_path.iterdir() if each.is_file() and "s3cr" in each.read_text()] == []


@pytest.mark.skipif(os.name != "posix", reason="NOT RUN: a process that is killed: not a POSIX system")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_was_killed_is_in_the_list(tmp_path: Path, number: signal.Signals) -> None:
    reports, pipe = tmp_path / "reports", tmp_path / "orders.bson"
    os.mkfifo(pipe)  # nobody writes into it, so it takes forever
    given = ["check", str(pipe), "--quiet", "--no-history", "--reports", str(reports)]
    going = start(*given)
    began, deadline = "began, and has not yet said how it ended", time.monotonic() + 60
    while not (reports / "index.html").exists() or began not in words(reports / "index.html"):
        assert going.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "it never said that it began"
        time.sleep(0.05)
    going.send_signal(number)
    going.communicate(timeout=60)
    if number == signal.SIGKILL:
        assert "began, and has not yet said how it ended" in words(reports / "index.html")
        why = "It never said how it ended: it was killed, or its machine went down."
    else:
        why = "It was interrupted, or told to end. (exit 130)"
        assert why in words(reports / "index.html")
    assert why.removesuffix(" (exit 130)") in [each.why for each in listing(reports).failures]
    assert invoke("check", str(tmp_path / "none"), "--reports", str(reports)).exit_code == 2  # another one
    page = words(reports / "index.html")
    assert why in page
    assert "The last runs of 2 audits failed" in page


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--reports", "no/such/place"], "no/such/place: the reports cannot be kept"),
        (["--reports", "file"], "file: the reports cannot be kept (file exists). Name a folder."),
        (["--reports", "page"], "page: there is a 'index.html' that is not of a folder of reports."),
        (["--keep", "3"], "--keep says how many runs --reports keeps"),
        (["--reports", "new", "--keep", "0"], "0 is not in the range"),
    ],
)
def test_a_place_that_will_not_do_is_said_before_anything_is_read(
    clean_dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<h1>My page</h1>")
    code, printed, said = audit(clean_dump, *arguments)
    assert (code, printed) == (2, "")
    assert sentence in said


@pytest.mark.parametrize("below", ["", "reports"])
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_no_reports_are_kept_in_the_dump_that_is_audited(clean_dump: Path, below: str, how: str) -> None:
    before = names(clean_dump)
    arguments = [str(clean_dump)] if how == "argument" else []
    environment = {"INTACT_SOURCE": str(clean_dump)} if how == "environment" else {}
    done = invoke("check", *arguments, "--quiet", "--reports", str(clean_dump / below), **environment)
    assert done.exit_code == 2
    assert "the run reads this folder, so no reports are kept in it. Name another one." in done.stderr
    assert names(clean_dump) == before


@pytest.mark.skipif(os.name != "posix", reason="two processes at once: not a POSIX system")
def test_two_audits_at_once_keep_both(clean_dump: Path, tmp_path: Path) -> None:
    given: list[str | Path] = [
        "check",
        clean_dump,
        "--as-of",
        AS_OF,
        "--quiet",
        "--no-history",
        "--reports",
        tmp_path / "reports",
    ]
    started = [start(*given) for _ in range(2)]
    assert [each.communicate(timeout=120)[1] for each in started] == ["", ""]
    assert [each.returncode for each in started] == [0, 0]
    assert len(runs(tmp_path / "reports")) == 2
    insist_on_sound(tmp_path / "reports")
