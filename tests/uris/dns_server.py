"""A DNS server of a few records, and the driver told to ask it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

Records = Mapping[tuple[str, str], tuple[str, ...]]


@contextlib.contextmanager
def dns_server(records: Records, *, silent: bool = False) -> Iterator[int]:
    """Answer from these records, by name and type (``("_mongodb._tcp.db.example.", "SRV")``).

    Args:
        records: The records, in the words of zone files. A name without any does not exist.
        silent: Whether to say nothing at all.

    Yields:
        The port.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.1)
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                try:
                    data, client = listening.recvfrom(4096)
                except TimeoutError:
                    continue
                if not silent:
                    listening.sendto(answer(data, records), client)

        thread = threading.Thread(target=serve, name="dns", daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stopped.set()
            thread.join()


def answer(data: bytes, records: Records) -> bytes:
    """Answer one question."""
    query = dns.message.from_wire(data)
    reply = dns.message.make_response(query)
    (question,) = query.question
    name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
    if texts := records.get((name, kind)):
        reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
    elif name not in {known for known, _ in records}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@contextlib.contextmanager
def asked(port: int) -> Iterator[None]:
    """Let dnspython ask this port of this machine, and nobody else."""
    before = dns.asyncresolver.default_resolver
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    monkey: Any = dns.asyncresolver  # its types say that it is never set
    monkey.default_resolver = resolver
    try:
        yield
    finally:
        dns.asyncresolver.default_resolver = before
