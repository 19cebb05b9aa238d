"""`python -m tests.sample_data`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sample_data import DEMO_FAULTS, FAULT_KINDS
from tests.sample_data.__main__ import main


def test_it_writes_a_dump_and_says_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "dump"
    arguments = [str(out), "--orders", "50", "--seed", "7", "--faults", "DOUBLE_BILLING=2,UNBILLED_ORDER"]
    assert main([*arguments, "--as-of", "2026-11-22"]) == 0
    assert (out / "delivery" / "orders.bson").is_file()
    planted = json.loads((out / "planted.json").read_text())
    assert planted["faults"] == {"UNBILLED_ORDER": 1, "DOUBLE_BILLING": 2}
    assert "3 findings planted, as of 2026-11-22T00:00:00Z" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (["OUT", "--gzip"], "OUT/delivery/orders.bson.gz"),
        (["--archive", "OUT/a.archive", "--gzip"], "OUT/a.archive"),
        (["OUT", "--format", "canonical"], "OUT/orders.jsonl"),
        (["OUT", "--format", "relaxed", "--gzip"], "OUT/orders.jsonl.gz"),
        (["OUT", "--database", "shop", "--force"], "OUT/shop/orders.bson"),
    ],
)
def test_it_writes_every_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], written: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*options, "--orders", "3"]) == 0
    assert (tmp_path / written).stat().st_size > 0


@pytest.mark.parametrize(
    ("faults", "expected"), [("demo", dict(DEMO_FAULTS)), ("1", dict.fromkeys(FAULT_KINDS, 1)), ("0", {})]
)
def test_faults_are_a_number_or_a_mix(tmp_path: Path, faults: str, expected: dict[str, int]) -> None:
    assert main([str(tmp_path / "out"), "--orders", "10", "--faults", faults]) == 0
    assert json.loads((tmp_path / "out" / "planted.json").read_text())["faults"] == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "name either OUT_DIR or --archive FILE"),
        (["OUT", "--archive", "a"], "name either OUT_DIR or --archive FILE"),
        (["--archive", "a", "--format", "relaxed"], "do not go together"),
        (["OUT", "--faults", "DOUBLE_BILING=3"], "did you mean DOUBLE_BILLING?"),
        (["OUT", "--faults", "xyz"], "--help lists the kinds"),
        (["OUT", "--faults", "MISSING_ID=many"], "a number of 0 or more is needed"),
        (["OUT", "--orders", "-3"], "a number of 0 or more is needed"),
        (["OUT", "--as-of", "soon"], "a date such as 2026-11-22 is needed"),
        (["OUT", "--database", "a/b"], "a database cannot be called 'a/b'"),
        (["full"], "full is not empty"),
        (["full/file/deeper"], "cannot write"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    with pytest.raises(SystemExit) as ended:
        main([*options, "--orders", "1"] if "--orders" not in options else options)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in error
    assert error.count("\n") == 1


def test_help_lists_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(kind in text for kind in FAULT_KINDS)
