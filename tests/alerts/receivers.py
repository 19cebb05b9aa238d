"""Receivers of alerts, on this machine: a webhook that can fail, be slow and recover, and a mail server."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """An HTTP server that takes what is posted.

    Attributes:
        status: What it answers.
        delay: Seconds before it answers.
        got: Path and text of each request, as they came.
    """

    status: int = 200
    delay: float = 0.0
    got: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.port}"

    def messages(self, path: str | None = None) -> list[dict[str, Any]]:
        """What came in Apprise's own JSON form, and was answered with 200."""
        return [json.loads(text) for at, text in self.got if path in (None, at)]


@contextlib.contextmanager
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if (
                len(body) < length
            ):  # the sender was killed in the middle: no receiver takes that for a message
                return
            text = body.decode()
            status, delay = hook.status, hook.delay
            if status == 200:
                hook.got.append((self.path, text))
            time.sleep(delay)
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[int, list[EmailMessage]]]:
    """A mail server: its port, and the mails that came."""
    from aiosmtpd.controller import Controller

    mails: list[EmailMessage] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            mails.append(BytesParser(policy=default).parsebytes(envelope.content))
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, mails
    finally:
        controller.stop()
