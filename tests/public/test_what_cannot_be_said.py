"""What a model cannot say is listed in the docs: each input and each truth is tested, or stands there."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML

from tests.dairy.audited import HERE as DAIRY
from tests.dairy.audited import ROOT
from tests.public.inputs import FILES, INPUTS

ELSEWHERE: set[str] = {"mongodb-lookalike"}
"""Inputs whose point is no model: they have tests of their own in ``test_sources.py``."""

TABLE = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").partition("## What a model cannot say")[2]
TRIED = [line.split("|")[-2] for line in TABLE.splitlines() if line.startswith("| ")]


def test_each_input_is_tested_or_listed_and_both_only_where_a_part_can_be_said() -> None:
    listed = {
        name: bool(partly)
        for cell in TRIED
        for name, partly in re.findall(r"`([a-z-]+)`( \(partly\))?", cell)
    }
    tested = {path.stem for path in FILES} | ELSEWHERE
    assert tested | set(listed) == {path.stem for path in INPUTS}
    assert tested & set(listed) == {name for name, partly in listed.items() if partly}


def test_each_truth_about_the_dairy_is_tested_or_listed() -> None:
    listed = {int(number) for cell in TRIED if "row" in cell for number in re.findall(r"\d+", cell)}
    tests = "".join(path.read_text(encoding="utf-8") for path in DAIRY.glob("test_*.py"))
    tested = {
        int(number)
        for name in re.findall(r"^def test_rows?_([\d_and]+)", tests, re.MULTILINE)
        for number in re.findall(r"\d+", name)
    }
    assert tested | listed == set(range(1, 41))
    assert tested & listed <= {2}, "of row 2 the orders are found, the money is not"


def test_every_case_has_its_input() -> None:
    for path in FILES:
        cases = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["cases"]
        assert Path(path.parent.parent, "inputs", path.name).is_file()
        assert cases, path.name
