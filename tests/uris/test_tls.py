"""TLS as it is spoken, with certificates that are good, expired, of a strange authority, or for another name."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from tests.servers.reading import read, refusal
from tests.servers.scripted import Error, Reply, ScriptedServer
from tests.uris.tls import LONG_AGO, tls_front, write

LONG_OVER = datetime(2020, 6, 1, tzinfo=UTC)
OPTIONS = "serverSelectionTimeoutMS=1500"


@dataclass(frozen=True, slots=True)
class Authorities:
    """Two authorities, and the file with the first one's certificate."""

    ours: trustme.CA
    strange: trustme.CA
    folder: Path

    @property
    def trusted(self) -> Path:
        """The file that ``tlsCAFile`` names."""
        return self.folder / "authority.pem"

    def client(self, authority: trustme.CA, *, expired: bool = False) -> Path:
        """A file with a client's certificate and its key."""
        certificate = authority.issue_cert(
            "bob@example",
            common_name="bob",
            not_before=LONG_AGO if expired else None,
            not_after=LONG_OVER if expired else None,
        )
        return write(self.folder / "client.pem", certificate)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    made = Authorities(trustme.CA(), trustme.CA(), tmp_path_factory.mktemp("certificates"))
    made.ours.cert_pem.write_to_path(made.trusted)
    made.strange.cert_pem.write_to_path(made.folder / "strange.pem")
    return made


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer({"orders": [{"_id": 1, "id": "o"}]}) as running:
        yield running


def uri(port: int, *options: str) -> str:
    return f"mongodb://bob:s3cret@127.0.0.1:{port}/shop?{'&'.join([OPTIONS, *options])}"


def anonymous(port: int, *options: str) -> str:
    return f"mongodb://127.0.0.1:{port}/shop?{'&'.join([OPTIONS, *options])}"


def said(text: str) -> str:
    error = refusal(text, within=4)
    assert "s3cret" not in str(error)
    return error.message.replace(error.where.removeprefix("mongodb://").removesuffix("/shop"), "HOST")


def test_a_certificate_of_an_authority_that_the_uri_names_is_good(
    server: ScriptedServer, authorities: Authorities
) -> None:
    with tls_front(server.port, authorities.ours.issue_cert("127.0.0.1")) as front:
        found = read(
            anonymous(front.port, "tls=true", f"tlsCAFile={authorities.trusted}"), {"orders": ["id"]}
        )
    assert len(found.documents("orders")) == 1


def test_an_authority_that_nobody_named_is_not_trusted(
    server: ScriptedServer, authorities: Authorities
) -> None:
    with tls_front(server.port, authorities.ours.issue_cert("127.0.0.1")) as front:
        for options in ("tls=true", f"tlsCAFile={authorities.folder / 'strange.pem'}"):
            assert said(uri(front.port, options)) == "the certificate of HOST cannot be verified"


def test_an_expired_certificate(server: ScriptedServer, authorities: Authorities) -> None:
    expired = authorities.ours.issue_cert("127.0.0.1", not_before=LONG_AGO, not_after=LONG_OVER)
    with tls_front(server.port, expired) as front:
        assert (
            said(uri(front.port, f"tlsCAFile={authorities.trusted}")) == "the certificate of HOST has expired"
        )


def test_a_certificate_that_is_not_valid_yet(server: ScriptedServer, authorities: Authorities) -> None:
    begins, ends = datetime(2090, 1, 1, tzinfo=UTC), datetime(2091, 1, 1, tzinfo=UTC)
    early = authorities.ours.issue_cert("127.0.0.1", not_before=begins, not_after=ends)
    with tls_front(server.port, early) as front:
        told = said(uri(front.port, f"tlsCAFile={authorities.trusted}"))
        assert told == "the certificate of HOST is not valid yet"


def test_a_certificate_for_another_host(server: ScriptedServer, authorities: Authorities) -> None:
    with tls_front(server.port, authorities.ours.issue_cert("db.example")) as front:
        told = said(uri(front.port, f"tlsCAFile={authorities.trusted}"))
        assert told == "the certificate of HOST was made out for another name"


def test_a_port_that_speaks_tls_only(server: ScriptedServer, authorities: Authorities) -> None:
    with tls_front(server.port, authorities.ours.issue_cert("127.0.0.1")) as front:
        error = refusal(anonymous(front.port), within=4)
        assert "closes the connection" in error.message
        assert "wants TLS (tls=true in the URI)" in error.hint


def test_a_port_that_does_not_speak_tls() -> None:
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        assert said(uri(web.server_address[1], "tls=true")) == "what answers at HOST does not speak TLS"
    finally:
        web.shutdown()
        web.server_close()
        thread.join()


def test_a_client_without_a_certificate_where_one_is_wanted(
    server: ScriptedServer, authorities: Authorities
) -> None:
    certificate = authorities.ours.issue_cert("127.0.0.1")
    with tls_front(server.port, certificate, clients=authorities.ours) as front:
        error = refusal(anonymous(front.port, f"tlsCAFile={authorities.trusted}"), within=4)
        assert "tlsCertificateKeyFile=… in the URI names the file" in error.hint


@pytest.mark.parametrize("expired", [False, True])
def test_a_client_whose_certificate_is_not_accepted(
    server: ScriptedServer, authorities: Authorities, *, expired: bool
) -> None:
    key = authorities.client(authorities.ours if expired else authorities.strange, expired=expired)
    certificate = authorities.ours.issue_cert("127.0.0.1")
    with tls_front(server.port, certificate, clients=authorities.ours) as front:
        options = (f"tlsCAFile={authorities.trusted}", f"tlsCertificateKeyFile={key}")
        assert "client's certificate" in refusal(anonymous(front.port, *options), within=4).hint


def test_a_client_logs_in_with_its_certificate(server: ScriptedServer, authorities: Authorities) -> None:
    server.script("authenticate", Reply({}), repeat=True)
    key = authorities.client(authorities.ours)
    certificate = authorities.ours.issue_cert("127.0.0.1")
    with tls_front(server.port, certificate, clients=authorities.ours) as front:
        options = (f"tlsCAFile={authorities.trusted}", f"tlsCertificateKeyFile={key}")
        found = read(anonymous(front.port, *options, "authMechanism=MONGODB-X509"), {"orders": ["id"]})
    assert len(found.documents("orders")) == 1
    assert all(subject.endswith("commonName=bob") for subject in front.subjects)
    login = server.named("authenticate")[0]
    assert (login.database, login.body["mechanism"]) == ("$external", "MONGODB-X509")


def test_a_certificate_that_belongs_to_no_user(server: ScriptedServer, authorities: Authorities) -> None:
    server.script(
        "authenticate", Error(18, "Authentication failed for CN=bob", "AuthenticationFailed"), repeat=True
    )
    key = authorities.client(authorities.ours)
    certificate = authorities.ours.issue_cert("127.0.0.1")
    with tls_front(server.port, certificate, clients=authorities.ours) as front:
        options = (f"tlsCAFile={authorities.trusted}", f"tlsCertificateKeyFile={key}")
        told = said(anonymous(front.port, *options, "authMechanism=MONGODB-X509"))
    assert told == "the MongoDB at HOST knows no user by the client's certificate"
