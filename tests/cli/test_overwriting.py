"""No report is written over what the run reads, and none is lost because another could not be written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from intact.cli.output import save_all
from intact.core.errors import OutputError
from intact.model import source_text
from tests.cli.conftest import AS_OF
from tests.cli.running import invoke


def lines(path: Path) -> Path:
    """A source of one collection, whose suffix is that of a form too."""
    path.write_text('{"_id": 1, "id": "o-1", "status": "lost"}\n', encoding="utf-8")
    return path


def refused(*arguments: object) -> None:
    done = invoke("check", "--as-of", AS_OF, "--quiet", *map(str, arguments))
    assert done.exit_code == 2
    assert "the run reads this file" in done.stderr


@pytest.mark.parametrize("way", ["itself", "link", "around"])
def test_the_source_stays_as_it_is_by_whatever_name(tmp_path: Path, way: str) -> None:
    source = lines(tmp_path / "orders.jsonl")
    before = source.read_bytes()
    target = {
        "itself": source,
        "link": tmp_path / "link.jsonl",
        "around": tmp_path / "x" / ".." / "orders.jsonl",
    }[way]
    (tmp_path / "x").mkdir()
    if way == "link":
        target.symlink_to(source)
    refused(source, "--collection", "orders", "-o", target)
    assert source.read_bytes() == before


def test_the_files_of_a_dump_stay_as_they_are(tmp_path: Path, faulty_dump: Path) -> None:
    dump = shutil.copytree(faulty_dump, tmp_path / "dump")
    inside = lines(next(path for path in dump.rglob("*.bson")).with_name("notes.json"))
    refused(dump, "-o", inside)


def test_the_model_stays_as_it_is(tmp_path: Path, faulty_dump: Path) -> None:
    model = tmp_path / "mine.txt"
    model.write_text(source_text("delivery"), encoding="utf-8")
    refused(faulty_dump, "--model", model, "-o", model)


def test_the_history_stays_as_it_is(tmp_path: Path, faulty_dump: Path) -> None:
    history = tmp_path / "history.json"
    assert (
        invoke("check", str(faulty_dump), "--as-of", AS_OF, "--quiet", "--history", str(history)).exit_code
        == 1
    )
    refused(faulty_dump, "--history", history, "-o", history)


def test_not_even_a_history_that_is_not_there_yet(tmp_path: Path, faulty_dump: Path) -> None:
    refused(faulty_dump, "--history", tmp_path / "new.json", "-o", tmp_path / "new.json")


def test_a_new_file_beside_the_source_is_fine(tmp_path: Path) -> None:
    source = lines(tmp_path / "orders.jsonl")
    done = invoke(
        "check",
        str(source),
        "--collection",
        "orders",
        "--quiet",
        "-m",
        "delivery",
        "-o",
        str(tmp_path / "report.json"),
    )
    assert done.exit_code in {1, 3}
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["reports"]


def test_what_can_be_written_is_written_and_the_first_failure_is_said() -> None:
    def fails(name: str) -> list[str]:
        raise OutputError("the disk is full", where=name, hint="Make room.")

    saved, failed = save_all([lambda _: ["a"], lambda _: fails("b"), lambda _: ["c"], lambda _: fails("d")])
    assert saved == ["a", "c"]
    assert str(failed) == "b: the disk is full. Make room. 1 more could not be written either."


def test_each_step_knows_what_was_written_before() -> None:
    seen: list[list[str]] = []

    def step(written: object) -> list[str]:
        assert isinstance(written, list)
        seen.append(list(written))
        return [str(len(seen))]

    assert save_all([step, step]) == (["1", "2"], None)
    assert seen == [[], ["1"]]
