"""The workflows of GitHub Actions, of the docs and as they are printed, run step by step as GitHub does."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from intact.core.distribution import REPOSITORY
from tests.cli.running import environment, invoke
from tests.house.files import ROOT
from tests.sample_data import write_dump
from tests.support.tools import working

PIPELINES = ROOT / "docs" / "how-to" / "pipelines.md"
JQ = pytest.mark.skipif(not working("jq"), reason="NOT RUN: there is no jq that works")


@dataclass
class Job:
    """What became of a job: the exit code of each command, and what was uploaded."""

    codes: dict[str, int] = field(default_factory=dict)
    uploaded: list[dict[str, Any]] = field(default_factory=list)
    failed: bool = False


def holds(condition: str | None, folder: Path, *, failed: bool) -> bool:
    """Whether a step is run: without always() only while nothing has failed."""
    parts = [each.strip() for each in (condition or "success()").split("&&")]
    if "always()" not in parts and failed:
        return False
    for part in parts:
        if found := re.fullmatch(r"hashFiles\('([^']+)'\) != ''", part):
            if not (folder / found[1]).exists():
                return False
        else:
            assert part in {"always()", "success()"}, part
    return True


def run_job(steps: Sequence[Mapping[str, Any]], folder: Path) -> Job:
    """Run the steps of a job in a folder; what is installed is noted instead."""
    tools = folder.parent / "tools"
    tools.mkdir(exist_ok=True)
    for name, script in {
        "intact": f'exec {shlex.quote(sys.executable)} -m intact "$@"',
        "pip": f'printf "%s\\n" "$@" >> {shlex.quote(str(tools / "pip.txt"))}',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    job = Job()
    for step in steps:
        if not holds(step.get("if"), folder, failed=job.failed):
            continue
        if "run" in step:
            given = {name: text for name, text in step.get("env", {}).items() if "${{" not in text}
            variables = environment(PATH=f"{tools}{os.pathsep}{os.environ['PATH']}", **given)
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]], cwd=folder, env=variables, capture_output=True, check=False
            )
            job.codes[step["run"].split()[0]] = done.returncode
            job.failed |= done.returncode != 0
        elif step["uses"].startswith("github/codeql-action/upload-sarif@"):
            file = folder / step["with"]["sarif_file"]
            assert file.exists(), "the action fails where there is no file"
            job.uploaded.append(json.loads(file.read_text(encoding="utf-8")))
        else:
            assert step["uses"].startswith(("actions/checkout@", "actions/setup-python@", "actions/cache/"))
    return job


def documented() -> dict[str, Any]:
    """Give the workflow of the docs."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PIPELINES.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, Any] = YAML(typ="safe").load(text)
    return found


def printed(folder: Path, *options: str) -> dict[str, Any]:
    """Give the workflow that is printed."""
    done = invoke("schedule", "print", "--for", "github", *options)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = YAML(typ="safe").load(done.stdout)
    assert str(folder) not in done.stdout
    return found


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, with a dump in it that is yet to be written."""
    folder = tmp_path / "checkout"
    (folder / ".git").mkdir(parents=True)
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    return folder


def dumped(folder: Path, faults: Mapping[str, int], name: str = "dump") -> None:
    """Write a dump of tonight: the workflows audit as of now, and a month that has ended is to be billed."""
    tonight = datetime.now(UTC)
    write_dump(folder / name, orders=300, seed=1, faults=faults, as_of=tonight, database="shop")


def right(workflow: Mapping[str, Any]) -> None:
    """Hold a workflow against GitHub's schema, and what an upload needs."""
    place = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    jsonschema.Draft7Validator(json.loads(place.read_text(encoding="utf-8"))).validate(workflow)
    for job in workflow["jobs"].values():
        assert job["permissions"]["security-events"] == "write"
        assert job["permissions"]["contents"] == "read"


def results(job: Job) -> list[dict[str, Any]]:
    (sarif,) = job.uploaded
    return [each for run in sarif["runs"] for each in run["results"]]


def test_the_pipeline_of_the_docs_uploads_what_is_found_when_findings_fail_the_job(repository: Path) -> None:
    workflow = documented()
    right(workflow)
    dumped(repository, {"DOUBLE_BILLING": 2})
    job = run_job(workflow["jobs"]["audit"]["steps"], repository)
    assert job.codes == {"pip": 0, "intact": 1}
    assert job.failed
    assert [each["ruleId"] for each in results(job)].count("DOUBLE_BILLING") == 2
    installed = (repository.parent / "tools" / "pip.txt").read_text().split("\n")
    assert installed[:2] == ["install", f"intact-audit @ git+{REPOSITORY}"]


def test_the_pipeline_of_the_docs_uploads_nothing_found_and_ends_well(repository: Path) -> None:
    dumped(repository, {})
    job = run_job(documented()["jobs"]["audit"]["steps"], repository)
    assert not job.failed
    assert results(job) == []


def test_a_run_that_failed_has_nothing_to_upload(repository: Path) -> None:
    job = run_job(documented()["jobs"]["audit"]["steps"], repository)
    assert job.codes["intact"] == 2
    assert (job.failed, job.uploaded) == (True, [])


@pytest.mark.spread(1)
@JQ
@pytest.mark.parametrize("project", [False, True])
def test_the_printed_workflow_uploads_what_is_open_and_not_what_is_resolved(
    repository: Path,
    project: bool,
) -> None:
    options = ["../dump/shop"]
    if project:
        (repository / "below" / "intact.yml").write_text("source: ../dump/shop\nmodel: delivery\n")
        options = []
    workflow = printed(repository, *options)
    right(workflow)
    steps = workflow["jobs"]["daily"]["steps"]
    (command,) = (each["run"] for each in steps if each.get("run", "").startswith("intact"))
    assert ("--config below/intact.yml" in command) == project
    dumped(repository, {"DOUBLE_BILLING": 2})
    job = run_job(steps, repository)
    assert job.codes["intact"] == 1
    assert [each["ruleId"] for each in results(job)].count("DOUBLE_BILLING") == 2
    dumped(repository, {}, "again")
    (repository / "dump").rename(repository / "before")
    (repository / "again").rename(repository / "dump")
    job = run_job(steps, repository)
    assert job.codes["intact"] == 0
    told = json.loads((repository / "intact.sarif").read_text(encoding="utf-8"))
    assert "absent" in {each["baselineState"] for run in told["runs"] for each in run["results"]}
    assert results(job) == []


def test_a_path_that_no_checkout_has_is_said(repository: Path, tmp_path: Path) -> None:
    del repository
    done = invoke("schedule", "print", "--for", "github", str(tmp_path / "elsewhere"))
    assert f"# {tmp_path / 'elsewhere'} is not in this repository; it has to be" in done.stdout
