"""Very many candidates are looked at again in few commands, and more than a server should be asked are not."""

from __future__ import annotations

from typing import Any

import pytest

from intact import check
from intact.findings import Report
from tests.live.office import AS_OF
from tests.servers.scripted import Command
from tests.servers.snapshots import SnapshotServer
from tests.servers.store import Store

CANDIDATES = 100_000
AT_MOST = 500


def audited(candidates: int, **options: Any) -> tuple[Report, list[Command]]:
    """Audit orders of which each names another subscription that is not there; give the commands of the look."""
    orders = [
        {
            "_id": number,
            "id": f"o{number}",
            "subscription_id": f"gone {number}",
            "customer_id": "c",
            "status": "confirmed",
            "created_at": AS_OF,
        }
        for number in range(candidates)
    ]
    people = {
        "customers_v2": [{"_id": 1, "id": "c", "user_id": "u"}],
        "users": [{"_id": 1, "id": "u", "customer_v2_id": "c"}],
    }
    empty: dict[str, Any] = {"subscriptions_v2": [], "delivery_statuses": [], "billing_records": []}
    store = Store({"orders": orders, **people, **empty})
    store.index("subscriptions_v2", "id")
    store.index("orders", "id")
    with SnapshotServer(store, topology="standalone") as server:
        report = check(
            server.uri(),
            as_of=AS_OF,
            reports=["invalid_references"],
            fail_on=["none"],
            model="delivery",
            **options,
        )
    sent = [each for each in server.commands if each.name not in {"hello", "endSessions"}]
    first = next((at for at, each in enumerate(sent) if _looks_up(each)), len(sent))
    return report, sent[first:]


def _looks_up(command: Command) -> bool:
    return any("$in" in each for each in command.body.get("filter", {}).values() if isinstance(each, dict))


@pytest.mark.full("a hundred thousand candidates")
def test_a_hundred_thousand_candidates_are_looked_at_again_with_at_most_five_hundred_commands() -> None:
    report, commands = audited(CANDIDATES)
    section = report["invalid_references"]
    assert section.counts["INVALID_SUBSCRIPTION_REFERENCE"] == CANDIDATES
    assert (section.unconfirmed, section.vanished) == (0, 0)
    assert report.complete
    assert 2 * CANDIDATES // 1000 <= len(commands) <= AT_MOST


def test_candidates_beyond_the_limit_are_unconfirmed_and_the_server_is_not_asked_for_them() -> None:
    report, commands = audited(2000, recheck_limit=100)
    section = report["invalid_references"]
    assert section.counts["INVALID_SUBSCRIPTION_REFERENCE"] == 2000
    assert section.unconfirmed == 1900
    assert report.exit_code == 3
    asked = {
        value
        for each in commands
        if _looks_up(each)
        for named in each.body["filter"].values()
        for value in named["$in"]
    }
    assert 0 < len(asked) <= 2 * 100
