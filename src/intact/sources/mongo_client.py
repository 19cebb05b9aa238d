"""The client that intact makes for a URI: options checked, credentials in no message."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pymongo import AsyncMongoClient

from intact.errors import SourceError
from intact.sources.mongo_errors import DRIVER_ERRORS
from intact.sources.mongo_uri import Address

DEFAULTS: Final[Mapping[str, Any]] = {
    "appname": "intact",
    "connectTimeoutMS": 5000,
    "readPreference": "secondaryPreferred",
    "serverSelectionTimeoutMS": 5000,
}
"""What is asked of the driver where the URI does not say otherwise."""


_COMPRESSION: Final = re.compile("Unsupported compressor|Wire protocol compression")


def open_client(uri: str, address: Address, where: str) -> AsyncMongoClient[dict[str, Any]]:
    """Make a client inside the running loop. Nothing is sent yet.

    Args:
        uri: The URI as the user wrote it.
        address: The same, taken apart.
        where: The server as errors name it.

    Raises:
        SourceError: If the driver does not accept the URI or one of its options.
    """
    options = {name: value for name, value in DEFAULTS.items() if name.lower() not in address.options}
    # PyMongo warns of an option that it does not know, and goes on without it: an audit that was to read a
    # secondary would read the primary. Its warnings quote values, so they are not shown.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(uri, **options)
        except DRIVER_ERRORS as error:
            raise _not_accepted(error, address, where) from None
    # Others are of no account here: deprecations, a compressor that is not installed, what a garbage collection finds.
    doubts = [str(each.message) for each in caught if each.category is UserWarning]
    doubts = [doubt for doubt in doubts if not _COMPRESSION.match(doubt)]
    if doubts:
        raise _wrong_options(doubts, address, where)
    return client


def _not_accepted(error: Exception, address: Address, where: str) -> SourceError:
    if isinstance(error, OSError) and error.filename:
        return SourceError(
            f"the file {error.filename} cannot be read ({error.strerror})",
            where=where,
            hint="An option of the URI names it.",
        )
    return _wrong_options([str(error)], address, where)


def _wrong_options(messages: Iterable[str], address: Address, where: str) -> SourceError:
    """Name the options that the driver complains of, without their values."""
    text = " ".join(messages).lower()
    named = [
        name for name in address.options if re.fullmatch("[a-z.]+", name) and re.search(rf"\b{name}\b", text)
    ]
    if named:
        return SourceError(
            f"the URI's option {' or '.join(named)} is unknown or has a wrong value",
            where=where,
            hint="The options are listed in MongoDB's documentation of connection strings.",
        )
    return SourceError(
        "the driver does not accept the URI",
        where=where,
        hint="Check its options; characters such as @ : / ? % in user name and password are escaped.",
    )
