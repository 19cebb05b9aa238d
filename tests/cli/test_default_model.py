"""A model that nobody named is taken only where most of its collections are there."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

import bson
import pytest

import intact
from intact.checks import KINDS
from intact.core.errors import SourceError
from intact.model import load, source_text
from tests.cli.running import invoke
from tests.sample_data import DEMO_AS_OF, write_dump

COLLECTIONS = sorted(load("delivery", KINDS).collections)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A dump of another business, which shares one name with the default model."""
    folder = tmp_path / "dump" / "shop"
    folder.mkdir(parents=True)
    for name in ("orders", "products", "shipments"):
        (folder / f"{name}.bson").write_bytes(
            b"".join(bson.encode({"_id": n, "total": 5}) for n in range(50))
        )
    return folder


def test_nobody_gets_findings_of_a_model_that_was_not_named_on_data_that_it_does_not_fit(shop: Path) -> None:
    done = invoke("check", str(shop), "--quiet", "--no-history")
    assert done.exit_code == 2
    assert done.stdout == ""
    for said in (
        "no model was named",
        "'delivery'",
        "(orders)",
        "products, shipments",
        "--model",
        "INTACT_MODEL",
    ):
        assert said in done.stderr
    with pytest.raises(SourceError, match="no model was named"):
        intact.check(str(shop), model=None)


def test_the_library_takes_no_model_that_does_not_fit_either(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no model was named") as refused:
        intact.check(str(shop))
    assert "model=" in refused.value.hint
    with pytest.raises(SourceError, match="no model was named"):
        asyncio.run(intact.check_async(str(shop)))
    assert intact.check(str(shop), model="delivery").exit_code in {1, 3}
    write_dump(tmp_path / "own", orders=100, seed=1, faults={}, as_of=DEMO_AS_OF)
    assert intact.check(str(tmp_path / "own")).run.model == "delivery"


def test_the_doctor_says_it_and_that_no_audit_is_possible(shop: Path) -> None:
    done = invoke("doctor", str(shop))
    assert done.exit_code == 2
    assert "no model was named" in " ".join(done.stdout.split())


@pytest.mark.parametrize("how", ["by hand", "environment", "project file"])
def test_a_model_that_is_named_is_taken(
    how: str, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options, environment = [], {}
    if how == "by hand":
        options = ["--model", "delivery"]
    elif how == "environment":
        environment = {"INTACT_MODEL": "delivery"}
    else:
        (tmp_path / "intact.yml").write_text("model: delivery\n")
    done = invoke("check", str(shop), "--quiet", "--no-history", *options, **environment)
    assert done.exit_code in {1, 3}, done.stderr
    assert "MISSING_ID" in done.stdout


@pytest.mark.parametrize("left", range(1, len(COLLECTIONS) + 1))
def test_the_default_model_is_taken_where_more_than_half_of_its_collections_are_there(
    left: int, tmp_path: Path
) -> None:
    write_dump(tmp_path / "dump", orders=100, seed=1, faults={}, as_of=DEMO_AS_OF)
    (folder,) = {path.parent for path in (tmp_path / "dump").rglob("*.bson")}
    for name in COLLECTIONS[left:]:
        for path in folder.glob(f"{name}.*"):
            path.unlink()
    there = len({path.stem for path in folder.glob("*.bson")} & set(COLLECTIONS))
    if 2 * there > len(COLLECTIONS):
        assert intact.check(str(folder), model=None).exit_code in {0, 3}
    else:
        with pytest.raises(SourceError):
            intact.check(str(folder), model=None)


def test_the_environment_names_the_model_for_the_library_too(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTACT_MODEL", "northwind")
    assert intact.check(str(shop)).run.model == "northwind"


def test_a_hint_names_the_model_where_it_is_not_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_dump(tmp_path / "dump", orders=100, seed=1, faults={"DOUBLE_BILLING": 1}, as_of=DEMO_AS_OF)
    plain = invoke("check", "dump", "--quiet", "--no-history", COLUMNS="200").stdout
    assert "intact explain DOUBLE_BILLING\n" in plain
    (tmp_path / "my shop.yml").write_text(source_text("delivery"))
    own = invoke("check", "dump", "-m", "my shop.yml", "--quiet", "--no-history", COLUMNS="200").stdout
    (line,) = (each.strip() for each in own.splitlines() if "intact explain DOUBLE_BILLING" in each)
    assert line == "intact explain DOUBLE_BILLING --model 'my shop.yml'"
    assert invoke(*shlex.split(line)[1:]).exit_code == 0


def test_a_model_of_one_of_each_is_counted_in_the_singular(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(
        "intact: 1\nname: one\ntitle: One\ncollections:\n  a: {key: id}\nreports:\n  r:\n"
        "    title: R\n    purpose: P.\n    cadence: daily\n    document: R\n"
        "    total: {all: {count: all}}\n    checks:\n"
        "      - {missing-key: a, finding: MISSING, severity: high, description: Without id}\n"
    )
    assert "1 collection, 1 report, 1 check." in invoke("model", "check", str(tmp_path / "one.yml")).stdout
