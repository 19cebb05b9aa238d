"""As a user runs it: exit codes, stdout and stderr apart, pipes, terminals, interruptions."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import AS_OF
from tests.cli.running import PROGRAM, environment, names, run, start

ESCAPE = "\x1b"


def test_exit_codes_of_a_process(clean_dump: Path, faulty_dump: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("check", clean_dump, "--as-of", AS_OF).returncode == 0
    assert run("check", faulty_dump, "--as-of", AS_OF).returncode == 1
    assert run("check", tmp_path / "empty").returncode == 2
    assert run("chekc").returncode == 2


def test_what_is_piped_is_plain(faulty_dump: Path) -> None:
    done = run("check", faulty_dump, "--as-of", AS_OF)
    assert done.stderr == ""
    assert ESCAPE not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_errors_go_to_stderr_and_nothing_else_does(tmp_path: Path) -> None:
    done = run("check", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("intact: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_output_of_a_process_goes_into_a_program(faulty_dump: Path) -> None:
    done = run("check", faulty_dump, "--as-of", AS_OF, "--format", "json")
    assert json.loads(done.stdout)["exit_code"] == done.returncode == 1


@pytest.mark.spread(1)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_stdout_will_do(faulty_dump: Path, encoding: str) -> None:
    done = run("check", faulty_dump, "--as-of", AS_OF, PYTHONIOENCODING=encoding)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.spread(1)
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_reader_that_goes_away_changes_no_exit_code(clean_dump: Path, faulty_dump: Path, form: str) -> None:
    for dump, code in ((clean_dump, 0), (faulty_dump, 1)):
        with start("check", dump, "--as-of", AS_OF, "--format", form) as running:
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdout.close()
            stderr = running.stderr.read()
        assert (running.returncode, stderr) == (code, "")


def test_help_into_a_closed_pipe_is_no_failure() -> None:
    with start("--help") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        stderr = running.stderr.read()
    assert (running.returncode, stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NOT RUN: there is no /dev/full")
def test_a_full_disk_behind_stdout_is_said(clean_dump: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*PROGRAM, "check", str(clean_dump)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            check=False,
        )
    assert done.returncode == 2
    assert "standard output: the report cannot be written (no space left on device)" in done.stderr
    assert "Traceback" not in done.stderr


def on_terminal(*arguments: str, **changes: str) -> tuple[int, str]:
    """Run on a terminal of its own; give the exit code and all that it drew."""
    main, other = pty.openpty()
    command = [*PROGRAM, *arguments]
    env = environment(TERM="xterm-256color", COLUMNS="80", LINES="40", **changes)
    with subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=env) as running:
        os.close(other)
        drawn = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:  # the terminal is gone
                break
            if not piece:
                break
            drawn += piece
    os.close(main)
    return running.returncode, drawn.decode()


def test_on_a_terminal_there_is_colour_and_a_bar(clean_dump: Path) -> None:
    code, drawn = on_terminal("check", str(clean_dump), "--as-of", AS_OF)
    assert code == 0
    assert f"{ESCAPE}[" in drawn
    assert "checking" in drawn or "reading" in drawn or "starting" in drawn
    assert "CLEAN" in drawn


def test_quiet_draws_no_bar(clean_dump: Path) -> None:
    _, drawn = on_terminal("check", str(clean_dump), "--as-of", AS_OF, "--quiet", NO_COLOR="1")
    assert ESCAPE not in drawn
    assert drawn.startswith("DATA CONSISTENCY REPORT")


@pytest.fixture(scope="session")
def large_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dump that takes seconds, on any machine: the same few orders, many times over."""
    place = tmp_path_factory.mktemp("large") / "shop"
    place.mkdir()
    order = b"\x10n\x00\x07\x00\x00\x00\x02id\x00\x04\x00\x00\x00o-1\x00"
    document = (len(order) + 5).to_bytes(4, "little") + order + b"\x00"
    with (place / "orders.bson").open("wb") as file:
        for _ in range(60):
            file.write(document * 50_000)
    return place


@pytest.mark.covering
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("output", ["report.json", "."])
def test_an_interruption_in_the_middle_leaves_no_file(
    large_dump: Path, tmp_path: Path, number: signal.Signals, output: str
) -> None:
    with start("check", large_dump, "-m", "delivery", "--output", output, cwd=tmp_path) as running:
        _wait_until_reading(running, large_dump / "orders.bson")
        began = time.monotonic()
        running.send_signal(number)
        stdout, stderr = running.communicate(timeout=60)
    assert running.returncode == 130, stderr
    assert stdout == ""
    assert "intact: interrupted; no report was left half-written." in stderr
    assert "Traceback" not in stderr
    assert names(tmp_path) == []
    assert time.monotonic() - began < 20


def _wait_until_reading(running: subprocess.Popen[str], file: Path) -> None:
    """Wait until the process has the file open: then it is in the middle."""
    descriptors = Path(f"/proc/{running.pid}/fd")
    if not descriptors.exists():
        select.select([], [], [], 2)
        return
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        for each in descriptors.iterdir():
            try:
                if each.readlink() == file:
                    return
            except OSError:
                continue
        time.sleep(0.01)
    pytest.fail(f"the file was never read; the process ended with {running.poll()}")


def test_an_interruption_at_the_very_beginning_shows_no_traceback() -> None:
    program = (
        "import sys, signal, threading, os\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # whoever started the tests may ignore it
        "class Loader:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Loader())\n"
        "from intact.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment()
    )
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.spread(1)
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_not_written_to(faulty_dump: Path, closed: str) -> None:
    shell = ["sh", "-c", f'"$@" {closed}', "sh", *PROGRAM, "check", str(faulty_dump), "--as-of", AS_OF]
    done = subprocess.run(shell, capture_output=True, text=True, env=environment(), timeout=120, check=False)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize("arguments", [["explain"], ["--help"], ["check", "no-such-file"]])
def test_a_full_disk_under_a_stream_is_a_failure(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": full} if "check" in arguments else {"stdout": full}
        done = subprocess.run([*PROGRAM, *arguments], **streams, env=environment(), timeout=120, check=False)
    assert done.returncode == 2
