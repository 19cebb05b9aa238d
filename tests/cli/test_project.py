"""The project file: found upwards, its paths relative to it, an option given by hand wins, mistakes with their line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from intact.cli.project import KEYS, json_schema, nearest, read
from intact.core.errors import ModelError
from intact.model import source_text
from tests.cli.running import invoke
from tests.house.files import ROOT
from tests.sample_data import DEMO_AS_OF, write_dump

FAULTS = {"DOUBLE_BILLING": 2}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dump, a project file, and a folder below from which commands are given."""
    write_dump(tmp_path / "dump", orders=300, seed=1, faults=FAULTS, as_of=DEMO_AS_OF)
    (tmp_path / "intact.yml").write_text("source: dump\nmodel: delivery\nreports: kept\n")
    (tmp_path / "below" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "below" / "deeper")
    monkeypatch.delenv("INTACT_HISTORY", raising=False)
    return tmp_path


def test_daily_commands_are_short_and_paths_are_relative_to_the_file(project: Path) -> None:
    done = invoke("check", "--quiet", "--no-history")
    assert done.exit_code == 1, done.output
    assert "DOUBLE_BILLING" in done.stdout
    assert (project / "kept" / "index.html").exists()
    assert invoke("doctor").exit_code == 0


def test_an_option_given_by_hand_wins(project: Path) -> None:
    assert invoke("check", "nowhere", "--quiet", "--no-history").exit_code == 2
    other = invoke("check", "--quiet", "--no-history", "--model", "northwind")
    assert "northwind" in other.stdout


def test_the_environment_wins_over_the_file(project: Path) -> None:
    done = invoke("check", "--quiet", "--no-history", INTACT_SOURCE="nowhere")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr
    done = invoke("check", "--quiet", "--no-history", INTACT_MODEL="northwind")
    assert "northwind" in done.stdout
    assert invoke("check", "--quiet", "--no-history", MONGODB_URI="mongodb://none.invalid/x").exit_code == 1


def test_another_file_is_named_by_hand(project: Path, tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text("model: northwind\nsource: dump\n")
    done = invoke("check", "--config", str(tmp_path / "other.yml"), "--quiet", "--no-history")
    assert "northwind" in done.stdout
    missing = invoke("check", "--config", "nowhere.yml")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("intact: nowhere.yml: the project file cannot be read")


def test_no_history_by_hand_wins_over_a_history_in_the_file(project: Path) -> None:
    (project / "intact.yml").write_text("source: dump\nmodel: delivery\nhistory: state.sqlite\n")
    assert invoke("check", "--quiet", "--no-history").exit_code == 1
    assert not (project / "state.sqlite").exists()
    assert invoke("check", "--quiet").exit_code == 1
    assert (project / "state.sqlite").exists()
    assert "delivery" in invoke("history").stdout


def test_a_baseline_and_the_folder_of_reports_are_taken_by_every_command_that_knows_them(
    project: Path,
) -> None:
    (project / "intact.yml").write_text("source: dump\nmodel: delivery\nbaseline: accepted\nreports: kept\n")
    accept = ["--type", "DOUBLE_BILLING", "--reason", "known", "--owner", "shop"]
    done = invoke("baseline", "accept", *accept)
    assert done.exit_code == 0, done.output
    assert (project / "accepted").exists()
    assert invoke("check", "--quiet", "--no-history").exit_code == 0
    assert invoke("baseline", "check").exit_code == 0
    assert "--config" in invoke("serve", "--help").output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "source: dump\nmodle: delivery\n",
            "2: 'modle' is not part of a project file. Did you mean 'model'?",
        ),
        ("source: [a]\n", "1: 'source' has to be a text"),
        ("- a\n", "1: expected a mapping for a project file, found a list"),
        ("intact: 2\n", "1: 'intact' is the version of the format, and can only be 1"),
        ("source: mongodb://anna:s3cr3t@h/shop\n", "1: a password has no place in a project file"),
        ("source: 'dump\n", "this is not YAML"),
        ("source: ''\n", "1: 'source' has to be a text"),
        ("source:\nmodel: delivery\n", "1: 'source' has to be a text"),
        ("model: delivery\nsource:\n\n\n", "2: 'source' has to be a text"),
        ("model:   # which?\n\n# none yet\nsource: dump\n", "1: 'model' has to be a text"),
        ("model: delivery\nsource:\n  ~\n", "3: 'source' has to be a text"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_what_was_meant(project: Path, text: str, said: str) -> None:
    (project / "intact.yml").write_text(text)
    done = invoke("check", "--quiet")
    assert done.exit_code == 2
    assert f"{project / 'intact.yml'}:{said}" in done.stderr or "not YAML" in said
    assert said in done.stderr
    assert "s3cr3t" not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_nearest_file_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "intact.yml").write_text("")
    assert nearest(tmp_path / "a" / "b") == tmp_path / "intact.yml"
    (tmp_path / "a" / "intact.yml").write_text("")
    assert nearest(tmp_path / "a" / "b") == tmp_path / "a" / "intact.yml"


@pytest.mark.parametrize("model", ["delivery", "models/shop.yml", "/srv/shop.yml"])
@pytest.mark.parametrize("source", ["-", "mongodb://h/shop", "dump", "/backup/dump"])
def test_names_and_uris_stay_and_paths_are_seen_from_the_file(
    tmp_path: Path, source: str, model: str
) -> None:
    (tmp_path / "intact.yml").write_text(f"source: {source!r}\nmodel: {model}\n")
    said = read(tmp_path / "intact.yml")
    plain = {"-", "mongodb://h/shop", "/backup/dump", "delivery", "/srv/shop.yml"}
    assert said["source"] == (source if source in plain else str(tmp_path / source))
    assert said["model"] == (model if model in plain else str(tmp_path / model))


def test_its_schema_is_published_and_says_the_same_as_the_reader(tmp_path: Path) -> None:
    published = json.loads((ROOT / "docs" / "schemas" / "project-1.json").read_text(encoding="utf-8"))
    assert published == json_schema()
    validator = Draft202012Validator(published)
    for text, right in [
        ("intact: 1\n" + "".join(f"{key}: x\n" for key in KEYS), True),
        ("{}", True),
        ("modle: x\n", False),
        ("model: ''\n", False),
        ("model: 5\n", False),
        ("intact: 2\n", False),
    ]:
        (tmp_path / "intact.yml").write_text(text)
        assert validator.is_valid(YAML(typ="safe").load(text)) == right
        if right:
            read(tmp_path / "intact.yml")
        else:
            with pytest.raises(ModelError):
                read(tmp_path / "intact.yml")


def test_baseline_accept_takes_the_model_from_the_report(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "intact.yml").unlink()
    monkeypatch.chdir(project)
    mine = source_text("delivery").replace("name: delivery", "name: mine", 1)
    assert "name: mine" in mine
    (project / "mine.yml").write_text(mine)
    made = invoke("check", "dump", "--model", "mine.yml", "--quiet", "--no-history", "-o", "r.json")
    assert made.exit_code == 1
    for words in (
        ("accept", "r.json", "--type", "DOUBLE_BILLING", "--reason", "known", "--owner", "shop"),
        ("prune", "r.json"),
        ("check", "r.json"),
    ):
        done = invoke("baseline", *words)
        assert done.exit_code == 0, done.output
    other = invoke("baseline", "check", "r.json", "--model", "delivery")
    assert other.exit_code == 2
    assert "this report is by the model 'mine', not by 'delivery'" in other.stderr


@pytest.mark.parametrize("option", ["--output", "--documents"])
def test_a_directory_that_is_not_there_is_made(project: Path, option: str) -> None:
    done = invoke("check", "--quiet", "--no-history", option, "new/er/")
    assert done.exit_code == 1, done.output
    assert any(Path("new", "er").iterdir())


@pytest.mark.parametrize("option", ["--output", "--documents"])
def test_a_directory_that_cannot_be_made_is_said_before_the_run(project: Path, option: str) -> None:
    Path("file").write_text("")
    done = invoke("check", "--quiet", "--no-history", option, "file/new/")
    assert done.exit_code == 2
    assert "file/new" in done.stderr
    assert done.stderr.count("\n") == 1
