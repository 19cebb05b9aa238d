"""``intact check --reports``: every run is kept, and keeping never changes what the audit says."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from intact.errors import OutputError
from intact.folder import Folder
from tests.cli.conftest import AS_OF
from tests.cli.running import invoke, names, start
from tests.folder.reading import insist_on_sound, runs


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


@pytest.mark.parametrize("dump", ["clean_dump", "faulty_dump"])
def test_reports_that_cannot_be_kept_change_neither_the_verdict_nor_the_exit_code(
    dump: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OutputError(
            "the reports cannot be kept (no space left on device)", where="there", hint="Make room."
        )

    place = request.getfixturevalue(dump)
    code, printed, _ = audit(place)
    monkeypatch.setattr(Folder, "keep", full)
    again, printed_again, said = audit(place, "--reports", str(tmp_path))
    assert said == "intact: there: the reports cannot be kept (no space left on device). Make room.\n"
    assert again == code
    assert printed_again.splitlines()[-1] == printed.splitlines()[-1]


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
