"""The client that intact makes for a URI: options checked, credentials in no message."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener

from intact.errors import SourceError
from intact.sources.mongo_errors import DRIVER_ERRORS
from intact.sources.mongo_uri import SCHEMES, Address
from intact.sources.mongo_uri_options import (
    check_options,
    contradiction,
    is_known,
    nearest_option,
    option_name,
)

DEFAULTS: Final[Mapping[str, Any]] = {
    "appname": "intact",
    "connectTimeoutMS": 5000,
    "readPreference": "secondaryPreferred",
    "serverSelectionTimeoutMS": 5000,
}
"""What is asked of the driver where the URI does not say otherwise."""


# What the driver tells of its own background work is not for the user's terminal; who wants it configures logging.
logging.getLogger("pymongo").addHandler(logging.NullHandler())

_COMPRESSION: Final = re.compile("Unsupported compressor|Wire protocol compression")


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
    # PyMongo warns of an option that it does not know, and goes on without it: an audit that was to read a
    # secondary would read the primary. Its warnings quote values, so they are not shown.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
                uri, event_listeners=list(listeners), **options
            )
        except DRIVER_ERRORS as error:
            raise _wrong_options([str(error)], address, where) from None
    # Others are of no account here: deprecations, a compressor that is not installed, what a garbage collection finds.
    doubts = [str(each.message) for each in caught if each.category is UserWarning]
    doubts = [doubt for doubt in doubts if not _COMPRESSION.match(doubt)]
    if doubts:
        raise _wrong_options(doubts, address, where)
    return client


def _patience_with_dns(address: Address) -> int:
    """For how many milliseconds DNS is asked: no longer than there is for finding a server."""
    given = address.options.get("serverselectiontimeoutms", "")
    usual: int = DEFAULTS["connectTimeoutMS"]
    return min(usual, int(given)) if given.isdecimal() and int(given) else usual


def _wrong_options(messages: Iterable[str], address: Address, where: str) -> SourceError:
    """Name the options that the driver complains of, without their values."""
    text = " ".join(messages).lower()
    named = [
        name
        for name in address.options
        if (is_known(name) or address.shows_options)
        and re.fullmatch("[a-z.]+", name)
        and re.search(rf"\b{name}\b", text)
    ]
    if len(named) > 1:
        return SourceError(contradiction(named), where=where)
    if named:
        name = option_name(named[0])
        if "unknown option" in text:
            return SourceError(
                f"the URI has an unknown option {name}", where=where, hint=nearest_option(named[0])
            )
        wrong = (
            "stands there twice"
            if "duplicate" in text
            else "has a wrong value, or does not go with the others"
        )
        hint = "The options are listed in MongoDB's documentation of connection strings."
        return SourceError(f"the URI's option {name} {wrong}", where=where, hint=hint)
    return SourceError(
        "the driver does not accept the URI",
        where=where,
        hint="Its options are written name=value and parted by &; in user name and password @ : / ? % are escaped.",
    )
