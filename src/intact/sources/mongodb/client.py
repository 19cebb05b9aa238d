"""The client that intact makes for a URI: options checked, credentials in no message."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener

from intact.core.errors import SourceError
from intact.sources.mongodb.errors import DRIVER_ERRORS
from intact.sources.mongodb.uri import SCHEMES, Address
from intact.sources.mongodb.uri_options import (
    check_options,
    contradiction,
    is_known,
    unaccepted,
)

DEFAULTS: Final[Mapping[str, Any]] = {
    "appname": "intact",
    "connectTimeoutMS": 5000,
    "readPreference": "secondaryPreferred",
    "serverSelectionTimeoutMS": 5000,
}
"""What is asked of the driver where the URI does not say otherwise."""

_COMPRESSION: Final = frozenset({"compressors"})

# What the driver tells of its own background work is not for the user's terminal; who wants it configures logging.
logging.getLogger("pymongo").addHandler(logging.NullHandler())


def open_client(
    uri: str, address: Address, where: str, *, listeners: Sequence[CommandListener] = ()
) -> AsyncMongoClient[dict[str, Any]]:
    """Make a client inside the running loop. Nothing is sent yet.

    Args:
        uri: The URI as the user wrote it.
        address: The same, taken apart.
        where: The server as errors name it.
        listeners: Told of each command before it is sent.

    Raises:
        SourceError: If the driver does not accept the URI or one of its options.
    """
    check_options(address, where)
    options = {name: value for name, value in DEFAULTS.items() if name.lower() not in address.options}
    if address.scheme == SCHEMES[1] and "connecttimeoutms" not in address.options:
        options["connectTimeoutMS"] = _patience_with_dns(address)
    client, accepted = _make(uri, options, listeners)
    trial = _Trial(uri, options)
    # A compressor that is not installed is done without: it is no reason not to read.
    if client is None or not (accepted or trial.accepts(set(address.options) - _COMPRESSION)):
        raise _wrong_options(trial, address, where)
    return client


def _make(
    uri: str, options: Mapping[str, Any], listeners: Sequence[CommandListener] = ()
) -> tuple[AsyncMongoClient[dict[str, Any]] | None, bool]:
    """Make a client, if that can be; and say whether the driver had nothing to say against the URI.

    PyMongo warns of an option that it does not know, and goes on without it: an audit that was to read a secondary
    would read the primary. Its warnings quote values, so they are not shown, and not read either: their words change
    from one release to the next.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
                uri, event_listeners=list(listeners), **options
            )
        except DRIVER_ERRORS:
            return None, False
    # Others are of no account here: deprecations, what a garbage collection finds.
    return client, not any(each.category is UserWarning for each in caught)


class _Trial:
    """A URI that the driver does not accept, tried with some of its options only.

    Args:
        uri: The URI as the user wrote it.
        options: What is asked of the driver beside it.
    """

    def __init__(self, uri: str, options: Mapping[str, Any]) -> None:
        self._place, _, query = uri.partition("?")
        self._pairs = [pair for pair in re.split("[&;]", query) if pair]
        self._options = options

    def accepts(self, names: Collection[str]) -> bool:
        """Whether the driver has nothing to say against the URI with these options alone, by name in lower case."""
        kept = [pair for pair in self._pairs if pair.partition("=")[0].lower() in names]
        return _make(self._place + "?" * bool(kept) + "&".join(kept), self._options)[1]

    def at_fault(self, names: Iterable[str]) -> list[str]:
        """Name the options of which each alone is what the driver does not accept; else the first that is wrong."""
        names = list(names)
        alone = [name for name in names if self.accepts({*names} - {name})]
        kept: set[str] = set()
        for name in names if not alone else ():
            if not self.accepts(kept | {name}):
                return [name]
            kept.add(name)
        return alone


def _patience_with_dns(address: Address) -> int:
    """For how many milliseconds DNS is asked: no longer than there is for finding a server."""
    given = address.options.get("serverselectiontimeoutms", "")
    usual: int = DEFAULTS["connectTimeoutMS"]
    return min(usual, int(given)) if given.isdecimal() and int(given) else usual


def _wrong_options(trial: _Trial, address: Address, where: str) -> SourceError:
    """Name the options that the driver does not accept, without their values."""
    names = [name for name in address.options if name not in _COMPRESSION]
    # Where the driver accepts all of them, parted as they should be, none is wrong, but how they are written.
    named = [] if trial.accepts(names) else trial.at_fault(names)
    if not named or not all(
        re.fullmatch("[a-z.]+", name) and (is_known(name) or address.shows_options) for name in named
    ):
        return SourceError(
            "the driver does not accept the URI",
            where=where,
            hint="Its options are written name=value and parted by &; in user name and password @ : / ? % are escaped.",
        )
    if len(named) > 1:
        return SourceError(contradiction(named), where=where)
    message, hint = unaccepted(named[0])
    return SourceError(message, where=where, hint=hint)
