"""A workflow of GitHub Actions."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from intact.core.distribution import requirement
from intact.core.errors import UsageError
from intact.ledger.identity import VARIABLE
from intact.operations.schedule.forms.order import Order, ScheduledRun, about, expression
from intact.operations.schedule.forms.yaml import dumped
from intact.operations.schedule.times import Times

_SARIF: Final = "intact.sarif"
_OPEN_SARIF: Final = "open.sarif"
_FORMS: Final = ("--format", "github", "--output", _SARIF)
_OPEN: Final = (
    f"""jq -c '.runs[].results |= map(select(.baselineState != "absent"))' {_SARIF} > {_OPEN_SARIF}"""
)
"""Leaves out what is resolved: code scanning would show it as open."""

_MADE: Final = f"always() && hashFiles('{_SARIF}') != ''"
"""Findings fail the audit's step, and are uploaded; of a run that failed there is nothing."""

_HISTORY: Final = ".intact/history.sqlite"

_ACTIONS: Final = {
    "actions/cache/restore": ("v4.3.0", "0057852bfaa89a56745cba8c7296529d2fc39830"),
    "actions/cache/save": ("v4.3.0", "0057852bfaa89a56745cba8c7296529d2fc39830"),
    "actions/checkout": ("v4.2.2", "11bd71901bbe5b1630ceea73d27597364c9af683"),
    "actions/setup-python": ("v5.6.0", "a26af69be951a213d495a4c3e4e4022e16d87065"),
    "github/codeql-action/upload-sarif": ("v4.30.8", "f443b600d91635bebf5b0d9ebc620189c0d6fba5"),
}
"""Version and hash of each: a tag can be moved to other code, which would read the database's secret."""


def files(order: Order) -> Mapping[str, str]:
    """Write a workflow with a job for each run.

    Raises:
        UsageError: If an argument holds what GitHub takes for an expression.
    """
    for run in order.runs:
        if wrong := next((each for each in order.arguments(run) if "${{" in each), None):
            raise UsageError(f"{wrong!r} holds ${{{{, which GitHub takes for an expression")
    head = ["# Goes into .github/workflows. GitHub counts in UTC, and may be late by an hour on a busy day."]
    changes = [run for run in order.runs if _least(run.times) != _most(run.times)]
    if changes:
        head.append(
            f"# {changes[0].times.zone.key} has daylight saving: what is written is right without it, and is an hour"
            " later by the clock with it."
        )
    if order.server:
        head.append(f"# The server comes from the repository's secret {VARIABLE}.")
    head += [
        f"# {each} is not in this repository; it has to be, or another step has to put it there."
        for each in (order.config, order.model, order.source)
        if each and Path(each).is_absolute()
    ]
    head.append(
        "# Code scanning takes the SARIF file; where a repository has none, leave out the step that uploads it."
    )
    head += [f"# {expression(run, minutes=_least(run.times))}: {about(run)}" for run in order.runs]
    return {f"{order.name}.yml": "\n".join(head) + "\n" + _with_versions(dumped(_workflow(order)))}


def _action(name: str) -> str:
    return f"{name}@{_ACTIONS[name][1]}"


def _with_versions(text: str) -> str:
    """Say behind each hash which version it is."""
    for name, (version, _) in _ACTIONS.items():
        text = text.replace(_action(name), f"{_action(name)} # {version}")
    return text


def _workflow(order: Order) -> dict[str, Any]:
    schedule = [{"cron": expression(run, minutes=_least(run.times))} for run in order.runs]
    return {
        "name": "intact",
        "on": {"schedule": schedule, "workflow_dispatch": None},
        "permissions": {},
        # Each cadence for itself: of several that wait in one group GitHub drops all but the last.
        "concurrency": {
            "group": f"{order.name}-${{{{ github.event.schedule }}}}",
            "cancel-in-progress": False,
        },
        "jobs": {run.cadence.value: _job(order, run) for run in order.runs},
    }


def _job(order: Order, run: ScheduledRun) -> dict[str, Any]:
    environment = {"INTACT_HISTORY": _HISTORY}
    if order.server:
        environment[VARIABLE] = f"${{{{ secrets.{VARIABLE} }}}}"
    due = f"github.event.schedule == '{expression(run, minutes=_least(run.times))}'"
    key = f"{order.name}-history-"
    saved = {"path": _HISTORY, "key": f"{key}${{{{ github.run_id }}}}-{run.cadence.value}"}
    return {
        "if": f"github.event_name == 'workflow_dispatch' || {due}",
        "runs-on": "ubuntu-latest",
        # The last one lets it upload what it found to code scanning.
        "permissions": {"actions": "read", "contents": "read", "security-events": "write"},
        "timeout-minutes": 350,
        "steps": [
            {"uses": _action("actions/checkout"), "with": {"persist-credentials": False}},
            {"uses": _action("actions/setup-python"), "with": {"python-version": "3.13"}},
            {"run": f"pip install '{requirement(version=order.version)}'"},
            {"uses": _action("actions/cache/restore"), "with": {**saved, "restore-keys": key}},
            {
                "run": shlex.join(["intact", *order.arguments(run), *_FORMS]),
                "env": environment,
            },
            {"if": _MADE, "run": _OPEN},
            {
                "uses": _action("github/codeql-action/upload-sarif"),
                "if": _MADE,
                "with": {"sarif_file": _OPEN_SARIF, "category": f"{order.name}-{run.cadence.value}"},
            },
            # Findings fail the step before; what was found is remembered all the same.
            {"uses": _action("actions/cache/save"), "if": "always()", "with": dict(saved)},
        ],
    }


def _offsets(times: Times) -> set[int]:
    year = datetime.now(UTC).year
    moments = (datetime(year, month, 15, 12, tzinfo=UTC).astimezone(times.zone) for month in range(1, 13))
    return {(each.utcoffset() or timedelta()) // timedelta(minutes=1) for each in moments}


def _least(times: Times) -> int:
    """Return the minutes by which a zone is ahead of UTC outside daylight saving."""
    return min(_offsets(times))


def _most(times: Times) -> int:
    return max(_offsets(times))
