"""Every way in which a URI can be wrong is one sentence, which names what is wrong and shows no credential."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import trustme
from pymongo import AsyncMongoClient
from pymongo.common import URI_OPTIONS_VALIDATOR_MAP
from pymongo.errors import PyMongoError

from intact.core.errors import SourceError
from intact.sources.mongodb.live import LiveSource
from tests.servers.reading import refusal
from tests.uris.tls import write

S3CRET = "s3cret"


def mistake(uri: str) -> str:
    """What is said to be wrong with a URI, before anything is sent."""
    error = refusal(uri, within=2)
    assert isinstance(error, SourceError)
    assert "\n" not in str(error)
    assert S3CRET not in str(error)
    return error.message


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("mongodb:localhost/shop", "it does not begin with mongodb:// or mongodb+srv://"),
        ("mongodb:/localhost/shop", "it does not begin with mongodb:// or mongodb+srv://"),
        ("mongo://localhost/shop", "it does not begin with mongodb:// or mongodb+srv://"),
        ("https://bob:s3cret@localhost/shop", "it does not begin with mongodb:// or mongodb+srv://"),
        ("mongodb:///shop", "it names no host"),
        ("mongodb://bob:s3cret@/shop", "it names no host"),
        ("mongodb:///tmp/mongodb-27017.sock/shop", "it names no host"),
        ("mongodb://:27017/shop", "it names no host that can be read"),
        ("mongodb://one host/shop", "it names no host that can be read"),
        ("mongodb://a,,b/shop", "it names no host that can be read"),
        ("mongodb://a,/shop", "it names no host that can be read"),
        ("mongodb://[::1/shop", "it names no host that can be read"),
        ("mongodb://::1/shop", "it names no host that can be read"),
        ("mongodb://bob:s3cret", "it names no host that can be read"),
        ("mongodb://localhost:abc/shop", "it names no host that can be read"),
        ("mongodb://localhost:/shop", "it names no host that can be read"),
        ("mongodb://localhost:123456/shop", "it names no host that can be read"),
        ("mongodb://localhost:0/shop", "it names a port that is no number from 1 to 65535"),
        ("mongodb://localhost:65536/shop", "it names a port that is no number from 1 to 65535"),
        ("mongodb://[::1]:99999/shop", "it names a port that is no number from 1 to 65535"),
        ("mongodb://localhost/sh op", "its path is not the name of a database"),
        ("mongodb://localhost/sh$op", "its path is not the name of a database"),
        *(
            (
                f"mongodb://localhost/{path}",
                "its path names a collection behind the database, and an audit is of a database",
            )
            for path in ("shop.orders", "shop%2Eorders", "shop.orders.items", "shop.orders?tls=true")
        ),
        ("mongodb://localhost/shop.", "its path is not the name of a database"),
        ("mongodb://localhost/.orders", "its path is not the name of a database"),
        ("mongodb://localhost/shop/orders", "its path is not the name of a database"),
        ("mongodb://localhost", "the URI names no database"),
        ("mongodb://localhost/?tls=true", "the URI names no database"),
        ("mongodb://bob:s3cret:x@localhost/shop", "its user name or password holds a : that is not escaped"),
        ("mongodb://bob:s3cret@x@localhost/shop", "it holds an @ where none can be"),
        (
            "mongodb://bob:s3cret%zz@localhost/shop",
            "a % in its user name or password is not followed by two hexadecimal digits",
        ),
        (
            "mongodb://bob%:s3cret@localhost/shop",
            "a % in its user name or password is not followed by two hexadecimal digits",
        ),
        ("mongodb://:s3cret@localhost/shop", "it holds a password and no user name"),
        (
            "mongodb+srv://db.example.net:27017/shop",
            "a mongodb+srv URI names one host without a port: DNS tells the servers and their ports",
        ),
        (
            "mongodb+srv://a.example.net,b.example.net/shop",
            "a mongodb+srv URI names one host without a port: DNS tells the servers and their ports",
        ),
    ],
)
def test_a_uri_that_is_badly_written(uri: str, message: str) -> None:
    assert mistake(uri) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("tls", "the URI's option tls has no value"),
        ("tls=", "the URI's option tls has no value"),
        ("tls=s3cret", "the URI's option tls is neither true nor false"),
        ("ssl=yes", "the URI's option ssl is neither true nor false"),
        ("retryReads=yes", "the URI's option retryReads is neither true nor false"),
        ("directConnection=1", "the URI's option directConnection is neither true nor false"),
        ("serverSelectionTimeoutMS=s3cret", "the URI's option serverSelectionTimeoutMS is not a number"),
        ("maxStalenessSeconds=abc", "the URI's option maxStalenessSeconds is not a number"),
        (
            "readPreference=s3cret",
            (
                "the URI's option readPreference is none of "
                "primary, primaryPreferred, secondary, secondaryPreferred, nearest"
            ),
        ),
        (
            "authMechanism=s3cret",
            (
                "the URI's option authMechanism is none of "
                "GSSAPI, MONGODB-AWS, MONGODB-OIDC, MONGODB-X509, PLAIN, SCRAM-SHA-1, SCRAM-SHA-256"
            ),
        ),
        ("authSource=", "the URI's option authSource has no value"),
        ("replicaSet=", "the URI's option replicaSet has no value"),
        ("appName=a&appName=b", "the URI's option appName stands there twice"),
        ("tls=true&tls=false", "the URI's option tls stands there twice"),
        ("tls=true&TLS=true", "the URI's option tls stands there twice"),
        (
            "readPrefernce=primary&connectTimeoutMS=-5",
            "the URI has an unknown option readprefernce",
        ),
        (
            "compressors=no-such&connectTimeoutMS=-5",
            "the URI's option connectTimeoutMS has a wrong value, or does not go with the others",
        ),
        ("readPrefernce=primary", "the URI has an unknown option readprefernce"),
        ("proxyHost=s3cret", "the URI has an unknown option proxyhost"),
        ("=true", "the driver does not accept the URI"),
        ("tls=true&&retryReads=true", "the driver does not accept the URI"),
        ("s3cret", "the driver does not accept the URI"),
        (
            "connectTimeoutMS=-5",
            "the URI's option connectTimeoutMS has a wrong value, or does not go with the others",
        ),
        (
            "readPreference=primary&maxStalenessSeconds=90",
            "the URI's option maxStalenessSeconds has a wrong value, or does not go with the others",
        ),
        ("tls=true&ssl=false", "the URI's options tls and ssl contradict each other"),
        (
            "tls=true&tlsInsecure=true&tlsAllowInvalidCertificates=true",
            "the URI's options tlsInsecure and tlsAllowInvalidCertificates contradict each other",
        ),
        ("tls=false&tlsCAFile=/no/such.pem", "tls=false contradicts tlsCAFile"),
        (
            "loadBalanced=true&replicaSet=rs0",
            "the URI's options loadBalanced and replicaSet contradict each other",
        ),
        (
            "maxPoolSize=2&minPoolSize=5",
            "the URI's options maxPoolSize and minPoolSize contradict each other",
        ),
        ("srvMaxHosts=2", "the URI's option srvMaxHosts is for mongodb+srv:// only"),
        ("srvServiceName=shop", "the URI's option srvServiceName is for mongodb+srv:// only"),
        (
            "authMechanismProperties=s3cret:x",
            "the URI's option authMechanismProperties has a wrong value, or does not go with the others",
        ),
        (
            "authMechanismProperties=SERVICE_NAME:s3cret,s3:cret",
            "the URI's option authMechanismProperties has a wrong value, or does not go with the others",
        ),
        ("authMechanism=MONGODB-X509", "authMechanism=MONGODB-X509 needs a certificate"),
        ("tlsCAFile=/no/such.pem", "the file /no/such.pem cannot be read (No such file or directory)"),
        (
            "tlsCertificateKeyFile=/no/such.pem",
            "the file /no/such.pem cannot be read (No such file or directory)",
        ),
        ("tlsCRLFile=/no/such.pem", "the file /no/such.pem cannot be read (No such file or directory)"),
        ("tlsCAFile=/dev", "the file /dev cannot be read (Is a directory)"),
    ],
)
def test_an_option_that_is_wrong_is_named_and_its_value_is_not_shown(options: str, message: str) -> None:
    assert mistake(f"mongodb://bob:s3cret@localhost/shop?{options}") == message


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "mongodb://localhost/shop?authMechanism=SCRAM-SHA-256",
            "authMechanism=SCRAM-SHA-256 needs a user name",
        ),
        ("mongodb://bob@localhost/shop?authMechanism=PLAIN", "authMechanism=PLAIN needs a password"),
        (
            "mongodb://a,b/shop?directConnection=true",
            "directConnection=true takes one host, and the URI names several",
        ),
        (
            "mongodb://a,b/shop?loadBalanced=true",
            "loadBalanced=true takes one host, and the URI names several",
        ),
        (
            "mongodb+srv://db.example.net/shop?directConnection=true",
            "directConnection=true takes one host, and a mongodb+srv URI stands for several",
        ),
    ],
)
def test_what_does_not_go_together(uri: str, message: str) -> None:
    assert mistake(uri) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("readPrefernce=primary", "the URI has an unknown option readprefernce"),
        (
            "connectTimeoutMS=-5",
            "the URI's option connectTimeoutMS has a wrong value, or does not go with the others",
        ),
        (
            "loadBalanced=true&replicaSet=rs0",
            "the URI's options loadBalanced and replicaSet contradict each other",
        ),
        ("=true", "the driver does not accept the URI"),
        ("compressors=no-such", "no MongoDB answers at localhost:1"),
    ],
)
def test_no_word_of_the_drivers_complaints_is_read(
    options: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def speechless(*args: Any, **options: Any) -> object:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                client = AsyncMongoClient[dict[str, Any]](*args, **options)
            except PyMongoError as error:
                raise type(error)("…") from None
        for each in caught:
            warnings.warn("…", each.category, stacklevel=1)
        return client

    monkeypatch.setattr("intact.sources.mongodb.client.AsyncMongoClient", speechless)
    assert mistake(f"mongodb://localhost:1/shop?serverSelectionTimeoutMS=200&{options}") == message


def test_an_option_that_the_installed_driver_does_not_know_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    older = {name: check for name, check in URI_OPTIONS_VALIDATOR_MAP.items() if name != "srvmaxhosts"}
    monkeypatch.setattr("pymongo.common.URI_OPTIONS_VALIDATOR_MAP", older)
    monkeypatch.setattr("intact.sources.mongodb.uri_options.URI_OPTIONS_VALIDATOR_MAP", older)
    error = refusal("mongodb+srv://db.example/shop?srvMaxHosts=2")
    assert error.message == "the installed PyMongo does not know the URI's option srvMaxHosts"
    assert error.hint == "Leave it out, or install a newer PyMongo."


def test_a_misspelt_option_gets_the_name_that_was_probably_meant() -> None:
    assert refusal("mongodb://localhost/shop?readPrefernce=primary").hint == "Did you mean readPreference?"


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [
        ("tlsCAFile", b"nothing", "the file {path} does not hold a certificate in PEM form"),
        ("tlsCAFile", b"", "the file {path} does not hold a certificate in PEM form"),
        (
            "tlsCRLFile",
            b"nothing",
            "the file {path} does not hold a list of revoked certificates in PEM form",
        ),
        (
            "tlsCertificateKeyFile",
            b"nothing",
            "the file {path} does not hold a certificate and its key, both in PEM form",
        ),
    ],
)
def test_a_file_that_holds_something_else(option: str, content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file.pem"
    path.write_bytes(content)
    assert mistake(f"mongodb://localhost/shop?{option}={path}") == message.format(path=path)


def test_a_certificate_without_its_key(tmp_path: Path) -> None:
    path = tmp_path / "file.pem"
    trustme.CA().issue_cert("bob@example").cert_chain_pems[0].write_to_path(path)
    said = mistake(f"mongodb://localhost/shop?tlsCertificateKeyFile={path}")
    assert said == f"the file {path} does not hold a certificate and its key, both in PEM form"


def test_a_certificate_with_the_key_of_another(tmp_path: Path) -> None:
    path, authority = tmp_path / "file.pem", trustme.CA()
    one, other = authority.issue_cert("bob@example"), authority.issue_cert("eve@example")
    path.write_bytes(one.cert_chain_pems[0].bytes() + other.private_key_pem.bytes())
    said = mistake(f"mongodb://localhost/shop?tlsCertificateKeyFile={path}")
    assert said == f"the certificate and the key in the file {path} do not belong together"


@pytest.mark.parametrize(
    ("given", "how"),
    [("", "is not given"), ("&tlsCertificateKeyFilePassword=s3cret", "does not open it")],
)
def test_a_key_that_is_encrypted_is_never_asked_for_on_the_terminal(
    given: str, how: str, encrypted_key: Path
) -> None:
    said = mistake(f"mongodb://localhost/shop?tlsCertificateKeyFile={encrypted_key}{given}")
    assert (
        said == f"the key in the file {encrypted_key} is encrypted, and tlsCertificateKeyFilePassword {how}"
    )


def test_a_key_that_is_encrypted_is_opened_by_its_password(encrypted_key: Path) -> None:
    options = f"tlsCertificateKeyFile={encrypted_key}&tlsCertificateKeyFilePassword=p%40ss"
    said = mistake(f"mongodb://localhost:1/shop?serverSelectionTimeoutMS=200&{options}")
    assert said == "no MongoDB answers at localhost:1"


@pytest.fixture
def encrypted_key(tmp_path: Path) -> Path:
    """A certificate with its key, encrypted with ``p@ss``."""
    from cryptography.hazmat.primitives import serialization

    path = write(tmp_path / "plain.pem", certificate := trustme.CA().issue_cert("bob@example"))
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"p@ss"),
    )
    path.write_bytes(encrypted + certificate.cert_chain_pems[0].bytes())
    return path


def test_a_socket_that_is_not_there() -> None:
    uri = "mongodb://%2Ftmp%2Fno-such-server.sock/shop?serverSelectionTimeoutMS=200"
    assert mistake(uri) == "there is no socket %2Ftmp%2Fno-such-server.sock"


def test_a_uri_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SourceError, match="it names no host"):
        LiveSource.from_uri("mongodb:///shop")
