"""The server itself: its version, what it is part of, its clock, and which member is read."""

from __future__ import annotations

from typing import Final

from intact.audit.doctor.inspection import LiveInspection
from intact.audit.doctor.records import Level, Line
from intact.sources.mongodb.facts import ServerMember, Topology, Unknown

OLDEST_WIRE: Final = 9
"""The wire version of MongoDB 4.4, the first that takes a comment on each command."""

SNAPSHOT_WIRE: Final = 13
"""That of 5.0, the first that reads as of one moment, and whose ``$expr`` ranges use an index."""

CLOCK_SECONDS: Final = 2.0
"""By how much clocks may differ before it is worth a word."""

LAG_SECONDS: Final = 90.0
"""How far a secondary may be behind: the driver leaves out those that are farther."""

_HEARTBEAT_SECONDS: Final = 10


def version(case: LiveInspection) -> Line:
    """Judge the version."""
    survey = case.survey
    name = "a server that does not say its version" if isinstance(survey.version, Unknown) else survey.version
    what = name if isinstance(survey.version, Unknown) else f"MongoDB {name}"
    if survey.engine is not None:
        said = "" if isinstance(survey.version, Unknown) else f", which calls itself {what}"
        what = f"{survey.engine}{said}"
    if survey.wire < OLDEST_WIRE:
        means = "It is too old to be audited: MongoDB 4.4 or newer is needed, 5.0 or newer is better."
        return Line("server", Level.PROBLEM, what, means, stops=True)
    if survey.wire < SNAPSHOT_WIRE:
        means = "Before 5.0 collections cannot be read as of one moment, and a broken read begins its collection anew."
        return Line("server", Level.NOTE, what, means)
    if survey.engine is not None:
        means = (
            "It only speaks MongoDB's protocol: what it accepts (validators, snapshots) it need not keep to."
        )
        return Line("server", Level.NOTE, what, means)
    return Line("server", Level.OK, what)


def topology(case: LiveInspection) -> Line:
    """Say what answers, and who of it is read."""
    survey = case.survey
    if survey.topology is Topology.SHARDED:
        return Line("topology", Level.OK, "sharded cluster, read through mongos")
    if survey.topology is Topology.STANDALONE:
        return Line("topology", Level.OK, "standalone server")
    roles = [member.role for member in survey.members]
    counted = ", ".join(
        f"{roles.count(role)} {role}"
        for role in ("primary", "secondary", "arbiter", "other")
        if role in roles
    )
    what = f"replica set {survey.set_name} ({counted}), answered by its {survey.role}"
    if "other" in roles:
        lost = ", ".join(member.address for member in survey.members if member.role == "other")
        means = f"Not to be read now, because down, starting or recovering: {lost}."
        return Line("topology", Level.NOTE, what, means)
    return Line("topology", Level.OK, what)


def clock(case: LiveInspection) -> Line | None:
    """Compare the server's clock with ours; None where it shows none."""
    measured = case.survey.clock
    if measured is None:
        return None
    ahead = abs(measured.ahead)
    if ahead - measured.give_or_take <= CLOCK_SECONDS:
        within = max(measured.give_or_take, 0.01) + ahead
        return Line("clock", Level.OK, f"agrees with this machine's within {within:.2f} s")
    direction = "ahead of" if measured.ahead > 0 else "behind"
    what = f"the server's clock is {_span(ahead)} {direction} this machine's"
    means = "Ages are counted by this machine's clock: say --as-of if it is the one that is wrong."
    return Line("clock", Level.NOTE, what, means)


def members(case: LiveInspection) -> Line | None:
    """Judge the secondaries, where reads may go to one."""
    survey = case.survey
    if survey.topology is not Topology.REPLICA_SET:
        return None
    behind = {
        member.address: _lag(member, survey.members)
        for member in survey.members
        if member.role == "secondary"
    }
    if survey.preference == "primary" or not behind:
        return Line("reads from", Level.OK, f"the primary ({survey.preference})")
    late = {address: lag for address, lag in behind.items() if lag > LAG_SECONDS}
    if late:
        what = ", ".join(
            f"{address} is about {_span(lag)} behind the primary" for address, lag in late.items()
        )
        means = "A member that is more than 90 s behind is not read; a smaller lag makes the audit that much older."
        return Line("reads from", Level.NOTE, what, means)
    worst = max(behind.values())
    lag = f"at most {worst:.0f} s behind" if worst > _HEARTBEAT_SECONDS else "up to date"
    return Line("reads from", Level.OK, f"{survey.preference}; secondaries are {lag}")


def _lag(secondary: ServerMember, known: tuple[ServerMember, ...]) -> float:
    """How many seconds a secondary is behind the member that wrote last."""
    writes = [member.last_write for member in known if member.last_write is not None]
    return (max(writes) - secondary.last_write).total_seconds() if secondary.last_write and writes else 0.0


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
