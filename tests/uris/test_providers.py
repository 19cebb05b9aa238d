"""Ways to log in for which somebody else is asked: what fails there is not put down to the server or its port."""

from __future__ import annotations

from urllib.error import HTTPError

import pytest
from pymongo.errors import AutoReconnect, ConfigurationError, OperationFailure

from intact.sources.mongodb.errors import not_connected
from intact.sources.mongodb.uri import Address
from tests.servers.reading import refusal
from tests.servers.scripted import ScriptedServer

PROVIDERS = ("GSSAPI", "MONGODB-AWS", "MONGODB-OIDC")


def said(error: BaseException, mechanism: str) -> str:
    address = Address(
        "mongodb://", ("db:27017",), "shop", options={"authmechanism": mechanism}, secrets=frozenset()
    )
    return str(not_connected(error, address, "db"))


@pytest.mark.parametrize("mechanism", PROVIDERS)
@pytest.mark.parametrize(
    "error",
    [
        ValueError("Failed to acquire IMDS access token: HTTP 403"),
        HTTPError("http://169.254.169.254/", 403, "Forbidden", {}, None),  # type: ignore[arg-type]  # no headers
        FileNotFoundError(2, "No such file or directory"),
        PermissionError(13, "Permission denied"),
        KeyError("access_token"),
        OperationFailure("Unable to retrieve credentials (pymongo-auth-aws version 1.3)"),
    ],
)
def test_a_refusal_by_who_gives_credentials_is_not_put_down_to_the_port(
    error: BaseException, mechanism: str
) -> None:
    found = said(error, mechanism)
    assert f"no credentials could be had for authMechanism={mechanism}" in found
    assert "port" not in found
    assert "protocol" not in found
    assert "403" not in found


@pytest.mark.parametrize("mechanism", PROVIDERS)
def test_an_identity_that_the_server_does_not_accept_has_no_password_to_check(mechanism: str) -> None:
    found = said(OperationFailure("Authentication failed.", 18, {"ok": 0, "code": 18}), mechanism)
    assert f"does not accept the identity that authMechanism={mechanism} gave" in found
    assert "password" not in found


@pytest.mark.parametrize("mechanism", PROVIDERS)
def test_what_fails_on_the_way_to_the_server_is_still_said_so(mechanism: str) -> None:
    refused = AutoReconnect("db:27017: [Errno 111] Connection refused")
    assert "no MongoDB answers at db:27017" in said(refused, mechanism)
    assert "the options of the URI" in said(
        ConfigurationError("pymongo-auth-aws is not installed"), mechanism
    )


def test_a_token_that_is_not_there_is_told_as_it_happens() -> None:
    with ScriptedServer({"orders": []}) as server:
        error = refusal(
            server.uri(authMechanism="MONGODB-OIDC", authMechanismProperties="ENVIRONMENT:k8s"), within=5
        )
    assert "no credentials could be had for authMechanism=MONGODB-OIDC" in error.message
