"""What intact tells people to run can be pasted: it is quoted for the shell, and names the model that it needs."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from intact.cli import progress as module
from intact.core.hints import argument, command
from intact.model import source_text
from intact.operations.alerts.notifications import Item, NotificationPart, write
from tests.alerts.business import fault
from tests.cli.running import invoke
from tests.sample_data import DEMO_AS_OF, write_dump

NAMES = [
    "plain",
    "my shop",
    "it's",
    'say "x"',
    "$HOME",
    "`id`",
    "a;b",
    "-rf",
    "--model",
    "*",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "a\\b",
]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small dump in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_dump(tmp_path / "dump", orders=100, seed=1, faults={"DOUBLE_BILLING": 1}, as_of=DEMO_AS_OF)
    return tmp_path


def hint(output: str) -> str:
    """Give the command that explains the type."""
    (line,) = (each.strip() for each in output.splitlines() if "intact explain DOUBLE_BILLING" in each)
    return line


def checked(*options: str, **environment: str) -> str:
    return invoke("check", "dump", "--quiet", "--no-history", *options, COLUMNS="200", **environment).stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_gives_back_the_name_that_a_hint_quotes(name: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"printf %s {argument(name)}"], capture_output=True, text=True, check=True
    )
    assert done.stdout in {name, f"./{name}"}
    assert not done.stdout.startswith("-"), "it would be an option"


@pytest.mark.parametrize("name", [each for each in NAMES if "\\" not in each])
def test_the_hint_of_a_model_of_ones_own_runs_whatever_its_file_is_called(name: str, shop: Path) -> None:
    (shop / f"{name}.yml").write_text(source_text("delivery"))
    line = hint(checked(f"--model={name}.yml"))
    assert invoke(*shlex.split(line)[1:]).exit_code == 0
    assert shlex.split(line)[-2:] in (["--model", f"{name}.yml"], ["--model", f"./{name}.yml"])


def test_no_option_stands_where_the_environment_names_the_model(shop: Path) -> None:
    (shop / "own.yml").write_text(source_text("delivery"))
    assert hint(checked(INTACT_MODEL="own.yml")) == "intact explain DOUBLE_BILLING"
    assert (
        hint(checked("--model", str(shop / "own.yml"), INTACT_MODEL="own.yml"))
        == "intact explain DOUBLE_BILLING"
    )


def test_no_option_stands_where_the_project_file_names_the_model(shop: Path) -> None:
    (shop / "own.yml").write_text(source_text("delivery"))
    (shop / "intact.yml").write_text("intact: 1\nmodel: own.yml\n")
    assert hint(checked()) == "intact explain DOUBLE_BILLING"
    assert invoke("explain", "DOUBLE_BILLING").exit_code == 0


def test_the_default_model_is_named_where_another_would_be_taken(shop: Path) -> None:
    assert hint(checked("--model", "delivery", INTACT_MODEL="northwind")).endswith("--model delivery")
    (shop / "intact.yml").write_text("intact: 1\nmodel: northwind\n")
    assert hint(checked("--model", "delivery")).endswith("--model delivery")


def test_the_list_of_types_names_the_model_whose_types_it_lists(shop: Path) -> None:
    assert "`intact explain NAME --model northwind` shows" in invoke("explain", "--model", "northwind").stdout
    assert "`intact explain NAME` shows" in invoke("explain").stdout
    assert "`intact explain NAME` shows" in invoke("explain", INTACT_MODEL="northwind").stdout


@pytest.mark.parametrize("name", ["my sample", "it's", "$HOME", "-d"])
def test_the_command_that_audits_the_sample_again_can_be_pasted(name: str, shop: Path) -> None:
    output = invoke("demo", "--quiet", "--", name).stdout
    (line,) = (
        each.strip()
        for each in output.splitlines()
        if each.strip().startswith("intact check") and "as-of" in each
    )
    done = invoke(*shlex.split(line)[1:], "--no-history")
    assert done.exit_code == 1, done.output
    assert (shop / name).is_dir()


def test_the_sample_is_audited_again_by_its_own_model_in_a_folder_with_a_project(shop: Path) -> None:
    (shop / "intact.yml").write_text("intact: 1\nmodel: northwind\n")
    output = invoke("demo", "--quiet", "sample").stdout
    assert re.search(r"intact check sample --as-of \S+ --model delivery$", output, re.MULTILINE)
    assert hint(output).endswith("--model delivery")


def test_a_demo_in_a_folder_that_is_not_empty_says_so_and_touches_nothing(shop: Path) -> None:
    (shop / "mine").mkdir()
    (shop / "mine" / "letter.txt").write_text("keep")
    result = invoke("demo", "mine")
    assert result.exit_code == 2
    assert re.search(r"mine: the sample cannot be written \(.*not empty.*\)", result.stderr), result.stderr
    assert "Traceback" not in result.output
    assert [each.name for each in (shop / "mine").iterdir()] == ["letter.txt"]


def test_no_threshold_at_all_is_said_and_fails_nothing(shop: Path) -> None:
    result = invoke("check", "dump", "--quiet", "--no-history", "--fail-on", "none")
    assert result.exit_code == 0
    assert "no threshold is set" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("delivery", "intact explain TYPE"),
        ("northwind", "intact explain TYPE --model northwind"),
        ("shop", "intact explain TYPE --model FILE, with the file of the model shop"),
    ],
)
def test_a_letter_names_the_model_where_it_is_not_the_default(model: str, said: str) -> None:
    part = NotificationPart(1, "shop", model, None, "", [Item(1, 0, False, fault("d1"))])
    letter = write([part], [], digest=False, zone=ZoneInfo("UTC"))
    assert letter is not None
    assert letter.body.splitlines()[-1] == f"What a type means, and how to repair it: {said}"


def test_a_command_is_written_with_its_paths_as_paths() -> None:
    said = command("check", Path("-x y"), "--as-of", "2026-01-01T00:00", model="-m.yml")
    assert said == "intact check './-x y' --as-of 2026-01-01T00:00 --model ./-m.yml"


@pytest.mark.parametrize("width", [20, 33, 34, 50, 57, 58, 79, 80, 105, 106, 200])
def test_the_progress_is_one_line_at_any_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    page = io.StringIO()
    made = Console(file=page, width=width, force_terminal=True, color_system=None, legacy_windows=False)
    monkeypatch.setattr("intact.reporters.console.open_console", lambda _: made)
    bar = module.Bar(page)
    bar.start(80_000_000_000)
    bar.advance(12_345_678_901, 12_345_678, "delivery_statuses_of_a_very_long_name")
    with made.capture() as shown:
        made.print(bar._bar.get_renderable())
    lines = shown.get().splitlines()
    assert len(lines) == 1, lines
    assert len(lines[0]) <= width
    assert "reading" in lines[0]
