"""What of a MongoDB URI may be shown, and what must never be.

A URI is read here by MongoDB's grammar, and a little more strictly than PyMongo does it: a raw ``@``, ``/``
or ``?`` in a password shifts everything after it, and a part of the password would be taken for a host, a
database or an option, and be printed as such. So one ``@`` at most may stand in a URI, and only before the
hosts; anything else is refused with the advice to escape it, and no part of such a URI is shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from intact.core.errors import SourceError

SCHEMES: Final = ("mongodb://", "mongodb+srv://")
HIDDEN: Final = "***"
WHERE: Final = "MongoDB URI"
DEFAULT_PORT: Final = 27017

_SECRET_OPTIONS: Final = re.compile("pass|user|properties|token|secret", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+(?:%25\w+)?\])(?::\d{1,5})?")
_SOCKET: Final = re.compile(r"%2[Ff][\w.%-]+\.sock")
_DATABASE: Final = re.compile(r'[^/\\."$\0\s]{1,63}')
_ESCAPING: Final = (
    "In a user name or password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25."
)

_HOSTS: Final = "Hosts are written host:port and parted by commas. " + _ESCAPING


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, without credentials.

    Attributes:
        scheme: One of :data:`SCHEMES`.
        hosts: Hosts with their ports; for ``mongodb+srv`` the one name without a port.
        database: The database in the path.
        options: The names of the options in the query part, in lower case, with their values. Never shown.
        secrets: Texts that are, or are part of, a credential, as they stand in the URI and unescaped; None
            where they are not known.
        has_user: Whether it names a user.
        has_password: Whether it holds a password.
        repeated: The names of the options that stand there more than once.
    """

    scheme: str
    hosts: tuple[str, ...]
    database: str | None
    options: Mapping[str, str]
    secrets: frozenset[str] | None
    has_user: bool = False
    has_password: bool = False
    repeated: frozenset[str] = frozenset()

    @property
    def servers(self) -> str:
        """The hosts, as an error names them."""
        return ",".join(self.hosts)

    @property
    def shows_options(self) -> bool:
        """Whether names of options that nobody knows may be shown: they may be a part of a secret that has an ``&``."""
        return not any(_SECRET_OPTIONS.search(name) for name in self.options)

    @property
    def tls(self) -> bool:
        """Whether the URI asks for TLS: by its name, by an option that needs it, or by its scheme."""
        said = self.options.get("tls", self.options.get("ssl", ""))
        implied = self.scheme == SCHEMES[1] or any(name.startswith("tls") for name in self.options)
        return said == "true" or (said != "false" and implied)

    def label(self, database: str | None = None) -> str:
        """The address as reports show it.

        Args:
            database: The database that is read, where it is not the one in the path.
        """
        name = database or self.database
        return f"{self.scheme}{self.servers}" + (f"/{name}" if name else "")


def is_mongodb_uri(text: str) -> bool:
    """Whether a text is meant as the URI of a MongoDB server."""
    return text.startswith(SCHEMES)


def redact(uri: str) -> str:
    """What may be shown of a URI, whatever is wrong with it. Never raises."""
    try:
        return read_uri(uri).label()
    except SourceError:
        return next((scheme for scheme in SCHEMES if uri.startswith(scheme)), "") + HIDDEN


def read_uri(uri: str) -> Address:
    """Take a URI apart.

    Raises:
        SourceError: If it is not clear which part of it is a credential, or if it is no URI of MongoDB. The
            error shows nothing of the URI.
    """
    scheme = next((scheme for scheme in SCHEMES if uri.startswith(scheme)), None)
    if scheme is None:
        raise SourceError("it does not begin with mongodb:// or mongodb+srv://", where=WHERE)
    place, _, query = uri.removeprefix(scheme).partition("?")
    authority, _, path = place.partition("/")
    if uri.count("@") > 1 or "@" in path + query:
        raise SourceError("it holds an @ where none can be", where=WHERE, hint=_ESCAPING)
    credentials, _, hosts = authority.rpartition("@")
    user, password = _credentials(credentials)
    return Address(
        scheme=scheme,
        hosts=_hosts(hosts, scheme),
        database=_database(path),
        options=(options := dict(pairs := _options(query))),
        secrets=_secrets(credentials, options),
        has_user=bool(user),
        has_password=bool(password),
        repeated=frozenset(name for name, many in Counter(name for name, _ in pairs).items() if many > 1),
    )


def check_database(name: str) -> str:
    """Return the name of a database if MongoDB can have such a one.

    Raises:
        SourceError: If it cannot.
    """
    if not _DATABASE.fullmatch(name):
        raise SourceError(
            f"{name!r} cannot be the name of a database",
            hint='It has 1 to 63 characters, and none of / \\ . " $ or blanks.',
        )
    return name


def _credentials(text: str) -> tuple[str, str]:
    """Take user and password apart.

    Raises:
        SourceError: If they are not escaped, or one is missing. It shows neither.
    """
    user, _, password = text.partition(":")
    if ":" in password:
        raise SourceError(
            "its user name or password holds a : that is not escaped", where=WHERE, hint=_ESCAPING
        )
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        what = "a % in its user name or password is not followed by two hexadecimal digits"
        raise SourceError(what, where=WHERE, hint=_ESCAPING)
    if password and not user:
        raise SourceError("it holds a password and no user name", where=WHERE)
    return user, password


def _hosts(text: str, scheme: str) -> tuple[str, ...]:
    """Take the hosts apart.

    Raises:
        SourceError: If there are none that can be. What stands there may be a password of which a character was not
            escaped: it is not shown.
    """
    if not text:
        hint = "Write it as in mongodb://localhost:27017/shop; a socket's path is escaped: %2Ftmp%2Fmongodb-27017.sock."
        raise SourceError("it names no host", where=WHERE, hint=hint)
    hosts = text.split(",")
    for host in hosts:
        if _SOCKET.fullmatch(host):
            continue
        if not _HOST.fullmatch(host):
            raise SourceError("it names no host that can be read", where=WHERE, hint=_HOSTS)
        port = _port(host)
        if port is not None and not 0 < port < 65536:
            raise SourceError("it names a port that is no number from 1 to 65535", where=WHERE, hint=_HOSTS)
    if scheme == SCHEMES[1]:
        if len(hosts) > 1 or _port(hosts[0]) is not None:
            what = "a mongodb+srv URI names one host without a port: DNS tells the servers and their ports"
            raise SourceError(what, where=WHERE)
        return (hosts[0],)
    return tuple(
        host if _SOCKET.fullmatch(host) or _port(host) is not None else f"{host}:{DEFAULT_PORT}"
        for host in hosts
    )


def _port(host: str) -> int | None:
    """The port behind a host, if one is given; an IPv6 address has colons of its own."""
    digits = host.rpartition("]")[2].rpartition(":")
    return int(digits[2]) if digits[1] else None


def _database(path: str) -> str | None:
    """The database in a path.

    Raises:
        SourceError: If it is none. The driver would read ``shop.orders`` as a collection, and all of shop would be read
            where one collection was meant.
    """
    name = unquote_plus(path)
    if not name:
        return None
    database, dot, collection = name.partition(".")
    if dot and collection and _DATABASE.fullmatch(database):
        what = "its path names a collection behind the database, and an audit is of a database"
        hint = "Leave out the dot and what follows it. Which collections are read is what the model says."
        raise SourceError(what, where=WHERE, hint=hint)
    if not _DATABASE.fullmatch(name):
        raise SourceError("its path is not the name of a database", where=WHERE, hint=_ESCAPING)
    return name


def _options(query: str) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in re.split("[&;]", query) if pair)
    return [(name.lower(), value) for name, _, value in pairs]


def _secrets(credentials: str, options: Mapping[str, str]) -> frozenset[str]:
    """Every text that a message must not hold: users, passwords, tokens; raw and unescaped."""
    values = [credentials, *credentials.partition(":")[::2]]
    for name, value in options.items():
        if _SECRET_OPTIONS.search(name):
            values.append(value)
            # authMechanismProperties=AWS_SESSION_TOKEN:xyz,SERVICE_NAME:abc
            values += [part.partition(":")[2] for part in unquote_plus(value).split(",")]
    return frozenset(text for value in values for text in (value, unquote_plus(value)) if text)
