"""The help says everything, at once, and the documentation says the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from intact.cli.app import COMMANDS, app
from tests.cli.cli_page import commands, page, top
from tests.cli.running import PROGRAM, environment, invoke

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
HEAVY = (
    "asyncio",
    "bson",
    "duckdb",
    "numpy",
    "phonenumbers",
    "pyarrow",
    "pymongo",
    "ruamel",
    "rich",
    "simplejson",
    "tarfile",
)
EVERY = {path: command for path, command, _ in commands(app, top())}


def test_the_page_in_the_docs_is_the_help() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), "python -m tests.cli.cli_page > docs/cli.md"


@pytest.mark.parametrize("path", EVERY)
def test_every_option_is_in_the_help_with_words(path: str) -> None:
    result = invoke(*path.split()[1:], "--help")
    assert result.exit_code == 0
    for parameter in EVERY[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert all(name in result.stdout for name in parameter.opts)


@pytest.mark.parametrize("path", EVERY)
def test_every_help_fits_80_columns(path: str) -> None:
    result = invoke(*path.split()[1:], "--help", COLUMNS="80")
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize("path", EVERY)
def test_every_command_is_explained(path: str) -> None:
    assert EVERY[path].help


def test_the_commands_are_those_of_the_design() -> None:
    assert [command.name for command in COMMANDS] == [
        "check",
        "doctor",
        "demo",
        "model",
        "explain",
        "history",
        "baseline",
        "alerts",
        "schedule",
        "serve",
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["demo", "-h"]])
def test_the_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import json, sys\n"
        "from intact.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)


def test_the_help_comes_at_once() -> None:
    """At once is 0.3 s; counted in the processor's time, so that a busy machine does not fail the test."""
    before = os.times()
    subprocess.run([*PROGRAM, "--help"], capture_output=True, check=True, env=environment())
    after = os.times()
    assert after.children_user - before.children_user + after.children_system - before.children_system < 0.3


def test_the_version_names_the_projector_and_the_engine() -> None:
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("intact ")
    assert "projector: " in result.stdout
    assert "engine: DuckDB " in result.stdout


def test_without_a_command_the_help_is_shown() -> None:
    result = invoke()
    assert "Commands:" in result.output
    assert result.exit_code == 2
