"""``intact check``: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from intact.core.errors import SourceError
from intact.findings import Outcome, Report, Status, json_schema
from intact.ledger.history import default_path
from tests.cli.conftest import AS_OF
from tests.cli.running import invoke, names
from tests.reporters import reports


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answer every run with a clean report, and note what was asked for."""
    calls: dict[str, Any] = {"report": reports.clean()}

    def answer(source: object = None, **options: object) -> Report:
        calls.update(options, source=source)
        if isinstance(calls["report"], BaseException):
            raise calls["report"]
        report: Report = calls["report"]
        return report

    monkeypatch.setattr("intact.audit.run.check", answer)
    return calls


def test_a_clean_dump_ends_with_0(clean_dump: Path) -> None:
    result = invoke("check", str(clean_dump), "--as-of", AS_OF)
    assert result.exit_code == 0, result.output
    assert "CLEAN  nothing found, and everything was checked" in result.stdout
    assert result.stderr == ""


def test_a_faulty_dump_ends_with_1_and_the_worst_on_top(faulty_dump: Path) -> None:
    result = invoke("check", str(faulty_dump), "--as-of", AS_OF)
    assert result.exit_code == 1, result.output
    assert "ACT NOW" in result.stdout
    assert result.stdout.rstrip().splitlines()[-1].startswith("Exit code 1: ")
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


def test_the_json_report_is_valid_and_has_all_seven_reports(faulty_dump: Path) -> None:
    result = invoke("check", str(faulty_dump), "--as-of", AS_OF, "--format", "json")
    document = json.loads(result.stdout)
    Draft202012Validator(json_schema(), format_checker=FormatChecker()).validate(document)
    assert list(document["reports"]) == [
        "orphaned_orders",
        "orphaned_customers",
        "phantom_deliveries",
        "invalid_references",
        "duplicates",
        "billing",
        "status",
    ]
    assert document["as_of"] == "2026-11-22T06:00:00Z"
    assert document["exit_code"] == result.exit_code == 1


def test_a_collection_that_is_not_there_ends_with_3(clean_dump: Path, tmp_path: Path) -> None:
    shutil.copytree(clean_dump, tmp_path / "shop")
    for file in (tmp_path / "shop").glob("users*"):
        file.unlink()
    result = invoke("check", str(tmp_path / "shop"), "--as-of", AS_OF)
    assert result.exit_code == 3, result.output
    assert "INCOMPLETE" in result.stdout
    assert "NOT CHECKED" in result.stdout
    assert "users" in result.stdout


@pytest.mark.parametrize("source", ["none-such", "."])
def test_a_source_that_cannot_be_read_ends_with_2_and_a_sentence(source: str, tmp_path: Path) -> None:
    result = invoke("check", str(tmp_path / source))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("intact: ")
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_nothing_to_audit_is_said() -> None:
    result = invoke("check")
    assert result.exit_code == 2
    assert "INTACT_SOURCE" in result.stderr


def test_the_source_comes_from_the_environment(clean_dump: Path) -> None:
    result = invoke("check", "--as-of", AS_OF, INTACT_SOURCE=str(clean_dump))
    assert result.exit_code == 0, result.output


def test_options_reach_the_run(asked: dict[str, Any]) -> None:
    arguments = (
        "check x --model m.yml --report billing --report status --as-of 2026-01-31T10:00+05:30 --fail-on HIGH "
        "--fail-on X --baseline b.txt --limit 5 --memory 512MB --database shop --collection orders --show-personal "
        "--history h.db "
        "--max-duration 30m --max-rate 10MB --read-preference primary --strict-read-only --recheck-limit 7"
    )
    assert invoke(*arguments.split()).exit_code == 0
    del asked["progress"], asked["report"]
    assert asked == {
        "source": "x",
        "model": "m.yml",
        "reports": ["billing", "status"],
        "as_of": datetime(2026, 1, 31, 4, 30, tzinfo=UTC),
        "fail_on": ["HIGH", "X"],
        "baseline": "b.txt",
        "limit": 5,
        "memory": "512MB",
        "database": "shop",
        "collection": "orders",
        "show_personal": True,
        "history": "h.db",
        "max_duration": "30m",
        "max_rate": "10MB",
        "read_preference": "primary",
        "strict_read_only": True,
        "recheck_limit": 7,
    }


def test_without_options_the_run_decides(asked: dict[str, Any]) -> None:
    invoke("check")
    del asked["progress"], asked["report"]
    assert asked.pop("history") == default_path()
    assert set(asked.values()) == {None, False}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T18:30", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
        ("2026-01-31T18:30:00Z", datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_utc(asked: dict[str, Any], text: str, moment: datetime) -> None:
    invoke("check", "x", "--as-of", text)
    assert asked["as_of"] == moment


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "", "0001-01-01T00:00+14:00"])
def test_what_is_no_moment_is_refused(asked: dict[str, Any], text: str) -> None:
    result = invoke("check", "x", "--as-of", text)
    assert result.exit_code == 2
    assert "is no moment; write it like 2026-01-31" in result.stderr
    assert "source" not in asked


def test_fail_on_none_lets_nothing_fail(asked: dict[str, Any], faulty_dump: Path) -> None:
    del asked
    result = invoke("check", str(faulty_dump), "--fail-on", "none")
    assert result.exit_code == 0


def test_fail_on_none_stands_alone(asked: dict[str, Any]) -> None:
    result = invoke("check", "x", "--fail-on", "none", "--fail-on", "HIGH")
    assert result.exit_code == 2
    assert "source" not in asked


def test_fail_on_moves_the_line(faulty_dump: Path) -> None:
    codes = [
        invoke("check", str(faulty_dump), "--as-of", AS_OF, "--report", "status", *options).exit_code
        for options in ([], ["--fail-on", "medium"], ["--fail-on", "CRITICAL"], ["--fail-on", "none"])
    ]
    assert codes == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--report", "biling"], "billing"),
        (["--fail-on", "DOUBLE_BILING"], "DOUBLE_BILLING"),
        (["--model", "delivry"], "delivery"),
        (["--memory", "lots"], "512MB"),
        (["--limit", "0"], "0"),
        (["--format", "yaml"], "console"),
        (["--modle", "x"], "--model"),
    ],
)
def test_a_wrong_option_is_refused_with_what_was_meant(
    clean_dump: Path, arguments: list[str], words: str
) -> None:
    result = invoke("check", str(clean_dump), *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_one_report_alone(faulty_dump: Path) -> None:
    result = invoke("check", str(faulty_dump), "--as-of", AS_OF, "--report", "billing", "--format", "json")
    assert list(json.loads(result.stdout)["reports"]) == ["billing"]


def test_a_limit_lists_less_and_counts_all(faulty_dump: Path) -> None:
    result = invoke("check", str(faulty_dump), "--as-of", AS_OF, "--limit", "1", "--format", "json")
    section = json.loads(result.stdout)["reports"]["billing"]
    types = [issue["type"] for issue in section["issues"]]
    assert len(types) == len(set(types))
    assert sum(section["counts"].values()) > len(types)


def test_reports_go_into_files_by_their_suffix(asked: dict[str, Any], tmp_path: Path) -> None:
    asked["report"] = reports.mixed()
    result = invoke(
        "check", "x", "-o", str(tmp_path / "a.json"), "-o", str(tmp_path / "a.txt"), "--output", str(tmp_path)
    )
    assert result.exit_code == 1
    assert names(tmp_path) == [
        "a.json",
        "a.txt",
        "data_consistency_report_2026_02_01_065812.json",
    ]
    assert json.loads((tmp_path / "a.json").read_text())["exit_code"] == 1
    assert (tmp_path / "a.txt").read_text().startswith("DATA CONSISTENCY REPORT")
    assert str(tmp_path / "a.json") in result.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none/a.json", "Create its directory first"),
        ("report.csvx", "does not say which form"),
    ],
)
def test_an_output_that_cannot_be_written_is_said_before_the_run(
    asked: dict[str, Any], tmp_path: Path, name: str, words: str
) -> None:
    result = invoke("check", "x", "--output", f"{tmp_path}/{name}")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "source" not in asked


def test_two_reports_in_one_file_are_refused(asked: dict[str, Any], tmp_path: Path) -> None:
    same = str(tmp_path / "a.json")
    result = invoke("check", "x", "-o", same, "-o", same)
    assert result.exit_code == 2
    assert "the same file" in result.stderr
    assert "source" not in asked


def test_a_run_that_fails_leaves_no_file(asked: dict[str, Any], tmp_path: Path) -> None:
    asked["report"] = SourceError("the server is not there", where="mongodb://h:27017", hint="Start it.")
    result = invoke("check", "x", "-o", str(tmp_path / "a.json"))
    assert result.exit_code == 2
    assert result.stderr == "intact: mongodb://h:27017: the server is not there. Start it.\n"
    assert names(tmp_path) == []


def test_an_interruption_ends_with_130(asked: dict[str, Any], tmp_path: Path) -> None:
    asked["report"] = KeyboardInterrupt()
    result = invoke("check", "x", "-o", str(tmp_path / "a.json"))
    assert result.exit_code == 130
    assert "interrupted" in result.stderr
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("failing", "whole", "code"), [(0, True, 0), (1, True, 1), (0, False, 3), (1, False, 1)]
)
def test_one_wins_over_three(asked: dict[str, Any], failing: int, whole: bool, code: int) -> None:
    outcome = Outcome("c", "T", Status.CLEAN if whole else Status.NOT_EVALUATED, 0, () if whole else ("why",))
    made = reports.report(reports.section(outcomes=(outcome,)))
    asked["report"] = replace(made, failing=failing)
    assert invoke("check", "x").exit_code == code


def test_quiet_says_nothing_on_stderr(clean_dump: Path) -> None:
    result = invoke("check", str(clean_dump), "--as-of", AS_OF, "--quiet")
    assert result.stderr == ""
    assert "CLEAN" in result.stdout
