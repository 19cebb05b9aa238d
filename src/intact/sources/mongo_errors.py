"""What the driver's exceptions mean, in sentences for users.

PyMongo's own messages quote URIs, users, whole commands and replies. None of them is handed on as it is: a
sentence of ours stands for each known cause, and a message of the server that is added holds no credential.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection
from typing import Final

from bson.errors import BSONError
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ConnectionFailure,
    EncryptionError,
    InvalidName,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from intact.errors import IntactError, SourceError, UsageError
from intact.sources.mongo_uri import Address

DRIVER_ERRORS: Final = (
    PyMongoError,
    BSONError,
    TimeoutError,
    OSError,
    # A reply that is BSON and still no answer ("cursor": 5) falls through PyMongo as one of these.
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
)
"""What a call to the driver may raise when the other side misbehaves."""

_UNAUTHORIZED: Final = frozenset({13, 8000})
_CONNECTION: Final = (ConnectionFailure, ConfigurationError, OSError)
_AUTHENTICATION: Final = frozenset({11, 18, 8000})
_MESSAGE_LENGTH: Final = 200
_WORD_LENGTH: Final = 3  # shorter parts of a password are in every sentence

_RUN_AGAIN: Final = "Run the audit again."
_NO_RIGHT: Final = (
    "the user has no right to read it",
    "Grant the role read on the database, or find on the collection.",
)

_BY_CODE: Final[dict[int, tuple[str, str]]] = {
    **dict.fromkeys(_UNAUTHORIZED, _NO_RIGHT),
    43: (
        "the server lost the cursor while it was read",
        "The server may have been restarted. " + _RUN_AGAIN,
    ),
    50: (
        "the server ended the read, which took longer than its time limit",
        "Raise the limit, or read a quieter member.",
    ),
    136: ("the collection is capped, and was overwritten faster than it was read", ""),
    166: ("the server does not read it as a collection, but as a view", ""),
    175: ("it was dropped, renamed or rebuilt while it was read", _RUN_AGAIN),
    237: ("someone on the server ended the read", _RUN_AGAIN),
    11601: ("someone on the server ended the read", _RUN_AGAIN),
    **dict.fromkeys(
        (91, 189, 10107, 11600, 11602, 13435, 13436),
        ("the server was shut down, or changed its role, while it was read", _RUN_AGAIN),
    ),
}

_BY_TYPE: Final[tuple[tuple[tuple[type[BaseException], ...], tuple[str, str]], ...]] = (
    ((ServerSelectionTimeoutError,), ("the server no longer answers", _RUN_AGAIN)),
    ((NetworkTimeout, TimeoutError), ("the server stopped answering while it was read", _RUN_AGAIN)),
    ((AutoReconnect, OSError), ("the connection broke off while it was read", _RUN_AGAIN)),
    (
        (InvalidOperation, EncryptionError),
        (
            "through a handle that encrypts it cannot be read",
            "Hand over a handle of a client without auto_encryption_opts.",
        ),
    ),
    ((InvalidName,), ("no collection can have this name", "")),
    (
        (BaseException,),
        (
            "the server's answer cannot be understood",
            "Is there something on the way to the server that changes its answers?",
        ),
    ),
)

_NO_MONGODB: Final = (
    "what answers at {servers} does not speak MongoDB's protocol",
    "Check the port: another program may own it.",
)

# What stands in the driver's text of a failed connection; the first that is found is the cause.
_NOT_REACHED: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), message, hint)
    for pattern, message, hint in (
        (
            "certificate has expired",
            "the certificate of {servers} has expired",
            "Renew it on the server.",
        ),
        (
            "certificate_verify_failed|certificate verify failed|doesn't match|hostname mismatch",
            "the certificate of {servers} cannot be verified",
            "Name the authority that signed it with tlsCAFile=… in the URI.",
        ),
        (
            r"ssl handshake|ssl:|sslerror|\[ssl",
            "no TLS connection to {servers} can be made",
            "Does the server speak TLS on this port? The tls… options in the URI say how.",
        ),
        (
            r"\[errno (?:-2|-3|-5|8|11001)\]|getaddrinfo|name resolution|dns query|dns op|resolution life",
            "the host name in {servers} cannot be found",
            "Check its spelling, and that this machine's DNS knows it.",
        ),
        (
            "replica set name",
            "{servers} does not belong to the replica set that the URI names",
            "Check replicaSet=… in the URI.",
        ),
        (
            "protocolerror|message length|got response id|got opcode|unknown opcode|invalid ?bson|bsonerror",
            *_NO_MONGODB,
        ),
        (
            r"\[errno (?:111|61|10061)\]|connection refused",
            "no MongoDB answers at {servers}",
            "Nothing listens there: is the server running, and is the port right?",
        ),
        (
            "connection (?:is already )?closed|connection reset|broken pipe",
            "what answers at {servers} closes the connection, as MongoDB would not",
            "Another program may own the port; or the MongoDB there wants TLS (tls=true in the URI).",
        ),
        (
            "full error",
            "the MongoDB at {servers} refuses the driver's greeting",
            "Is it a MongoDB, of version 4.4 or newer?",
        ),
        (
            "no (?:replica set members|primary|servers?|mongos) (?:match|available)",
            "no member of the deployment at {servers} can be read now",
            "Wait until it has a primary or a secondary again.",
        ),
        (
            "",
            "no MongoDB answers at {servers}",
            "Is the address right, and does a firewall let this machine through?",
        ),
    )
)


def not_connected(error: BaseException, address: Address, where: str) -> IntactError:
    """Say why there is no connection.

    Args:
        error: What the driver raised.
        address: The server.
        where: The server as reports name it.
    """
    if isinstance(error, RuntimeError):
        return UsageError(
            "the handle belongs to another event loop",
            where=where,
            hint="Await intact in the loop that made the client.",
        )
    if _is_closed(error):
        return UsageError(
            "the client of the handle has been closed", where=where, hint="Hand over an open one."
        )
    message, hint = _why_not_connected(error, address.secrets)
    # Not str.format: the message may end with what the server said, which may hold any brace.
    return SourceError(message.replace("{servers}", address.servers), where=where, hint=hint)


def _why_not_connected(error: BaseException, secrets: Collection[str] | None) -> tuple[str, str]:
    if isinstance(error, OperationFailure):
        return _refused(error, secrets)
    if isinstance(error, NotPrimaryError):
        return "the MongoDB at {servers} is shutting down, or changing its role", _RUN_AGAIN
    if isinstance(error, ConfigurationError) and "wire version" in str(error):
        return (
            "the MongoDB at {servers} is of a version that the installed PyMongo cannot talk to",
            "MongoDB 4.4 or newer can be read.",
        )
    pattern, *cause = _find_cause(error)
    if isinstance(error, ConfigurationError) and not pattern.pattern:
        return f"the options of the URI cannot be used{_tail(str(error), secrets)}", ""
    return (cause[0], cause[1]) if isinstance(error, _CONNECTION) else _NO_MONGODB


def is_foreign_loop(error: RuntimeError) -> bool:
    """Whether a handle was used in another event loop than the one it was made in."""
    return "loop" in str(error)


def lacks_right(error: OperationFailure) -> bool:
    """Whether a known user lacks the right to a command; not so where the server does not know who asks."""
    return error.code in _UNAUTHORIZED and not _wants_login(error)


def not_read(error: BaseException, secrets: Collection[str] | None) -> tuple[str, str]:
    """Say why a collection could not be read, or not to its end: a sentence, and what to do."""
    code = error.code if isinstance(error, OperationFailure) else _code_of(error)
    if code in _BY_CODE:
        return _BY_CODE[code]
    if isinstance(error, OperationFailure):
        return f"the server answers with {_quote(error, secrets)}", ""
    if _is_closed(error):
        return "the client of the handle was closed while it was read", ""
    return next(sentences for kinds, sentences in _BY_TYPE if isinstance(error, kinds))


def _refused(error: OperationFailure, secrets: Collection[str] | None) -> tuple[str, str]:
    """Say why the server turns us away before anything is read."""
    if error.code in _UNAUTHORIZED and _wants_login(error):
        return (
            "the MongoDB at {servers} wants a user and a password",
            "Write them into the URI: mongodb://user:password@host/database.",
        )
    if error.code in _AUTHENTICATION:
        return (
            "the MongoDB at {servers} does not accept the user name or password",
            "Check both, and authSource: the database that knows the user. Characters such as @ are escaped.",
        )
    return f"the MongoDB at {{servers}} answers with {_quote(error, secrets)}", ""


def _is_closed(error: BaseException) -> bool:
    return isinstance(error, InvalidOperation) and "after close" in str(error)


def _wants_login(error: OperationFailure) -> bool:
    return "requires authentication" in str((error.details or {}).get("errmsg")).lower()


def _find_cause(error: BaseException) -> tuple[re.Pattern[str], str, str]:
    return next(cause for cause in _NOT_REACHED if cause[0].search(f"{type(error).__name__} {error}"))


def _code_of(error: BaseException) -> int | None:
    """Find the server's code in an error that the driver takes for a lost connection (not the primary)."""
    details = getattr(error, "details", None)
    code = details.get("code") if isinstance(details, dict) else None
    return code if isinstance(code, int) else None


def _quote(error: OperationFailure, secrets: Collection[str] | None) -> str:
    details = error.details or {}
    name = str(details.get("codeName", ""))
    return (
        f"error {error.code}"
        + (f" ({name})" if name.isalnum() else "")
        + _tail(details.get("errmsg"), secrets)
    )


def _tail(message: object, secrets: Collection[str] | None) -> str:
    """A message to end a sentence with; nothing if a part of a credential is in it, or could be (secrets None)."""
    if not isinstance(message, str) or secrets is None:
        return ""
    words = {word for secret in secrets for word in re.split(r"\W+", secret) if len(word) >= _WORD_LENGTH}
    if any(text in message for text in (*secrets, *words)):
        return ""
    text = " ".join(message.split()).rstrip(".")
    return f": {text[:_MESSAGE_LENGTH]}" if text else ""
