"""Logging in with a user name and a password, against a server that speaks SCRAM as the RFCs have it."""

from __future__ import annotations

import base64

import pytest

from tests.servers.reading import read, refusal
from tests.servers.scripted import Silence
from tests.uris.scram import Exchange, ScramServer

USERS = {"bob": "pencil", "me@corp": "p@ss:w/rd?#%41", "müller": "IX"}
DOCUMENTS = {"orders": [{"_id": 1, "id": "o"}]}
MECHANISMS = ("SCRAM-SHA-1", "SCRAM-SHA-256")


@pytest.mark.parametrize(
    ("exchange", "proof", "final"),
    [
        (  # RFC 5802, section 5
            Exchange(
                "sha1",
                b"pencil",
                base64.b64decode("QSXCR+Q6sek8bf92"),
                "n=user,r=fyko+d2lbbFgONRv9qkxdawL",
                "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
            ),
            "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ),
        (  # RFC 7677, section 3
            Exchange(
                "sha256",
                b"pencil",
                base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="),
                "n=user,r=rOprNGfwEbeRWgbNEkqO",
                "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            ),
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ),
    ],
)
def test_the_server_of_these_tests_speaks_scram_as_the_rfcs_do(
    exchange: Exchange, proof: str, final: str
) -> None:
    assert (exchange.proof, exchange.server_final) == (proof, final)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize(
    "credentials", ["bob:pencil", "me%40corp:p%40ss%3Aw%2Frd%3F%23%2541", "m%C3%BCller:IX"]
)
def test_the_right_password_is_taken(mechanism: str, credentials: str, *, named: bool) -> None:
    with ScramServer(DOCUMENTS, USERS, (mechanism,)) as server:
        options = {"authMechanism": mechanism} if named else {}
        found = read(server.uri(credentials=credentials, **options), {"orders": ["id"]})
        assert server.logged_in
    assert len(found.documents("orders")) == 1


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("credentials", ["bob:s3cret", "eve:s3cret", "BOB:pencil"])
def test_a_wrong_password_and_an_unknown_user_are_told_alike(mechanism: str, credentials: str) -> None:
    with ScramServer(DOCUMENTS, USERS, (mechanism,)) as server:
        error = refusal(server.uri(credentials=credentials), within=3)
    assert error.message == f"the MongoDB at {server.address} does not accept the user name or password"
    assert not [word for word in credentials.split(":") if word in str(error)]


def test_a_user_in_another_database_is_looked_for_where_the_uri_says() -> None:
    with ScramServer(DOCUMENTS, USERS) as server:
        read(server.uri(credentials="bob:pencil", authSource="people"), {"orders": ["id"]})
        assert {each.database for each in server.named("saslStart")} == {"people"}


def test_nobody_is_not_let_in() -> None:
    with ScramServer(DOCUMENTS, USERS) as server:
        error = refusal(server.uri(), within=3)
    assert error.message == f"the MongoDB at {server.address} wants a user and a password"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
def test_a_mechanism_that_the_server_does_not_offer(mechanism: str) -> None:
    with ScramServer(DOCUMENTS, USERS, ("SCRAM-SHA-1",)) as server:
        error = refusal(server.uri(credentials="bob:pencil", authMechanism=mechanism), within=3)
    assert error.message == f"the MongoDB at {server.address} does not take authMechanism={mechanism}"
    assert "pencil" not in str(error)


def test_a_server_that_says_nothing_to_a_login_is_given_up_in_time() -> None:
    with ScramServer(DOCUMENTS, USERS) as server:
        server.script("saslStart", Silence(), repeat=True)
        error = refusal(server.uri(credentials="bob:pencil", serverSelectionTimeoutMS=500), within=5)
    assert error.message == f"no MongoDB answers at {server.address}"
