"""What the driver's exceptions mean, in sentences for users.

PyMongo's own messages quote URIs, users, whole commands and replies. None of them is handed on as it is: a
sentence of ours stands for each known cause, and a message of the server that is added holds no credential.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection
from dataclasses import dataclass
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

from intact.core.errors import IntactError, SourceError, UsageError
from intact.sources.base import Fault
from intact.sources.mongodb.causes import NO_MONGODB, UNKNOWN, find_cause
from intact.sources.mongodb.uri import Address

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
_PROVIDERS: Final = frozenset({"GSSAPI", "MONGODB-AWS", "MONGODB-OIDC"})
_NO_MECHANISM: Final = 334
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


def not_connected(
    error: BaseException, address: Address, where: str, *, greeted: bool = False
) -> IntactError:
    """Say why there is no connection.

    Args:
        error: What the driver raised.
        address: The server.
        where: The server as reports name it.
        greeted: Whether a MongoDB has answered there before: then it is known to be one.
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
    message, hint = (greeted and _why_lost(error)) or _why_not_connected(error, address)
    # Not str.format: the message may end with what the server said, which may hold any brace.
    return SourceError(message.replace("{servers}", address.servers), where=where, hint=hint)


def _why_lost(error: BaseException) -> tuple[str, str] | None:
    """Say how a connection to a server that has answered before was lost; None where that makes no difference."""
    if isinstance(
        error, OperationFailure | NotPrimaryError | ServerSelectionTimeoutError | ConfigurationError
    ):
        return None
    if isinstance(error, NetworkTimeout | TimeoutError):
        return "the MongoDB at {servers} does not answer in time", _RUN_AGAIN
    if isinstance(error, AutoReconnect | OSError):
        return (
            "the MongoDB at {servers} closed the connection in the middle of a command",
            "It may have been shut down, or something on the way ended the connection. " + _RUN_AGAIN,
        )
    return (
        "an answer of the MongoDB at {servers} cannot be understood",
        "Is there something on the way to the server that changes its answers?",
    )


def _why_not_connected(error: BaseException, address: Address) -> tuple[str, str]:
    if isinstance(error, OperationFailure) and not _asked_elsewhere(error, address):
        return _refused(error, address)
    if isinstance(error, NotPrimaryError):
        return "the MongoDB at {servers} is shutting down, or changing its role", _RUN_AGAIN
    if isinstance(error, ConfigurationError) and "wire version" in str(error):
        return (
            "the MongoDB at {servers} is of a version that the installed PyMongo cannot talk to",
            "MongoDB 4.4 or newer can be read."
            if "only supports up to" not in str(error)
            else "Install a newer PyMongo.",
        )
    if mechanism := _asked_elsewhere(error, address):
        return (
            f"no credentials could be had for authMechanism={mechanism}: who gives them refused, or did not answer",
            "Check authMechanismProperties, and whether this machine may ask for them.",
        )
    cause = find_cause(f"{type(error).__name__} {error}", tls=address.tls)
    if isinstance(error, ConfigurationError) and cause.pattern == UNKNOWN.pattern:
        return f"the options of the URI cannot be used{_tail(str(error), address.secrets)}", ""
    found = cause if isinstance(error, _CONNECTION) else NO_MONGODB
    return found.message, found.hint


def code_of(error: BaseException) -> int | None:
    """Return the server's code of an error, also where the driver takes it for a lost connection; None without one."""
    if isinstance(error, OperationFailure):
        return error.code
    details = getattr(error, "details", None)
    code = details.get("code") if isinstance(details, dict) else None
    return code if isinstance(code, int) else None


def is_foreign_loop(error: RuntimeError) -> bool:
    """Whether a handle was used in another event loop than the one it was made in."""
    return "loop" in str(error)


def lacks_right(error: OperationFailure) -> bool:
    """Whether a known user lacks the right to a command; not so where the server does not know who asks."""
    return error.code in _UNAUTHORIZED and not _wants_login(error)


def not_read(error: BaseException, secrets: Collection[str] | None) -> tuple[str, str]:
    """Say why a collection could not be read, or not to its end: a sentence, and what to do."""
    code = code_of(error)
    if code in _BY_CODE:
        return _BY_CODE[code]
    if isinstance(error, OperationFailure):
        return f"the server answers with {_quote(error, secrets)}", ""
    if _is_closed(error):
        return "the client of the handle was closed while it was read", ""
    return next(sentences for kinds, sentences in _BY_TYPE if isinstance(error, kinds))


@dataclass(frozen=True, slots=True)
class Faults:
    """Makes faults of a server's collections.

    Attributes:
        label: The server as reports name it.
        secrets: What may be in no message; None where it is not known.
    """

    label: str
    secrets: Collection[str] | None

    def say(self, name: str, what: str, hint: str = "") -> Fault:
        """Make one of a sentence, and what to do."""
        return Fault(name, what, where=f"{self.label}, {name}", hint=hint)

    def of(self, name: str, error: BaseException) -> Fault:
        """Make one of what the driver raised."""
        return self.say(name, *not_read(error, self.secrets))


def _asked_elsewhere(error: BaseException, address: Address) -> str:
    """Name the way to log in for which somebody else is asked (an identity provider), if it was that which failed.

    What fails between us and the server the driver wraps; what fails elsewhere comes as it is, or without a code of
    the server.
    """
    mechanism = address.options.get("authmechanism", "")
    if mechanism not in _PROVIDERS or isinstance(error, TimeoutError):
        return ""
    if isinstance(error, OperationFailure):
        return mechanism if error.code is None else ""
    return "" if isinstance(error, PyMongoError | BSONError) else mechanism


def _refused(error: OperationFailure, address: Address) -> tuple[str, str]:
    """Say why the server turns us away before anything is read."""
    mechanism = address.options.get("authmechanism", "")
    if error.code in _UNAUTHORIZED and _wants_login(error):
        return (
            "the MongoDB at {servers} wants a user and a password",
            "Write them into the URI: mongodb://user:password@host/database.",
        )
    if error.code == _NO_MECHANISM:
        what = f"authMechanism={mechanism}" if mechanism else "the way in which the driver logs in"
        return (
            f"the MongoDB at {{servers}} does not take {what}",
            "Leave authMechanism out, or ask its operator which ones are enabled.",
        )
    if error.code in _AUTHENTICATION and mechanism == "MONGODB-X509":
        return (
            "the MongoDB at {servers} knows no user by the client's certificate",
            "The certificate's subject has to be a user of the database $external.",
        )
    if error.code in _AUTHENTICATION and mechanism in _PROVIDERS:
        return (
            f"the MongoDB at {{servers}} does not accept the identity that authMechanism={mechanism} gave",
            "The identity has to be a user, or have a role, on the server.",
        )
    if error.code in _AUTHENTICATION:
        return (
            "the MongoDB at {servers} does not accept the user name or password",
            "Check both, and authSource: the database that knows the user. Characters such as @ are escaped.",
        )
    return f"the MongoDB at {{servers}} answers with {_quote(error, address.secrets)}", ""


def _is_closed(error: BaseException) -> bool:
    return isinstance(error, InvalidOperation) and "after close" in str(error)


def _wants_login(error: OperationFailure) -> bool:
    return "requires authentication" in str((error.details or {}).get("errmsg")).lower()


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
