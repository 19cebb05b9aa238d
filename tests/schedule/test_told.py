"""A daemon lets people know, over a real webhook: of its runs, of what waits, and of what kept it from making any."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.alerts.receivers import Webhook, webhook
from tests.cli.running import environment, run
from tests.sample_data import DEMO_AS_OF, write_dump

pytest.importorskip("apprise", reason="NOT RUN: alerts of the daemon: no apprise")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="NOT RUN: signals of POSIX")

Starter = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A receiver."""
    with webhook() as found:
        yield found


@pytest.fixture
def alerts(tmp_path: Path, hook: Webhook) -> Path:
    """An alerts file with one target, which is told of everything at once."""
    file = tmp_path / "alerts.yml"
    file.write_text(f"targets:\n  hook:\n    url: json://{hook.url}/\n    at-once: all\n")
    return file


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small business with faults."""
    folder = tmp_path_factory.mktemp("dump")
    write_dump(folder, orders=200, seed=7, faults=1, as_of=DEMO_AS_OF)
    return next(path for path in (folder, *folder.iterdir()) if any(path.glob("*.bson")))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Give a function that starts a daemon on a source, which looks every half a second for what waits to be sent."""
    daemons: list[subprocess.Popen[str]] = []

    def begin(source: Path, *words: str, **changes: str) -> subprocess.Popen[str]:
        program = (
            "import sys\nfrom intact.operations.schedule import daemon, messenger\n"
            "messenger.SEND_SECONDS, daemon.POLL_SECONDS = 0.5, 0.3\n"
            "from intact.cli.app import run\nrun()"
        )
        given = [
            "schedule",
            "run",
            str(source),
            "--history",
            str(tmp_path / "history.sqlite"),
            "--at-once",
            *words,
        ]
        with (tmp_path / "log").open("a") as log:
            daemon = subprocess.Popen(
                [sys.executable, "-c", program, *given],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                env=environment(**changes),
            )
        daemons.append(daemon)
        return daemon

    yield begin
    for daemon in daemons:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def texts(hook: Webhook) -> str:
    """Give all that came."""
    return "\n".join(f"{each['title']} {each['message']}" for each in hook.messages())


@pytest.mark.spread(1)
@pytest.mark.parametrize("how", ["option", "with", "environment"])
def test_the_runs_of_a_daemon_tell_of_what_they_find(
    dump: Path, alerts: Path, hook: Webhook, start: Starter, how: str
) -> None:
    words = {
        "option": ["--alerts", str(alerts)],
        "with": ["--with", f"--alerts {alerts}"],
        "environment": [],
    }[how]
    start(dump, *words, **({"INTACT_ALERTS": str(alerts)} if how == "environment" else {}))
    until(lambda: hook.got)
    assert "DOUBLE_BILLING" in texts(hook)


def test_what_could_not_be_sent_is_sent_between_runs(
    dump: Path, alerts: Path, hook: Webhook, start: Starter, tmp_path: Path
) -> None:
    hook.status = 503
    start(dump, "--alerts", str(alerts))
    log = tmp_path / "log"
    until(lambda: "exit 1" in log.read_text())
    assert hook.got == []
    hook.status = 200
    with closing(sqlite3.connect(tmp_path / "history.sqlite", timeout=30)) as database:
        database.execute("UPDATE alert_target SET next_try = 0")  # the pause after a failure is over
        database.commit()
    until(lambda: hook.got)
    assert "DOUBLE_BILLING" in texts(hook)
    until(lambda: "alerts: hook:" in log.read_text())
    time.sleep(1.5)
    assert len(hook.got) == 1


def test_of_an_audit_that_is_killed_the_daemon_tells(
    alerts: Path, hook: Webhook, start: Starter, tmp_path: Path
) -> None:
    pipe = tmp_path / "orders.bson"
    os.mkfifo(pipe)  # nobody writes into it, so it takes forever
    daemon = start(pipe, "--alerts", str(alerts))

    def audits() -> list[psutil.Process]:
        found = []
        for each in psutil.Process(daemon.pid).children():
            with contextlib.suppress(
                psutil.ZombieProcess
            ):  # one that has ended meanwhile has no words any more
                found += [each] * ("check" in each.cmdline())
        return found

    until(audits)
    time.sleep(1)
    audits()[0].kill()
    until(lambda: hook.got)
    assert "It was ended by SIGKILL, perhaps because memory ran out" in texts(hook)
    assert "whether anything is wrong is not known" in texts(hook).lower()


def test_of_an_install_that_is_not_whole_the_daemon_tells(
    dump: Path, alerts: Path, hook: Webhook, start: Starter, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nclass Half:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'intact.cli.app' and 'intact.cli.supervised' in sys.orig_argv:\n"
        "            raise ImportError('half upgraded')\nsys.meta_path.insert(0, Half())\n"
    )
    start(dump, "--alerts", str(alerts), PYTHONPATH=str(tmp_path))
    until(lambda: hook.got)
    assert "as if intact were not installed whole (ImportError: half upgraded)" in texts(hook)
    log = (tmp_path / "log").read_text()
    assert "failed, tried again at" in log
    assert "exit 1" not in log


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--alerts", "none.yml"], "none.yml: there is no such alerts file"),
        (["--alerts", "FILE", "--with", "--alerts FILE"], "an alerts file is named twice"),
    ],
)
def test_an_alerts_file_that_cannot_be_is_said_at_the_start(
    alerts: Path, words: list[str], said: str
) -> None:
    done = run("schedule", "run", "/nowhere", *(each.replace("FILE", str(alerts)) for each in words))
    assert done.returncode == 2
    assert said in done.stderr
