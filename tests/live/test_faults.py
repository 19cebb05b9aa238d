"""Faults in the middle of an audit: the same findings as without, or an incomplete run that says what is missing.

Each fault strikes at the first, a middle and the last batch of a scan, in each mode, and while findings are looked at
again. The data stand still, so that what must be found is what was planted. The runs fail on nothing that they find:
0 is for a complete run, 3 for one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pytest

from intact.sources.mongodb import retry as mongo_retry
from tests.live.audits import Audit, audit, many_ranges
from tests.live.history import Planted, planted_business
from tests.servers.scripted import Close, Command, Error, Garbage, Half, Silence, Step
from tests.servers.snapshots import Injection, Place, SnapshotServer
from tests.support.memory import MemorySource

ONE_MOMENT: Final = "one moment"
SHORT: Final = "a window too short"
STANDALONE: Final = "a standalone"
PLACES: Final[tuple[Place, ...]] = ("first", "middle", "last")
BUSINESS: Final = (3, 60)
"""Seed and orders of the business that is audited."""

EXPIRES_AFTER: Final = 6
"""Batches after which nothing can be read any more as of the moment at which reading began."""

CHILD, PARENT = "orders", "customers_v2"
"""Of these two, one is read early and one late; one refers to the other."""

SPOTS: Final[tuple[tuple[Place, str], ...]] = (("first", PARENT), ("middle", CHILD), ("last", CHILD))

NAMES: Final = {
    43: "CursorNotFound", 50: "MaxTimeMSExpired", 91: "ShutdownInProgress", 175: "QueryPlanKilled",
    189: "PrimarySteppedDown", 239: "SnapshotTooOld", 246: "SnapshotUnavailable", 10107: "NotWritablePrimary",
    11600: "InterruptedAtShutdown", 11602: "InterruptedDueToReplStateChange", 13388: "StaleConfig",
    13436: "NotPrimaryOrSecondary",
}  # fmt: skip
STEPS: Final[Mapping[str, Step]] = {
    **{f"{code} {name}": Error(code, "it happens", name) for code, name in NAMES.items()},
    "connection reset": Close(),
    "half a message": Half(),
    "garbage": Garbage(b"\xff\xfe\xfd" * 40),
    "a silent server": Silence(),
}
ONCE: Final = [
    (fault, mode, *SPOTS[(number + turn) % len(SPOTS)])
    for number, fault in enumerate(STEPS)
    for turn, mode in enumerate((ONE_MOMENT, STANDALONE))
]
"""Each fault in each mode, each time at another spot: all three for each would show little more, and take long."""

ALWAYS: Final = [
    (fault, *where)
    for number, fault in enumerate(STEPS)
    for where in ((STANDALONE, PLACES[number % len(PLACES)]), (ONE_MOMENT, "middle"))
]
"""The same of faults that stay."""


def revoke(collection: str) -> Callable[[SnapshotServer], None]:
    return lambda server: server.revoked.add(collection)


def drop(collection: str) -> Callable[[SnapshotServer], None]:
    return lambda server: server.store.drop(collection)


@pytest.fixture(autouse=True)
def in_short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nothing wait longer than it must, and everything be read in several ranges."""
    monkeypatch.setattr(mongo_retry, "_FIRST_PAUSE", 0.002)
    monkeypatch.setattr(mongo_retry, "_LONGEST_PAUSE", 0.1)
    monkeypatch.setattr("tests.live.audits.SECONDS", 1.0)
    with many_ranges():
        yield


@dataclass(frozen=True)
class Struck:
    """An audit, and the fault that it met."""

    audit: Audit
    injection: Injection
    planted: Planted

    def same_findings(self) -> None:
        """All was found, and nothing is said to be missing."""
        assert self.audit.found == self.planted.planted
        assert self.audit.report.complete, self.said
        assert self.audit.report.exit_code == 0

    def nothing_concealed(self) -> None:
        """What is missing is missing in checks that say so, and say why."""
        report = self.audit.report
        # By fingerprint: of a group, a run that has read a part may name a part of the documents.
        found = {issue["fingerprint"] for _, issue in self.audit.issues.values()}
        assert not found - _planted_fingerprints(), "found, and never true"
        missing = self.planted.planted - self.audit.found
        if report.complete:
            assert not missing
            return
        assert report.exit_code == 3
        assert self.injection.collection in self.said
        withheld = {
            (section.name, outcome.type)
            for section in report.sections
            for outcome in section.outcomes
            if outcome.reasons
        }
        # Values that cannot be read are found by whatever needs them: no check of their own says that it is missing.
        partly = {(name, "UNREADABLE_VALUE") for name, _ in withheld}
        assert {name[:2] for name in missing} <= withheld | partly

    @property
    def said(self) -> str:
        """All that the report says of what could not be done."""
        report = self.audit.report
        reasons = [reason for outcome in report.not_evaluated for reason in outcome.reasons]
        return "\n".join([*map(str, report.troubles), *reasons])


def run(
    mode: str,
    collection: str,
    place: Place,
    step: Step | None = None,
    act: Callable[[SnapshotServer], None] | None = None,
    *,
    times: int = 1,
    members: int = 1,
) -> Struck:
    """Audit a server on which a fault strikes."""
    planted = planted_business(*BUSINESS)
    injection = Injection(collection, place, step, act, times)
    topology: Any = "standalone" if mode == STANDALONE else "replica set"
    servers = [SnapshotServer(planted.store, topology=topology, batch_documents=8) for _ in range(members)]
    for server in servers:
        server.__enter__()
    try:
        first, *others = servers
        if others:
            first.join(*others)
        first.inject(injection)
        asked = iter(range(10**9))

        def shorten(command: Command) -> None:
            if "readConcern" in command.body and next(asked) == EXPIRES_AFTER:
                for each in servers:
                    each.expire()

        for server in servers:
            server.between = shorten if mode == SHORT else None
        options: dict[str, Any] = {"serverSelectionTimeoutMS": 700, "heartbeatFrequencyMS": 500}
        done = audit(first.uri(**options), fail_on=["none"])
    finally:
        for server in servers:
            server.stop()
    assert injection.struck, "the fault never struck"
    return Struck(done, injection, planted)


@cache
def _planted_fingerprints() -> frozenset[str]:
    """The fingerprints of what was planted, of an audit of the same documents in memory."""
    planted = planted_business(*BUSINESS)
    done = audit(MemorySource(planted.store.state()))
    assert done.found == planted.planted
    return frozenset(issue["fingerprint"] for _, issue in done.issues.values())


@pytest.mark.parametrize("mode", [ONE_MOMENT, SHORT, STANDALONE])
def test_without_a_fault_all_is_found(mode: str) -> None:
    struck = run(mode, CHILD, "middle")
    struck.same_findings()
    assert struck.audit.report.run.one_moment is (mode == ONE_MOMENT)
    assert struck.audit.of_state(None if mode == ONE_MOMENT else "confirmed") == struck.planted.planted


@pytest.mark.spread(5)
@pytest.mark.parametrize(("fault", "mode", "place", "collection"), ONCE)
def test_what_goes_wrong_once_changes_nothing(fault: str, mode: str, place: Place, collection: str) -> None:
    struck = run(mode, collection, place, STEPS[fault])
    struck.same_findings()
    left = mode == ONE_MOMENT and fault.startswith(("239", "246"))
    assert struck.audit.report.run.one_moment is (mode == ONE_MOMENT and not left)


@pytest.mark.spread(2)
@pytest.mark.parametrize("fault", STEPS)
def test_what_goes_wrong_once_past_the_window_changes_nothing(fault: str) -> None:
    run(SHORT, CHILD, "last", STEPS[fault]).same_findings()


@pytest.mark.spread(4)
@pytest.mark.parametrize(("fault", "mode", "place"), ALWAYS)
def test_what_goes_wrong_again_and_again_is_said(fault: str, mode: str, place: Place) -> None:
    struck = run(mode, PARENT, place, STEPS[fault], times=10**6)
    struck.nothing_concealed()
    if mode == STANDALONE or not fault.startswith(("239", "246")):
        assert not struck.audit.report.complete


@pytest.mark.spread(4)
@pytest.mark.parametrize(("place", "collection"), SPOTS)
@pytest.mark.parametrize("mode", [ONE_MOMENT, SHORT, STANDALONE])
@pytest.mark.parametrize(
    "what", ["credentials revoked", "collection dropped", "server lost", "credentials revoked for all"]
)
def test_what_is_lost_in_the_middle_is_said(what: str, mode: str, place: Place, collection: str) -> None:
    acts = {
        "credentials revoked": revoke(collection),
        "credentials revoked for all": revoke("*"),
        "collection dropped": drop(collection),
        "server lost": SnapshotServer.lose,
    }
    struck = run(mode, collection, place, Close() if what == "server lost" else None, acts[what])
    struck.nothing_concealed()
    assert not struck.audit.report.complete


@pytest.mark.spread(2)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("mode", [ONE_MOMENT, SHORT])
def test_a_member_lost_for_good_leaves_another_to_read_on(mode: str, place: Place) -> None:
    struck = run(mode, CHILD, place, Close(), SnapshotServer.lose, members=2)
    struck.same_findings()


@pytest.mark.spread(2)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("mode", [ONE_MOMENT, SHORT])
def test_an_election_in_the_middle_changes_nothing(mode: str, place: Place) -> None:
    def elect(server: SnapshotServer) -> None:
        leader = next(each for each in [server, *server.others] if each.primary)
        leader.step_down()

    run(mode, CHILD, place, Error(11602, "interrupted"), elect, members=2).same_findings()


@pytest.mark.spread(3)
@pytest.mark.parametrize("mode", [SHORT, STANDALONE])
@pytest.mark.parametrize("fault", STEPS)
def test_what_goes_wrong_once_while_looking_again_loses_no_finding(fault: str, mode: str) -> None:
    for collection in (CHILD, PARENT):
        struck = run(mode, collection, "look", STEPS[fault])
        assert struck.audit.found == struck.planted.planted
        assert struck.audit.report.complete is (not struck.audit.of_state("unconfirmed"))


@pytest.mark.spread(3)
@pytest.mark.parametrize("mode", [SHORT, STANDALONE])
@pytest.mark.parametrize("fault", [*STEPS, "credentials revoked", "server lost"])
def test_what_goes_wrong_again_and_again_while_looking_again_leaves_findings_unconfirmed(
    fault: str, mode: str
) -> None:
    acts = {"credentials revoked": revoke(PARENT), "server lost": SnapshotServer.lose}
    step = STEPS.get(fault, Close() if fault == "server lost" else None)
    struck = run(mode, PARENT, "look", step, acts.get(fault), times=10**6)
    assert struck.audit.found == struck.planted.planted
    assert struck.audit.of_state("unconfirmed")
    assert not struck.audit.report.complete
    assert struck.audit.report.exit_code == 3
    assert PARENT in struck.said


@pytest.mark.parametrize("mode", [SHORT, STANDALONE])
def test_a_collection_dropped_while_looking_again_gives_no_finding_that_never_was(mode: str) -> None:
    struck = run(mode, PARENT, "look", None, drop(PARENT))
    assert not struck.audit.found - struck.planted.planted
