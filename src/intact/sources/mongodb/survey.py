"""Ask a server about itself: a handful of reading commands, whose answers become :mod:`intact.sources.mongodb.facts`.

A command that the server refuses leaves an :class:`~intact.sources.mongodb.facts.Unknown`; only a lost connection ends
it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar

from bson.timestamp import Timestamp
from pymongo.errors import NetworkTimeout, OperationFailure

from intact.core.paths import Path
from intact.sources.mongodb.catalog import describe_entry
from intact.sources.mongodb.engine import count, engine, is_router, number, set_name, wire_version
from intact.sources.mongodb.errors import lacks_right
from intact.sources.mongodb.facts import (
    NO_RIGHT,
    ListingEntry,
    Privilege,
    Rights,
    ServerClock,
    ServerMember,
    ServerSurvey,
    Speed,
    Surveyed,
    Topology,
    Unknown,
    leading_path,
)
from intact.sources.mongodb.handle import Handle
from intact.sources.mongodb.sample import statistics, total
from intact.sources.mongodb.scan_plan import projection

T = TypeVar("T")
Wanted: TypeAlias = Mapping[str, Sequence[Path]]

ANSWER_SECONDS: Final = 20.0
"""How long the server may take for one answer: what it does not tell by then is not known."""

SAMPLE_DOCUMENTS: Final = 2000
"""How many documents the batch has by which the speed is measured; the server cuts it at 16 MB."""

_MILLISECONDS_FROM: Final = 1e11  # in seconds that is the year 5138
_ONE: Final = {"find": "", "filter": {}, "projection": {"_id": 1}, "limit": 1, "singleBatch": True}
_NOT_LISTED: Final = Unknown(NO_RIGHT)
_ROLES: Final = {
    "RSPrimary": "primary",
    "RSSecondary": "secondary",
    "RSArbiter": "arbiter",
    "Mongos": "mongos",
    "LoadBalancer": "mongos",
    "Standalone": "standalone",
}


async def ask(
    reader: Handle,
    wanted: Wanted,
    entries: Sequence[Mapping[str, Any]] | None,
    *,
    thorough: bool,
    database: str = "",
    hosts: Sequence[str] = (),
    names_user: bool = False,
) -> ServerSurvey:
    """Ask a server about itself.

    Args:
        reader: What sends the commands.
        wanted: For each collection that a run reads, the paths that it reads.
        entries: What listCollections has answered; None where the user may not ask for that.
        thorough: Whether to look at every collection and to read one batch; otherwise ``hello`` and
            ``connectionStatus`` are all that is sent, and a document is asked for where the user is said to have no
            right to it.
        database: The database that is read.
        hosts: Where the server is.
        names_user: Whether the URI names a user.

    Raises:
        DRIVER_ERRORS: If the connection is lost.
    """
    hello, clock = await _greet(reader)
    rights = await _answer(reader, {"connectionStatus": 1, "showPrivileges": True}, _rights)
    survey = ServerSurvey(
        version=Unknown("it was not asked for"),
        wire=wire_version(hello),
        topology=_topology(hello),
        set_name=set_name(hello),
        role=_role(hello),
        members=_members(reader.client),
        preference=reader.preference,
        clock=clock,
        rights=rights,
        entries=_NOT_LISTED if entries is None else [describe_entry(each) for each in entries],
    )
    survey = replace(survey, names_user=names_user)
    if thorough:
        return await _look_closer(reader, wanted, survey, hosts)
    denied = (
        []
        if isinstance(rights, Unknown)
        else [name for name in wanted if not rights.may("find", database, name)]
    )
    return replace(survey, reading=await _try(reader, denied, survey))


async def _try(reader: Handle, names: Iterable[str], survey: ServerSurvey) -> dict[str, bool | Unknown]:
    """Ask for one document of each collection: what a server says of rights is not always so."""
    tried = [name for name in names if _is_read(name, survey.entries)]
    found = await asyncio.gather(*(_answer(reader, _ONE | {"find": name}, _is_batch) for name in tried))
    return dict(zip(tried, found, strict=True))


def _is_batch(reply: Mapping[str, Any]) -> bool:
    return len(reply["cursor"]["firstBatch"]) >= 0


async def _look_closer(
    reader: Handle, wanted: Wanted, survey: ServerSurvey, hosts: Sequence[str]
) -> ServerSurvey:
    """Ask for the version, the snapshot window, and more of each wanted collection."""
    build = await _answer(reader, {"buildInfo": 1}, dict)
    version = build if isinstance(build, Unknown) else _text(build.get("version"))
    parameter = "minSnapshotHistoryWindowInSeconds"
    window: float | Unknown = Unknown("a standalone keeps none")
    if survey.topology is not Topology.STANDALONE:
        request = {"getParameter": 1, parameter: 1}
        window = await _answer(
            reader, request, lambda reply: float(count(reply[parameter])), database="admin"
        )
    read = [name for name in wanted if _is_read(name, survey.entries)]
    reading = await _try(reader, read, survey)
    surveyed = await asyncio.gather(*(_collection(reader, name) for name in read))
    collections = dict(zip(read, surveyed, strict=True))
    readable = {name: each for name, each in collections.items() if reading[name] is True}
    return replace(
        survey,
        version=version,
        window=window,
        collections=collections,
        speed=await _speed(reader, wanted, readable, survey.clock),
        reading=reading,
        engine=engine(reader.hello, {} if isinstance(build, Unknown) else build, hosts),
    )


def _text(value: object) -> str | Unknown:
    return value if isinstance(value, str) else Unknown("the server's answer to buildInfo is not understood")


async def _greet(reader: Handle) -> tuple[Mapping[str, Any], ServerClock | None]:
    """Say hello, and compare clocks meanwhile."""
    begun, ticks = datetime.now(UTC), time.monotonic()
    hello = await reader.command({"hello": 1})
    half = (time.monotonic() - ticks) / 2
    there = _server_time(hello.get("localTime"))
    ahead = None if there is None else (there - begun).total_seconds() - half
    return hello, None if ahead is None else ServerClock(ahead, half)


async def _collection(reader: Handle, name: str) -> Surveyed:
    documents, size = await _counts(reader, name)
    indexed = await _answer(reader, {"listIndexes": name, "cursor": {}}, _indexed)
    return Surveyed(documents, size, indexed)


async def _counts(reader: Handle, name: str) -> tuple[int | Unknown, int | Unknown]:
    """About how many documents and bytes a collection has: as the server keeps book of it, nothing is counted."""
    found = await _answer(reader, statistics(name), _statistics)
    if isinstance(found, tuple):
        return found
    return await _answer(reader, {"count": name}, lambda reply: count(reply["n"])), found


async def _speed(
    reader: Handle,
    wanted: Wanted,
    collections: Mapping[str, Surveyed],
    clock: ServerClock | None,
) -> Speed | None:
    """Read one batch of the largest collection, and take the time."""
    counted = {name: each.documents for name, each in collections.items() if isinstance(each.documents, int)}
    name = max(counted, key=lambda name: counted[name], default="")
    if not counted.get(name):
        return None
    fields = projection(wanted[name]) or {}
    request = {"find": name, "filter": {}, "projection": fields, "hint": {"$natural": 1}, "singleBatch": True}
    begun = time.monotonic()
    batch = await _answer(
        reader,
        {**request, "limit": SAMPLE_DOCUMENTS, "batchSize": SAMPLE_DOCUMENTS},
        lambda reply: len(reply["cursor"]["firstBatch"]),
    )
    seconds = time.monotonic() - begun - (2 * clock.give_or_take if clock else 0)
    return Speed(name, batch, max(seconds, 1e-6)) if isinstance(batch, int) and batch else None


async def _answer(
    reader: Handle,
    command: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], T],
    *,
    database: str | None = None,
) -> T | Unknown:
    """Send a command and read its answer; Unknown where the server refuses, or answers otherwise than MongoDB does."""
    try:
        return read(await reader.command(command, database=database, seconds=ANSWER_SECONDS))
    except OperationFailure as error:
        return _unknown(error)
    except (TimeoutError, NetworkTimeout):
        return Unknown(f"the server has not answered within {ANSWER_SECONDS:g} s")
    except (AttributeError, ArithmeticError, LookupError, TypeError, ValueError):
        return Unknown(f"the server's answer to {next(iter(command))} is not understood")


def _unknown(error: OperationFailure) -> Unknown:
    if lacks_right(error):
        return Unknown(NO_RIGHT)
    return Unknown(f"the server answers with error {error.code}")


def _is_read(name: str, entries: Sequence[ListingEntry] | Unknown) -> bool:
    if isinstance(entries, Unknown):
        return True
    return any(each.name == name and not each.info.skip for each in entries)


def _topology(hello: Mapping[str, Any]) -> Topology:
    if is_router(hello):
        return Topology.SHARDED
    return Topology.REPLICA_SET if set_name(hello) else Topology.STANDALONE


def _role(hello: Mapping[str, Any]) -> str:
    if is_router(hello):
        return "mongos"
    if not set_name(hello):
        return "standalone"
    return "secondary" if hello.get("secondary") else "primary"


def _members(client: Any) -> tuple[ServerMember, ...]:
    """The servers that the driver watches, by address."""
    known = client.topology_description.server_descriptions().values()
    return tuple(
        sorted(
            (
                ServerMember(
                    f"{each.address[0]}:{each.address[1]}" if each.address[1] else str(each.address[0]),
                    _ROLES.get(each.server_type_name, "other"),
                    _moment(each.last_write_date),
                )
                for each in known
            ),
            key=lambda member: member.address,
        )
    )


def _moment(value: object) -> datetime | None:
    """A date as the driver gives it, which is naive unless the client was told otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _server_time(value: object) -> datetime | None:
    """Return the server's clock: a date, or a number, as some engines write it (DocumentDB: in milliseconds)."""
    stamp = number(value)
    if isinstance(value, Timestamp):
        return value.as_datetime()
    if stamp is None:
        return _moment(value)
    try:
        return datetime.fromtimestamp(stamp / 1000 if abs(stamp) > _MILLISECONDS_FROM else stamp, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _rights(reply: Mapping[str, Any]) -> Rights:
    info = reply["authInfo"]
    logged_in = bool(info.get("authenticatedUsers"))
    # Servers that know of no privileges leave them out: then nothing is known of a user's.
    given = info["authenticatedUserPrivileges"] if logged_in else ()
    return Rights(logged_in, tuple(_privilege(each) for each in given))


def _privilege(given: Mapping[str, Any]) -> Privilege:
    resource = given["resource"]
    return Privilege(
        frozenset(map(str, given["actions"])),
        database=str(resource.get("db", "")),
        collection=str(resource.get("collection", "")),
        everywhere=bool(resource.get("anyResource")),
        cluster=bool(resource.get("cluster")),
    )


def _statistics(reply: Mapping[str, Any]) -> tuple[int, int]:
    return total(reply, "count"), total(reply, "size")


def _indexed(reply: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(filter(None, map(leading_path, reply["cursor"]["firstBatch"])))
