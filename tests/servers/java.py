"""Start mongo-java-server, which speaks MongoDB's wire protocol from memory, with our own launcher.

The jars are fetched once by Maven into the repository's ``.cache``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.tools import working

HERE: Final = Path(__file__).parent
JARS: Final = HERE.parent.parent / ".cache" / "mongo-java-server-1.47.0"
FETCH_SECONDS: Final = 300


class UnavailableError(Exception):
    """The server cannot be started here; says why."""


def jars() -> Path:
    """The folder of jars, fetched if it is not there.

    Raises:
        UnavailableError: If Maven is missing or cannot fetch them.
    """
    if JARS.is_dir():
        return JARS
    maven = working("mvn")
    if not maven:
        raise UnavailableError("there is no mvn on the PATH that works")
    JARS.parent.mkdir(exist_ok=True)
    fetched = Path(tempfile.mkdtemp(dir=JARS.parent))
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fetched}"]
    # Maven must not wait for an answer, nor must a slow mirror hold the tests for ever.
    done = subprocess.run(
        [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), *goal],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FETCH_SECONDS,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(fetched)
        raise UnavailableError(f"mvn cannot fetch mongo-java-server: {done.stdout[-400:]}")
    try:
        fetched.rename(JARS)
    except OSError:  # another process was faster
        shutil.rmtree(fetched)
    return JARS


@contextmanager
def java_server(replica_set: str = "", *, heap: str = "1g") -> Iterator[int]:
    """Run the server on a free port; it ends when the test run does, however that ends.

    Args:
        replica_set: The name it gives itself as a replica set of one; empty for a standalone.
        heap: How much memory it may take, as Java writes it.

    Yields:
        The port.

    Raises:
        UnavailableError: If there is no Java or no jar.
    """
    java = working("java")
    if not java:
        raise UnavailableError("there is no java on the PATH that works")
    command = [
        java,
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",  # others work beside the server, on processors that the audit has to share
        "-cp",
        f"{jars()}{os.sep}*",
        str(HERE / "WireServer.java"),
        *filter(None, [replica_set]),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line.startswith("listening "):
                raise UnavailableError(f"the launcher does not start (it says {line!r})")
            yield int(line.removeprefix("listening "))
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
