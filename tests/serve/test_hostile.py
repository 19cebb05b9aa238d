"""No way of asking leads out of the folder, or to what intact has not written into it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvicorn
from uvicorn.server import ServerState

from intact.operations.serve import connections
from tests.serve.conftest import NAME, SECRET
from tests.serve.running import Served

UP = [
    "/../secret.txt",
    "/../../../../../../etc/passwd",
    "/./../secret.txt",
    "/..",
    "/.",
    "//etc/passwd",
    "///etc/passwd",
    "/etc/passwd",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%2fsecret.txt",
    "/..%2Fsecret.txt",
    "/%252e%252e%252fsecret.txt",
    "/..%252f..%252fsecret.txt",
    "/%c0%ae%c0%ae%c0%afsecret.txt",
    "/%c0%af..%c0%afsecret.txt",
    "/%e0%80%ae%e0%80%ae/secret.txt",
    "/%uff0e%uff0e/secret.txt",
    "/%ef%bc%8e%ef%bc%8e/secret.txt",
    "/..;/secret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/%5c..%5csecret.txt",
    "/C:/Windows/win.ini",
    "/C:%5cWindows%5cwin.ini",
    "/file:///etc/passwd",
    "/%2f%2fserver%2fshare",
    "/%5c%5cserver%5cshare%5csecret.txt",
    "/CON",
    "/NUL",
    "/secret.txt",
    "/.lock",
    "/.",
    "/%00",
    "/index.html%00.txt",
    "/secret.txt%00.html",
    "/latest/../../secret.txt",
    "/latest/%2e%2e%2f%2e%2e%2fsecret.txt",
    "/latest/run.json",
    "/latest/notes.txt",
]
WITHIN = [
    "/run.json",
    "/notes.txt",
    "/link.html",
    "/documents",
    "/documents/",
    "/documents/up/secret.txt",
    "/documents/../run.json",
    "/documents/..%2f..%2f..%2fsecret.txt",
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/../2026-01-05T060000Z/../../secret.txt",
    "/./report.html",
    "/REPORT.HTML",
    "/report.html/",
    "/report.html/..",
    "/report.html%00",
    "/report.html%00.json",
    "/report.html::$DATA",
    "/report.html.",
    "/report.html%20",
    "/report.html;a=b",
    "//report.html",
    "/%2freport.html",
    "/~",
    "",
    "/",
    "/" + "a" * 5000,
    "/" + "../" * 500 + "etc/passwd",
]
LINKED = [
    "/2026-01-09T060000Z/report.html",  # a run that is a link
    "/2026-01-05T060000Z/report.json",  # a file that was replaced by a link
    "/2026-01-05T060000Z/documents/BILLING_REPORT_2026_02.md",  # behind a folder that was
    "/2026-01-05T060000Z/elsewhere/BILLING_REPORT_2026_02.md",
    "/2099-01-01T000000Z/report.html",
]


@pytest.mark.parametrize("target", [*UP, *(f"/{NAME}{each}" for each in WITHIN), *LINKED])
def test_nothing_but_what_a_run_has_written_can_be_had(served: Served, target: str) -> None:
    answer = served.ask(target)
    assert answer.status in {400, 404}
    assert SECRET.encode() not in answer.body
    assert b"root:" not in answer.body
    assert b"Traceback" not in answer.body


@pytest.mark.parametrize(
    "line",
    [
        b"GET http://127.0.0.1/../secret.txt HTTP/1.1",
        b"GET file:///etc/passwd HTTP/1.1",
        b"GET ../secret.txt HTTP/1.1",
        b"GET C:\\secret.txt HTTP/1.1",
        b"GET /\xff\xfe HTTP/1.1",
        b"GET /%ff%fe%fd HTTP/1.1",
        b"GET /%zz HTTP/1.1",
        b"GET /%d8%00 HTTP/1.1",
        b"GET  HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"CONNECT etc:80 HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_request_that_is_none_is_refused_and_the_server_goes_on(served: Served, line: bytes) -> None:
    answer = served.send(line + b"\r\nHost: " + served.host.encode() + b"\r\nConnection: close\r\n\r\n")
    assert answer.status in {400, 404, 405}
    assert SECRET.encode() not in answer.body
    assert served.ask("/healthz").status == 200


def test_a_header_without_end_does_not_fill_the_memory(served: Served) -> None:
    with contextlib.suppress(ConnectionError):  # it may hang up before all was sent
        assert served.send(b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000_000 + b"\r\n\r\n").status in {400, 431}
    assert psutil.Process(served.process.pid).memory_info().rss < 300 << 20
    assert served.ask("/healthz").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "MOVE"])
@pytest.mark.parametrize("target", ["/", "/metrics", "/healthz", "/latest", f"/{NAME}/report.html"])
def test_it_can_only_be_read_from(served: Served, folder: Path, method: str, target: str) -> None:
    answer = served.ask(target, method)
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert (folder / NAME / "report.html").is_file()


def test_a_folder_that_is_swapped_for_a_link_shows_nothing(served: Served, folder: Path) -> None:
    run, aside = folder / NAME, folder.parent / "aside"
    assert served.ask(f"/{NAME}/report.html").status == 200
    run.rename(aside)
    run.symlink_to(aside)
    try:
        assert served.ask(f"/{NAME}/report.html").status == 404
    finally:
        run.unlink()
        aside.rename(run)


BEGUN = [b"", b"G", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "]


@pytest.mark.parametrize("begun", BEGUN, ids=["nothing", "a letter", "half a request"])
@pytest.mark.parametrize("count", [64, 300])
def test_connections_that_ask_for_nothing_keep_nobody_out(served: Served, begun: bytes, count: int) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(served.address, timeout=30))
            with contextlib.suppress(OSError):  # it may have been closed already, in favour of a later one
                connection.sendall(begun)
        for target in ("/healthz", "/"):
            assert served.ask(target).status == 200


def test_clients_that_never_read_their_answers_keep_nobody_out(served: Served) -> None:
    request = f"GET / HTTP/1.1\r\nHost: {served.host}\r\n\r\n".encode() * 200
    with contextlib.ExitStack() as stack:
        for _ in range(80):
            connection = stack.enter_context(socket.create_connection(served.address, timeout=30))
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.send(request)
        assert served.ask("/healthz").status == 200


def test_a_request_that_does_not_come_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)

    async def ask(first: bytes) -> bytes:
        async def app(_: object, __: object, send: Any) -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        config, state = uvicorn.Config(app, lifespan="off", log_level="error"), ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: connections.Connection(config, state, {}), "127.0.0.1", 0)
        async with server:
            reading, writing = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            writing.write(first)
            try:
                return await asyncio.wait_for(reading.read(), 20)
            except ConnectionError:
                return b"reset"
            finally:
                writing.transport.abort()

    whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert asyncio.run(ask(b"GET")) in {b"", b"reset"}
    assert asyncio.run(ask(whole + b"GET")).startswith(b"HTTP/1.1 204") or asyncio.run(ask(whole)) == b"reset"
