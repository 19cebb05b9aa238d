"""Which reports of a model are due how often, read in a process of its own so that the memory is given back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from intact.core.errors import ModelError
from intact.model.specs import Cadence


@dataclass(frozen=True, slots=True)
class Plan:
    """What a model says about when its reports are due.

    Attributes:
        model: Its name.
        timezone: IANA name of the zone in which it counts.
        reports: Names of the reports of each cadence that has any, the most frequent first.
    """

    model: str
    timezone: str
    reports: Mapping[Cadence, tuple[str, ...]]


def plan_of(model: str) -> Plan:
    """Return the plan of a model.

    Args:
        model: Name of a shipped model, or path of a model file.

    Raises:
        ModelError: If it cannot be read.
    """
    from intact.checks import KINDS  # noqa: PLC0415 - the one who has the plan read apart must not import it
    from intact.model import load  # noqa: PLC0415 - the daemon itself does without

    found = load(model, KINDS)
    reports = {
        cadence: tuple(each.name for each in found.reports.values() if each.cadence is cadence)
        for cadence in Cadence
    }
    return Plan(found.name, found.timezone, {each: names for each, names in reports.items() if names})


def plan_apart(model: str) -> Plan:
    """Return the plan of a model without its reader staying in this process.

    Raises:
        ModelError: If it cannot be read.
    """
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-m", "intact.operations.schedule.plan", model],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise ModelError(done.stderr.strip() or f"the model {model!r} cannot be read")
    given = json.loads(done.stdout)
    reports = {Cadence(name): tuple(names) for name, names in given["reports"].items()}
    return Plan(given["model"], given["timezone"], reports)


class Plans:
    """The plan of a model, read again when its file has changed.

    Args:
        model: Name of a shipped model, or path of a model file.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._read: tuple[Plan | ModelError, object] | None = None

    def __call__(self) -> Plan:
        """Return the plan as it is now.

        Raises:
            ModelError: If the model cannot be read.
        """
        state = self._state()
        if self._read is None or self._read[1] != state:
            try:
                self._read = plan_apart(self._model), state
            except ModelError as error:  # one mistake is read once, not every time somebody asks
                self._read = error, state
        found = self._read[0]
        if isinstance(found, ModelError):
            raise found
        return found

    def _state(self) -> object:
        try:
            facts = Path(self._model).stat()
        except (
            OSError,
            ValueError,
        ):  # the name of a shipped model; or a file that is gone, which its reader will say
            return None
        return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _main(model: str) -> int:
    """Print the plan of a model as JSON, or on stderr what is wrong with it."""
    try:
        plan = plan_of(model)
    except ModelError as error:
        sys.stderr.buffer.write(str(error).encode())
        return 1
    reports = {cadence.value: names for cadence, names in plan.reports.items()}
    sys.stdout.buffer.write(json.dumps({**asdict(plan), "reports": reports}).encode())
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
