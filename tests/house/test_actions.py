"""What GitHub runs for the project, and for those who take its workflows, is pinned, and may do little."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from intact.operations.schedule.forms import github
from tests.cli.running import invoke
from tests.house.files import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+(, .+)?")
WRITES = {
    ("site.yml", "publish"): {"pages", "id-token"},
    ("printed", "daily"): {"security-events"},
    ("printed", "weekly"): {"security-events"},
    ("printed", "monthly"): {"security-events"},
    ("pipelines.md", "audit"): {"security-events"},
}
"""The jobs that may write anything, and what."""


def of_the_docs() -> str:
    page = (ROOT / "docs" / "how-to" / "pipelines.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def workflows() -> dict[str, str]:
    """Every workflow by its name: the project's own, that of the docs, and the one that is printed."""
    result = invoke("schedule", "print", "--for", "github")
    assert result.exit_code == 0, result.stderr
    own = {each.name: each.read_text("utf-8") for each in WORKFLOWS}
    return {**own, "pipelines.md": of_the_docs(), "printed": result.stdout}


def test_every_action_is_pinned_by_the_hash_of_its_code_with_the_version_beside_it(
    workflows: dict[str, str],
) -> None:
    assert {"ci.yml", "site.yml", "wheels.yml"} <= workflows.keys()
    hashes: dict[str, set[str]] = {}
    for name, text in workflows.items():
        used = re.findall(r"uses: *(.+)", text)
        assert used or name == "ci.yml"
        for each in used:
            assert PINNED.fullmatch(each), f"{name}: {each}"
            action, _, rest = each.partition("@")
            hashes.setdefault(action, set()).add(rest.partition(",")[0])
    for action, (version, code) in github._ACTIONS.items():
        hashes.setdefault(action, set()).add(f"{code} # {version}")
    assert {action: len(found) for action, found in hashes.items() if len(found) > 1} == {}


def test_every_job_has_the_least_rights_and_says_which(workflows: dict[str, str]) -> None:
    for name, text in workflows.items():
        given: Any = YAML(typ="safe").load(text)
        assert given["permissions"] == {}, name
        for job, declared in given["jobs"].items():
            rights = declared["permissions"]
            assert isinstance(rights, dict)
            writing = {right for right, level in rights.items() if level != "read"}
            assert writing == WRITES.get((name, job), set()), f"{name}: {job}"


def test_no_job_leaves_a_token_where_it_runs_code(workflows: dict[str, str]) -> None:
    for name, text in workflows.items():
        for job in YAML(typ="safe").load(text)["jobs"].values():
            for step in job["steps"]:
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False, name
