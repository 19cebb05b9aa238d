"""``intact model``: list, show, check, schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intact.checks import KINDS
from intact.findings import json_schema as report_schema
from intact.model import json_schema, source_text
from tests.cli.running import invoke


def test_the_shipped_models_are_listed() -> None:
    lines = invoke("model", "list").stdout.splitlines()
    assert "delivery   Subscription delivery business" in lines


def test_show_prints_the_file_as_it_is() -> None:
    assert invoke("model", "show", "delivery").stdout == source_text("delivery")


def test_a_copy_can_be_checked(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yml"
    copy.write_text(invoke("model", "show", "delivery").stdout, encoding="utf-8")
    result = invoke("model", "check", str(copy))
    assert result.exit_code == 0
    assert "is right: 6 collections, 7 reports, 25 checks." in result.stdout


def test_a_wrong_model_ends_with_2_file_line_and_what_was_meant(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yml"
    text = invoke("model", "show", "delivery").stdout.replace(
        "missing-link: orders", "mising-link: orders", 1
    )
    copy.write_text(text, encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "mising-link" in each)
    result = invoke("model", "check", str(copy))
    assert result.exit_code == 2
    assert f"mine.yml:{line}" in result.stderr
    assert "missing-link" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [["show", "delivry"], ["check", "none.yml"]])
def test_a_model_that_is_not_there_is_said(command: list[str]) -> None:
    result = invoke("model", *command)
    assert result.exit_code == 2
    assert result.stderr.startswith("intact: ")


def test_the_schemas_are_printed() -> None:
    assert json.loads(invoke("model", "schema").stdout) == json_schema(KINDS)
    assert json.loads(invoke("model", "schema", "--of", "report").stdout) == report_schema()
