"""Services and timers of systemd."""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from intact.ledger.identity import VARIABLE
from intact.model.specs import Cadence
from intact.operations.schedule.forms.order import Order, ScheduledRun, about

ENVIRONMENT: Final = "/etc/intact/environment"
"""File from which the services take the URI; only root has to be able to read it."""

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PLAIN: Final = re.compile(r"[\w@+=:,./-]+", re.ASCII)


def files(order: Order) -> Mapping[str, str]:
    """Write a service and a timer for each run."""
    found = {}
    for run in order.runs:
        name = f"{order.name}-{run.cadence.value}"
        found[f"{name}.service"] = _service(order, run)
        found[f"{name}.timer"] = _timer(order, run)
    return found


def calendar(run: ScheduledRun) -> str:
    """Return when a run is due as systemd writes it."""
    times = run.times
    day = f"{times.day:02d}" if run.cadence is Cadence.MONTHLY else "*"
    weekday = f"{_DAYS[times.weekday]} " if run.cadence is Cadence.WEEKLY else ""
    return f"{weekday}*-*-{day} {times.at:%H:%M}:00 {times.zone.key}"


def _service(order: Order, run: ScheduledRun) -> str:
    command = " ".join(_quoted(each) for each in [*order.program, *order.arguments(run)])
    server = ""
    if order.server:
        server = (
            f"# {VARIABLE}=mongodb://... stands in this file, which only root needs to read (chmod 600).\n"
            f"EnvironmentFile={ENVIRONMENT}\n"
        )
    return f"""\
# Goes into /etc/systemd/system. The unit fails with findings too: exit 1; 3: something could not be checked.
[Unit]
Description=intact, {about(run)}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
{server}{_written(order)}StateDirectory=intact
StateDirectoryMode=0700
WorkingDirectory=%S/intact
ProtectSystem=strict
ProtectHome=read-only
NoNewPrivileges=yes
Nice=10
"""


def _written(order: Order) -> str:
    """Return the lines about what the service may write, and as whom."""
    history = "" if order.history else "Environment=INTACT_HISTORY=%S/intact/history.sqlite\n"
    read = [order.source, order.model, order.config]
    if not order.writes and not any(each and Path(each).is_relative_to(Path.home()) for each in read):
        about = "# Files can be written into /var/lib/intact; for other places add ReadWritePaths=.\n"
        return f"{history}{about}DynamicUser=yes\n"
    places = "".join(f"ReadWritePaths=-{_escaped(each)}\n" for each in order.writes)
    return f"{history}# Who may read and write there.\nUser={getpass.getuser()}\n{places}"


def _escaped(path: str) -> str:
    """Write a path for systemd, which splits at spaces and expands %."""
    return re.sub(r"[\s\\\"']", lambda found: f"\\x{ord(found[0]):02x}", path.replace("%", "%%"))


def _timer(order: Order, run: ScheduledRun) -> str:
    return f"""\
# Goes into /etc/systemd/system; then `systemctl enable --now {order.name}-{run.cadence.value}.timer`.
[Unit]
Description=When intact is due, {about(run)}

[Timer]
OnCalendar={calendar(run)}
Persistent=yes

[Install]
WantedBy=timers.target
"""


def _quoted(word: str) -> str:
    """Write a word of a command for systemd, which expands % and $ within quotes too."""
    escaped = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(escaped):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'
