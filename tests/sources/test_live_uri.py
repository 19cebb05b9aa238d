"""No part of a credential is ever shown, however the URI is written."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intact.core.errors import SourceError
from intact.sources.mongodb.live import LiveSource
from intact.sources.mongodb.uri import HIDDEN, read_uri, redact
from tests.servers.reading import refusal

HOST = "db.example:27018"
SHOWN = f"mongodb://{HOST}/shop"
# Whatever is wrong with a URI is said in one of these, into which nothing of the URI goes.
MISTAKES = (
    "it does not begin with mongodb:// or mongodb+srv://",
    "it holds an @ where none can be",
    "it names no host",
    "it names no host that can be read",
    "it names a port that is no number from 1 to 65535",
    "it holds a password and no user name",
    "its user name or password holds a : that is not escaped",
    "a % in its user name or password is not followed by two hexadecimal digits",
    "a mongodb+srv URI names one host without a port: DNS tells the servers and their ports",
    "its path is not the name of a database",
    "its path names a collection behind the database, and an audit is of a database",
)

secrets = st.text(min_size=1, max_size=30)


def label_or_mistake(uri: str) -> str:
    """What is shown of a URI, or what is said to be wrong with it."""
    try:
        return read_uri(uri).label()
    except SourceError as error:
        return error.message if error.where == "MongoDB URI" else f"at {error.where}"


def quote_all(text: str) -> str:
    """Escape as RFC 3986 has it: a space is %20, not +."""
    return quote(text, safe="")


@given(user=secrets, password=secrets, write=st.sampled_from([quote_plus, quote_all]))
@example(user="me@corp", password="p@ss:w/rd?#%41", write=quote_plus)
def test_a_uri_that_is_well_written_shows_its_hosts_and_database_only(
    user: str, password: str, write: Callable[[str], str]
) -> None:
    uri = f"mongodb://{write(user)}:{write(password)}@{HOST}/shop?authSource=admin"
    assert redact(uri) == SHOWN
    assert LiveSource.from_uri(uri).info.label == SHOWN


@given(user=secrets, password=secrets)
@example(user="bob", password="12/3@4")
@example(user="bob", password="12?3=4")
@example(user="bob", password="1/2")
@example(user="bob:pw@", password="x")
@example(user="bob", password="a@b?w=")
def test_a_uri_with_raw_credentials_shows_the_same_or_nothing(user: str, password: str) -> None:
    uri = f"mongodb://{user}:{password}@{HOST}/shop"
    assert redact(uri) in {SHOWN, f"mongodb://{HIDDEN}"}
    said = label_or_mistake(uri)
    assert said == SHOWN or said in MISTAKES


@given(st.text(max_size=80), st.sampled_from(["mongodb://", "mongodb+srv://", "mongodb:/", ""]))
def test_any_text_at_all_is_read_or_refused_in_one_sentence(text: str, scheme: str) -> None:
    assert redact(scheme + text)
    said = label_or_mistake(scheme + text)
    assert said in MISTAKES or "@" not in said


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("mongodb://localhost", "mongodb://localhost:27017"),
        ("mongodb://localhost/shop", "mongodb://localhost:27017/shop"),
        ("mongodb://a,b:27018/shop", "mongodb://a:27017,b:27018/shop"),
        ("mongodb://[::1],[fe80::1%25eth0]:1/shop", "mongodb://[::1]:27017,[fe80::1%25eth0]:1/shop"),
        ("mongodb://u:p@host?authSource=admin", "mongodb://host:27017"),
        ("mongodb+srv://u:p@cluster.example.net/shop", "mongodb+srv://cluster.example.net/shop"),
        ("mongodb://%2Ftmp%2Fmongodb-27017.sock/shop", "mongodb://%2Ftmp%2Fmongodb-27017.sock/shop"),
        ("mongodb://host/?proxyHost=h&proxyUsername=bob&proxyPassword=pw", "mongodb://host:27017"),
        ("mongodb://host/sh%20op", "mongodb://***"),
        ("mongodb://bob:secret", "mongodb://***"),
        ("mongodb://host/shop\n", "mongodb://***"),
        ("mongodb://", "mongodb://***"),
        ("https://bob:secret@host/", "***"),
    ],
)
def test_what_is_shown_of_a_uri(uri: str, label: str) -> None:
    assert redact(uri) == label


def test_the_database_may_be_given_beside_the_uri() -> None:
    source = LiveSource.from_uri("mongodb://u:p@host/admin", database="shop")
    assert source.info.label == "mongodb://host:27017/shop"
    assert source.info.database == "shop"


def test_a_uri_without_a_database_says_how_to_name_it() -> None:
    error = refusal("mongodb://u:p@host:27017/?tls=true")
    assert str(error) == (
        "mongodb://host:27017: the URI names no database. "
        "Write it behind the hosts, as in mongodb://localhost/shop, or say --database shop."
    )


def test_a_name_that_no_database_can_have_is_refused() -> None:
    assert refusal("mongodb://host", database="a/b").message == "'a/b' cannot be the name of a database"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("readPrefernce=primary", "the URI has an unknown option readprefernce"),
        ("serverSelectionTimeoutMS=s3cret", "the URI's option serverSelectionTimeoutMS is not a number"),
        (
            "authMechanismProperties=s3cret:x",
            "the URI's option authMechanismProperties has a wrong value, or does not go with the others",
        ),
        (
            "authMechanismProperties=SERVICE_NAME:s3cret,s3:cret",
            "the URI's option authMechanismProperties has a wrong value, or does not go with the others",
        ),
        ("tls=true&ssl=false", "the URI's options tls and ssl contradict each other"),
        ("s3cret", "the driver does not accept the URI"),
        (
            "tls=true&tlsCAFile=/no/such.pem",
            "the file /no/such.pem cannot be read (No such file or directory)",
        ),
    ],
)
def test_a_wrong_option_is_named_and_its_value_is_not_shown(options: str, message: str) -> None:
    error = refusal(f"mongodb://bob:s3cret@localhost/shop?{options}")
    assert error.message == message
    assert error.where == "mongodb://localhost:27017/shop"
    assert_hidden(error, "s3cret", "bob")


def test_a_compressor_that_is_not_installed_is_done_without() -> None:
    error = refusal("mongodb://localhost:1/shop?compressors=snappy,zlib&serverSelectionTimeoutMS=200")
    assert error.message == "no MongoDB answers at localhost:1"


@pytest.mark.parametrize("credentials", ["bob:s3cret:x", "bob:s3cret%zz", ":s3cret", "bob:s3cret%"])
def test_credentials_that_cannot_be_are_not_shown(credentials: str) -> None:
    error = refusal(f"mongodb://{credentials}@localhost/shop")
    assert error.message in MISTAKES
    assert_hidden(error, "s3cret", "bob")


def assert_hidden(error: BaseException, *secrets: str) -> None:
    """Neither the error nor its traceback, as Python would print it, holds a secret."""
    # Lines of source code are left out: the test itself writes the secrets.
    shown = str(error) + repr(error) + "".join(traceback.format_exception_only(error))
    chained = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert chained is None, "the driver's error, which quotes the URI, would be printed too"
    assert not [secret for secret in secrets if secret in shown]
