"""No part of a credential is in anything that is printed, logged or reported, however the URI is written."""

from __future__ import annotations

import logging
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.cli.running import invoke
from tests.support.effort import share
from tests.uris.scram import ScramServer

LETTERS = string.ascii_letters + string.digits
AWKWARD = "@:/?#%&=;,+ \\\"'[]$.é"
PLACES = (
    "mongodb://bob:{}@HOST/shop",
    "mongodb://{}:pencil@HOST/shop",
    "mongodb://{}@HOST/shop",
    "mongodb://bob:x@{}@HOST/shop",
    "mongodb://bob@corp:{}@HOST/shop",
    "mongodb://bob:{}@HOST,HOST/shop",
    "mongodb://bob:{}@HOST",
    "mongodb://bob:{}@HOST:99999/shop",
    "mongodb://bob:{}@/shop",
    "mongodb://bob:{}@HOST/sh op",
    "mongodb://bob:{}@HOST/shop?tls=perhaps",
    "mongodb://bob:{}@HOST/shop?readPrefernce=primary",
    "mongodb://bob:{}@HOST/shop?authMechanism=MONGODB-X509",
    "mongodb://HOST/shop?tlsCertificateKeyFilePassword={}&tlsCertificateKeyFile=/no/such.pem",
    "mongodb://HOST/shop?tlsCertificateKeyFilePassword={}",
    "mongodb://bob:x@HOST/shop?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:{}",
    "mongodb://bob:x@HOST/shop?authMechanismProperties={}:x",
    "mongodb://HOST/shop?proxyPassword={}&proxyHost=h",
    "mongodb+srv://bob:{}@no-such-cluster.invalid/shop",
    "mongodb+srv://bob:{}@HOST/shop",
    "mongodb:/bob:{}@HOST/shop",
    "bob:{}@HOST/shop",
)


@st.composite
def secrets(draw: st.DrawFn) -> tuple[str, str]:
    """A secret, with characters around it that a URI must not hold raw; and the part by which it is known again."""
    core = "zq" + draw(st.text(LETTERS, min_size=6, max_size=10))
    around = st.text(AWKWARD, max_size=2)
    return draw(around) + core + draw(around), core


@pytest.fixture(scope="module")
def server() -> Iterator[ScramServer]:
    with ScramServer({"orders": [{"_id": 1, "id": "o"}]}, {"bob": "pencil"}) as running:
        yield running


@contextmanager
def all_that_is_logged() -> Iterator[list[str]]:
    """Everything that anybody logs meanwhile, the driver's own messages too."""
    said: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage() + str(record.exc_info) + str(record.args))

    root, keeper = logging.getLogger(), Keeper()
    before = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(keeper)
        root.setLevel(before)


def printed(*arguments: str, **environment: str) -> str:
    """All that a command prints and logs; it has to fail with a sentence, for there is nothing to be read."""
    with all_that_is_logged() as said:
        result = invoke(*arguments, **environment)
    assert result.exit_code == 2, result.output
    assert "fault in intact itself" not in result.output
    return "\n".join([result.stdout, result.stderr, *said])


def written(place: str, secret: str, server: ScramServer) -> str:
    uri = place.replace("HOST", server.address).replace("{}", secret)
    return f"{uri}{'&' if '?' in uri else '?'}serverSelectionTimeoutMS=100&connectTimeoutMS=100"


@settings(max_examples=share(60))
@given(
    secret=secrets(),
    place=st.sampled_from(PLACES),
    write=st.sampled_from([quote_plus, quote, str]),
    command=st.sampled_from([("doctor",), ("doctor", "--format", "json"), ("check", "--quiet")]),
    from_environment=st.booleans(),
)
@example(
    secret=("a&zqabcdef=1", "zqabcdef"),
    place="mongodb://HOST/shop?tlsCertificateKeyFilePassword={}",
    write=str,
    command=("doctor",),
    from_environment=True,
)
def test_no_secret_is_printed_or_logged(
    server: ScramServer,
    secret: tuple[str, str],
    place: str,
    write: object,
    command: tuple[str, ...],
    *,
    from_environment: bool,
) -> None:
    text, core = secret
    assert callable(write)
    uri = written(place, write(text), server)
    output = printed(*command, MONGODB_URI=uri) if from_environment else printed(*command, uri)
    assert core.lower() not in output.lower()


def test_a_secret_is_in_no_report_of_a_run_that_went_well(server: ScramServer, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    with all_that_is_logged() as said:
        uri = server.uri(credentials="bob:pencil", appName="x")
        result = invoke("check", uri, "--model", "delivery", "--output", str(file), "--format", "json")
        other = invoke("doctor", uri, "--model", "delivery", "--format", "json")
    assert result.exit_code in {0, 1, 3}, result.output
    output = "\n".join([result.output, other.output, file.read_text(), *said])
    assert "orders" in output
    assert not [word for word in ("pencil", "bob") if word in output]
