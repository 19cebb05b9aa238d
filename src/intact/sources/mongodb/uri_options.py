"""What can be wrong with the options of a URI: told by their names, never with a value."""

from __future__ import annotations

import difflib
import re
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

from pymongo.common import URI_OPTIONS_VALIDATOR_MAP

from intact.core.errors import SourceError
from intact.sources.mongodb.uri import SCHEMES, Address

_FLAGS: Final = (
    "directConnection",
    "journal",
    "loadBalanced",
    "retryReads",
    "retryWrites",
    "ssl",
    "tls",
    "tlsAllowInvalidCertificates",
    "tlsAllowInvalidHostnames",
    "tlsDisableOCSPEndpointCheck",
    "tlsInsecure",
)
_NUMBERS: Final = (
    "connectTimeoutMS",
    "heartbeatFrequencyMS",
    "localThresholdMS",
    "maxConnecting",
    "maxIdleTimeMS",
    "maxPoolSize",
    "maxStalenessSeconds",
    "minPoolSize",
    "serverSelectionTimeoutMS",
    "socketTimeoutMS",
    "srvMaxHosts",
    "timeoutMS",
    "waitQueueTimeoutMS",
    "wTimeoutMS",
    "zlibCompressionLevel",
)
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "authMechanism": (
        "GSSAPI",
        "MONGODB-AWS",
        "MONGODB-OIDC",
        "MONGODB-X509",
        "PLAIN",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
    ),
    "readPreference": ("primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"),
}
_TEXTS: Final = (
    "appName",
    "authMechanismProperties",
    "authSource",
    "compressors",
    "readConcernLevel",
    "readPreferenceTags",
    "replicaSet",
    "serverMonitoringMode",
    "srvServiceName",
    "tlsCAFile",
    "tlsCRLFile",
    "tlsCertificateKeyFile",
    "tlsCertificateKeyFilePassword",
    "w",
)
_NAMES: Final = {name.lower(): name for name in (*_FLAGS, *_NUMBERS, *_CHOICES, *_TEXTS)}
_MAY_BE_EMPTY: Final = frozenset({"appname", "readpreferencetags"})
_SEVERAL_TIMES: Final = frozenset({"readpreferencetags"})
_WITH_USER: Final = frozenset({"GSSAPI", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"})
_WITH_PASSWORD: Final = _WITH_USER - {"GSSAPI"}
_WITH_CREDENTIALS: Final = "Write it into the URI: mongodb://user:password@host/database."
_LISTED: Final = "The options are listed in MongoDB's documentation of connection strings."


def is_known(name: str) -> bool:
    """Whether there is an option of this name, in lower case."""
    return name in _NAMES


def option_name(name: str) -> str:
    """Return an option's name as MongoDB's documentation writes it."""
    return _NAMES.get(name, name)


def unaccepted(name: str) -> tuple[str, str]:
    """Say of an option that the driver does not accept what is wrong with it: a sentence, and what to do.

    Args:
        name: The option, in lower case.
    """
    by_driver = {each.lower() for each in URI_OPTIONS_VALIDATOR_MAP}
    if name in by_driver:
        return (
            f"the URI's option {option_name(name)} has a wrong value, or does not go with the others",
            _LISTED,
        )
    if name in _NAMES:
        what = f"the installed PyMongo does not know the URI's option {_NAMES[name]}"
        return what, "Leave it out, or install a newer PyMongo."
    near = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.75)
    return f"the URI has an unknown option {name}", f"Did you mean {_NAMES[near[0]]}?" if near else _LISTED


def check_options(address: Address, where: str) -> None:
    """Refuse options with a value that cannot be, or that do not go together.

    An option that is not known here is left to the driver, which may be newer.

    Raises:
        SourceError: With the option's name and never its value.
    """
    for name in address.repeated & _NAMES.keys() - _SEVERAL_TIMES:
        raise SourceError(f"the URI's option {_NAMES[name]} stands there twice", where=where)
    for name, text in address.options.items():
        if name in _NAMES and (wrong := _wrong_value(name, unquote_plus(text))):
            raise SourceError(f"the URI's option {_NAMES[name]} {wrong}", where=where)
    options = {name: unquote_plus(text) for name, text in address.options.items()}
    for message, hint in (_wrong_login(address, options), (_wrong_together(address, options), "")):
        if message:
            raise SourceError(message, where=where, hint=hint)
    _check_files(address.options, where)


def contradiction(names: Iterable[str]) -> str:
    """Say that options do not go together."""
    return f"the URI's options {' and '.join(map(option_name, names))} contradict each other"


def _wrong_value(name: str, value: str) -> str:
    """What is wrong with a value, the end of a sentence; empty where nothing is."""
    written = _NAMES[name]
    if not value:
        return "" if name in _MAY_BE_EMPTY else "has no value"
    if written in _FLAGS and value not in {"true", "false"}:
        return "is neither true nor false"
    if written in _NUMBERS and not re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        return "is not a number"
    if written in _CHOICES and value not in (*_CHOICES[written], "DEFAULT"):
        return f"is none of {', '.join(_CHOICES[written])}"
    return ""


def _wrong_login(address: Address, options: Mapping[str, str]) -> tuple[str, str]:
    """What the way to log in lacks: a sentence, and what to do; empty where it lacks nothing."""
    mechanism = options.get("authmechanism", "")
    if mechanism == "MONGODB-X509" and "tlscertificatekeyfile" not in options:
        return "authMechanism=MONGODB-X509 needs a certificate", "Name its file with tlsCertificateKeyFile=…"
    if mechanism == "MONGODB-X509" and address.has_password:
        return "authMechanism=MONGODB-X509 takes no password", "The certificate says who you are."
    if mechanism in _WITH_USER and not address.has_user:
        return f"authMechanism={mechanism} needs a user name", _WITH_CREDENTIALS
    if mechanism in _WITH_PASSWORD and not address.has_password:
        return f"authMechanism={mechanism} needs a password", _WITH_CREDENTIALS
    return "", ""


def _wrong_together(address: Address, options: Mapping[str, str]) -> str:
    """What does not go together, a sentence; empty where nothing is wrong."""
    if options.get("tls", options.get("ssl")) == "false" and (files := _files(options)):
        return f"tls=false contradicts {_NAMES[files[0]]}"
    several = len(address.hosts) > 1
    for name in ("directconnection", "loadbalanced"):
        if several and options.get(name) == "true":
            return f"{_NAMES[name]}=true takes one host, and the URI names several"
    if address.scheme == SCHEMES[1] and options.get("directconnection") == "true":
        return "directConnection=true takes one host, and a mongodb+srv URI stands for several"
    strange = [name for name in options if name.startswith("srv")]
    if strange and address.scheme == SCHEMES[0]:
        return f"the URI's option {option_name(strange[0])} is for mongodb+srv:// only"
    return ""


def _check_files(options: Mapping[str, str], where: str) -> None:
    """Refuse files of certificates that cannot be used, before OpenSSL asks the terminal for a password.

    Raises:
        SourceError: With the name of the file.
    """
    for name in _files(options):
        path = Path(unquote_plus(options[name]))
        hint = f"{_NAMES[name]} in the URI names it."
        try:
            path.open("rb").close()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no path"
            raise SourceError(f"the file {path} cannot be read ({reason})", where=where, hint=hint) from None
        if wrong := _wrong_file(name, path, options):
            raise SourceError(wrong, where=where, hint=hint)


def _files(options: Mapping[str, str]) -> list[str]:
    return [name for name in ("tlscafile", "tlscrlfile", "tlscertificatekeyfile") if name in options]


def _wrong_file(name: str, path: Path, options: Mapping[str, str]) -> str:
    """What is wrong with a file of certificates; empty where nothing is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if name != "tlscertificatekeyfile":
        try:
            context.load_verify_locations(path)
        except (ssl.SSLError, ValueError):
            what = "certificate" if name == "tlscafile" else "list of revoked certificates"
            return f"the file {path} does not hold a {what} in PEM form"
        return ""
    password = unquote_plus(options.get("tlscertificatekeyfilepassword", ""))
    asked = []

    def answer() -> str:
        asked.append(True)
        return password

    try:
        context.load_cert_chain(path, password=answer)
    except (ssl.SSLError, ValueError) as error:
        if asked:
            how = "does not open it" if password else "is not given"
            return f"the key in the file {path} is encrypted, and tlsCertificateKeyFilePassword {how}"
        if "MISMATCH" in str(error):
            return f"the certificate and the key in the file {path} do not belong together"
        return f"the file {path} does not hold a certificate and its key, both in PEM form"
    return ""
