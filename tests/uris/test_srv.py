"""``mongodb+srv``: the servers are those that DNS names, and what can be wrong with that has a sentence."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.servers.reading import read, refusal
from tests.servers.scripted import ScriptedServer
from tests.uris.dns_server import Records, asked, dns_server

NAME = "_mongodb._tcp.cluster.shop.example."
CLUSTER = "cluster.shop.example."
URI = "mongodb+srv://bob:s3cret@cluster.shop.example/shop?tls=false&serverSelectionTimeoutMS=1500"
OPEN = URI.replace("bob:s3cret@", "")


@pytest.fixture(autouse=True)
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every host of the example's domain be this machine."""
    usual = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        here = isinstance(host, str) and host.endswith(".shop.example")
        return usual("127.0.0.1" if here else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def said(records: Records, uri: str = URI, *, silent: bool = False) -> str:
    with dns_server(records, silent=silent) as port, asked(port):
        error = refusal(uri, within=4)
    assert "s3cret" not in str(error)
    return error.message


def test_the_servers_are_those_that_dns_names() -> None:
    with ScriptedServer({"orders": [{"_id": 1, "id": "o"}]}) as server:
        records = {
            (NAME, "SRV"): (f"0 5 {server.port} db1.shop.example.",),
            (CLUSTER, "TXT"): ('"authSource=people"',),
        }
        with dns_server(records) as port, asked(port):
            found = read(OPEN, {"orders": ["id"]})
    assert len(found.documents("orders")) == 1
    assert found.info.label == "mongodb+srv://cluster.shop.example/shop"


def test_srv_means_tls_unless_the_uri_says_otherwise() -> None:
    with ScriptedServer({"orders": []}) as server:
        records = {(NAME, "SRV"): (f"0 5 {server.port} db1.shop.example.",)}
        with dns_server(records) as port, asked(port):
            error = refusal(OPEN.replace("tls=false&", ""), within=4)
    assert "TLS" in error.hint
    assert server.commands == []


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ({}, "DNS knows no MongoDB by the name cluster.shop.example"),
        (
            {(NAME, "A"): ("127.0.0.1",)},
            "DNS knows no MongoDB by the name cluster.shop.example",
        ),
        (
            {(NAME, "SRV"): ("0 5 27017 db.elsewhere.example.",)},
            "DNS names servers for cluster.shop.example that lie in another domain",
        ),
        (
            {
                (NAME, "SRV"): ("0 5 27017 db1.shop.example.",),
                (CLUSTER, "TXT"): ('"authSource=a"', '"authSource=b"'),
            },
            "cluster.shop.example cannot be looked up as mongodb+srv:// wants it",
        ),
        (
            {
                (NAME, "SRV"): ("0 5 27017 db1.shop.example.",),
                (CLUSTER, "TXT"): ('"tlsInsecure=true"',),
            },
            "cluster.shop.example cannot be looked up as mongodb+srv:// wants it",
        ),
    ],
)
def test_what_dns_can_have_wrong(records: Records, message: str) -> None:
    assert said(records) == message


def test_a_dns_server_that_says_nothing() -> None:
    assert said({}, silent=True) == "DNS does not answer when it is asked for cluster.shop.example"


def test_an_address_is_no_name_for_dns() -> None:
    told = said({}, "mongodb+srv://bob:s3cret@10.0.0.1/shop")
    assert told == "10.0.0.1 cannot be looked up as mongodb+srv:// wants it"


def test_servers_that_dns_names_and_that_are_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        records = {(NAME, "SRV"): (f"0 5 {unused.getsockname()[1]} db1.shop.example.",)}
        assert said(records) == "no MongoDB answers at cluster.shop.example"


def test_a_host_that_does_not_resolve() -> None:
    error = refusal("mongodb://no-such-host.invalid/shop?serverSelectionTimeoutMS=500", within=4)
    assert error.message == "the host name in no-such-host.invalid:27017 cannot be found"
