"""Each appearance of a finding is told once, to those who are to know, when they are to know it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from intact.ledger.history import Store, prune
from intact.operations.alerts import Snooze
from intact.operations.alerts.alert_store import LONGEST_PAUSE
from intact.operations.alerts.config import Digest, Names, Quiet
from tests.alerts.business import ALL, BEGIN, DAY, REST, URGENT, Office, Post, config, target


def test_what_is_new_is_told_once(office: Office) -> None:
    assert office.run({"d1"}) == ["shop: 1 finding new or back, worst DOUBLE_BILLING"]
    assert office.run({"d1"}) == []
    assert office.run({"d1", "d2"}) == ["shop: 1 finding new or back, worst DOUBLE_BILLING"]


def test_what_comes_back_is_told_again_and_said_to_have_come_back(office: Office) -> None:
    office.run({"d1"})
    office.run(set())
    office.run({"d1"})
    (_, letter) = office.post.taken[-1]
    assert "1 came back." in letter.body
    assert "CAME BACK" in letter.body
    assert "NEW" not in letter.body


def test_all_clear_is_told_once(office: Office) -> None:
    office.run({"d1", "s1"})
    assert office.run({"s1"}) == []
    assert office.run(set()) == ["shop: all clear again"]
    assert office.run(set()) == []
    assert office.run({"d1"}) != []
    assert office.run(set()) == ["shop: all clear again"]


def test_all_is_not_clear_while_part_of_it_could_not_be_checked(office: Office) -> None:
    office.run({"d1"})
    assert office.run(set(), reasons=("orders was not read whole",)) == ["the audit is incomplete"]
    assert office.run(set()) == ["shop: all clear again"]


def test_all_is_not_clear_while_what_is_snoozed_is_there(office: Office) -> None:
    office.run({"d1", "s1"})
    office.desk.book.snooze(Snooze(REST, BEGIN + 30 * DAY))
    assert office.run({"s1"}) == []
    assert office.run(set()) == ["shop: all clear again"]


def test_double_billing_is_told_at_once_and_the_rest_once_a_day(store: Store) -> None:
    office = Office(store, config(target()))
    office.run(set())  # nothing to tell
    office.now = BEGIN + DAY
    assert office.run({"s1"}) == ["shop: digest, 1 finding new or back, worst INVALID_ORDER_STATUS"]
    office.now = BEGIN + DAY + timedelta(hours=1)
    assert office.run({"s1", "s2", "d1"}) == ["shop: 1 finding new or back, worst DOUBLE_BILLING"]
    office.now = BEGIN + DAY + timedelta(hours=2)
    assert office.run({"s1", "s2", "s3", "d1"}) == []
    office.now = BEGIN + 2 * DAY
    assert office.run({"s1", "s2", "s3", "d1"}) == [
        "shop: digest, 2 findings new or back, worst INVALID_ORDER_STATUS"
    ]


def test_a_digest_is_sent_without_a_run_when_it_is_due(store: Store) -> None:
    office = Office(store, config(target(digest=Digest(None, time(8)))))
    office.run({"s1"})
    office.now = BEGIN + timedelta(hours=1)
    office.run({"s1", "s2"})
    office.now = BEGIN + timedelta(hours=1, minutes=59)
    assert office.desk.deliver().sent == ()
    office.now = BEGIN + timedelta(hours=2)
    assert len(office.desk.deliver().sent) == 1
    assert office.desk.deliver().sent == ()


def test_a_weekly_digest_comes_on_its_day(store: Store) -> None:
    office = Office(store, config(target(digest=Digest(0, time(5)))))  # BEGIN is a Thursday
    days = [
        (office.now.strftime("%a"), bool(office.run({f"s{n}" for n in range(day + 1)}))) for day in range(14)
    ]
    assert [day for day, sent in days if sent] == ["Thu", "Mon", "Mon"]  # the first run begins it


def test_who_wants_no_digest_is_told_of_nothing_else(store: Store) -> None:
    office = Office(store, config(target(digest=None)))
    assert office.run({"s1", "d1"}) == ["shop: 1 finding new or back, worst DOUBLE_BILLING"]
    assert office.run({"s1", "s2", "d1"}) == []
    assert office.run({"s1", "s2"}) == ["shop: all clear again"]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"types": frozenset({URGENT})}, {"d1"}),
        ({"types": frozenset({REST})}, {"s1"}),
        ({"severity": "CRITICAL"}, {"d1"}),
        ({"severity": "HIGH"}, {"d1", "s1"}),
        ({"reports": frozenset({"billing"})}, set()),
        ({"reports": frozenset({"status"})}, {"d1", "s1"}),
    ],
)
def test_who_chooses_is_told_of_what_they_chose(
    store: Store, chosen: dict[str, object], told: set[str]
) -> None:
    office = Office(store, config(target("duty", at_once=ALL, **chosen)))
    office.run({"d1", "s1"})
    assert {name for _, letter in office.post.taken for name in office.told(letter)} == told


# Not now


def test_in_quiet_hours_nobody_is_told_and_nothing_is_lost(store: Store) -> None:
    office = Office(store, config(target(at_once=ALL, quiet=Quiet(time(22), time(7)))))
    assert office.run({"d1"}) == []
    office.now = BEGIN + timedelta(hours=1)
    assert office.desk.deliver().sent == (
        ("duty", "intact: shop: 1 finding new or back, worst DOUBLE_BILLING"),
    )


def test_what_is_excepted_breaks_the_quiet(store: Store) -> None:
    quiet = Quiet(time(22), time(7), Names(frozenset({URGENT})))
    office = Office(store, config(target(at_once=ALL, quiet=quiet)))
    office.run({"d1", "s1"})
    assert [office.told(letter) for _, letter in office.post.taken] == [["d1"]]


@pytest.mark.parametrize("what", [REST, "customer_id=c-1"])
def test_what_is_snoozed_is_told_when_the_snooze_ends(office: Office, what: str) -> None:
    office.desk.book.snooze(Snooze(what, BEGIN + 3 * DAY))
    sent = [bool(office.run({"s11"})) for _ in range(5)]
    assert sent == [False, False, False, True, False]


def test_a_snooze_of_one_finding_is_for_that_one(office: Office) -> None:
    (mark,) = [each.fingerprint for each in office.record({"s11"}).sections[0].issues]
    office.now += DAY
    office.desk.book.snooze(Snooze(mark[:8], BEGIN + 9 * DAY))
    office.run({"s11", "s12"})
    assert [office.told(letter) for _, letter in office.post.taken] == [["s12"]]


def test_what_came_and_went_while_it_was_snoozed_is_never_told(office: Office) -> None:
    office.desk.book.snooze(Snooze(REST, BEGIN + 3 * DAY))
    for names in ({"s1"}, set(), set(), set(), set(), set()):
        assert office.run(names) == []


def test_a_snooze_can_be_ended(office: Office) -> None:
    office.desk.book.snooze(Snooze(REST, BEGIN + 30 * DAY))
    assert office.run({"s1"}) == []
    assert office.desk.book.wake(REST)
    assert not office.desk.book.wake(REST)
    assert office.run({"s1"}) != []


def test_what_the_baseline_accepts_is_not_told_until_it_is_accepted_no_longer(office: Office) -> None:
    office.run({"d1", "d2"}, accepted={"d1"})
    assert [office.told(letter) for _, letter in office.post.taken] == [["d2"]]
    assert office.run({"d1"}, accepted={"d1"}) == ["shop: all clear again"]
    office.run({"d1"})
    assert [office.told(letter) for _, letter in office.post.taken] == [["d2"], [], ["d1"]]


# Who cannot be reached


def test_an_alert_that_could_not_be_sent_is_kept_and_sent_later(office: Office) -> None:
    office.post.down = {"duty"}
    assert office.run({"d1"}) == []
    assert office.run({"d1", "d2"}) == []
    (note,) = office.desk.notes()
    assert "have not reached 'duty' since 2026-01-01 06:00 UTC (it is down)" in note
    office.post.down = set()
    assert office.run({"d1", "d2"}) == ["shop: 2 findings new or back, worst DOUBLE_BILLING"]
    assert office.desk.notes() == []


def test_what_is_resolved_before_it_could_be_told_is_told_all_the_same(office: Office) -> None:
    office.run(set())
    office.post.down = {"duty"}
    office.run({"d1"})
    office.post.down = set()
    assert office.run(set()) == ["shop: findings came and went"]
    assert "1 DOUBLE_BILLING" in office.post.taken[-1][1].body
    assert office.run(set()) == []


def test_who_cannot_be_reached_is_left_alone_for_longer_and_longer(office: Office) -> None:
    office.post.down = {"duty"}
    office.run({"d1"})
    office.now = BEGIN
    tries = []
    while office.now < BEGIN + 3 * DAY:
        if office.desk.deliver().failed:
            tries.append(office.now)
        office.now += timedelta(minutes=15)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps[0] < gaps[5] < gaps[7]
    assert max(gaps) <= LONGEST_PAUSE
    assert len(tries) < 25


def test_one_target_that_is_down_does_not_keep_the_other_from_hearing(store: Store) -> None:
    office = Office(store, config(target("a", at_once=ALL), target("b", at_once=ALL)))
    office.post.down = {"a"}
    office.run({"d1"})
    assert [name for name, _ in office.post.taken] == ["b"]
    office.post.down = set()
    office.run({"d1"})
    assert [name for name, _ in office.post.taken] == ["b", "a"]


# Runs that fail


def test_a_failed_run_is_told_once_a_day_while_it_fails_and_once_when_it_works(office: Office) -> None:
    office.run(set())
    sent = []
    for hour in range(48):
        office.now = BEGIN + DAY + timedelta(hours=hour)
        office.desk.failed("shop", f"no connection ({hour} s).")
        sent += [office.now - BEGIN - DAY for _ in office.desk.deliver().sent]
    assert sent == [timedelta(), timedelta(hours=23), timedelta(hours=46)]
    office.now = BEGIN + 4 * DAY
    assert office.run(set()) == ["the audit runs again"]
    assert office.run(set()) == []


def test_another_failure_is_told_at_once(office: Office) -> None:
    office.desk.failed("shop", "no connection.")
    assert len(office.desk.deliver().sent) == 1
    office.desk.failed("shop", "the disk is full.")
    assert len(office.desk.deliver().sent) == 1
    office.desk.failed("other", "the disk is full.")
    assert len(office.desk.deliver().sent) == 1


def test_a_failure_that_could_not_be_told_is_told_with_what_came_after(office: Office) -> None:
    office.post.down = {"duty"}
    office.desk.failed("shop", "no connection.")
    office.desk.deliver()
    office.post.down = set()
    office.now += DAY
    office.run({"d1"})
    ((_, letter),) = office.post.taken
    assert "a run failed" in letter.title
    assert letter.body.index("no connection") < letter.body.index("works again") < letter.body.index("d1")


def test_a_run_that_was_killed_is_told_by_the_next_one(office: Office) -> None:
    worker = subprocess.Popen([sys.executable, "-c", "pass"])
    worker.wait()
    office.desk.begin("shop")
    office.store.database.execute("UPDATE attempt SET holder = replace(holder, ?, ?)", _ids(worker.pid))
    assert office.run(set()) == ["the audit failed"]
    assert "never said how it ended" in office.post.taken[0][1].body


def _ids(dead: int) -> tuple[str, str]:
    return f" {os.getpid()}", f" {dead}"


def test_who_wants_no_failures_is_told_of_none(store: Store) -> None:
    office = Office(store, config(target(failures=False)))
    office.desk.failed("shop", "no connection.")
    assert office.desk.deliver().sent == ()


def test_mistakes_in_the_file_are_told_to_those_who_can_be(store: Store) -> None:
    office = Office(store, config(target(), problems=("alerts.yml:7: 'quite' is not part of a target.",)))
    office.desk.mistaken()
    office.desk.deliver()
    assert "alerts.yml:7" in office.post.taken[0][1].body
    office.config = config(target())
    office.desk.mistaken()
    office.desk.deliver()
    assert "right again" in office.post.taken[1][1].body


# What is remembered


def test_who_is_new_is_told_what_is_there_and_not_what_was(office: Office) -> None:
    office.run({"d1", "d2"})
    office.run({"d2"})
    office.config = config(*office.config.targets, target("new", at_once=ALL))
    office.run({"d2"})
    assert [(name, office.told(letter)) for name, letter in office.post.taken] == [
        ("duty", ["d1", "d2"]),
        ("new", ["d2"]),
    ]


def test_two_files_are_remembered_apart(office: Office) -> None:
    office.run({"d1"})
    office.config = replace(office.config, identity="other.yml")
    assert len(office.desk.deliver().sent) == 0  # it has been told of no audit yet
    assert office.run({"d1"}) != []


def test_pruning_does_not_have_anything_told_again(office: Office) -> None:
    office.run({"d1", "d2"})
    office.run({"d2"})
    office.now = BEGIN + 99 * DAY
    prune(office.store, keep_days=30, now=office.now)
    assert office.run({"d2"}) == []
    assert office.run({"d1", "d2"}) != []


def test_a_kill_between_sending_and_remembering_sends_once_more_and_loses_nothing(office: Office) -> None:
    class KilledError(Exception):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    office.record({"d1"})
    office.desk.watch("delivery", "shop", currency=None, urgent=[URGENT], link="")
    desk = office.desk
    desk.book.sent = kill  # type: ignore[method-assign, assignment]
    with pytest.raises(KilledError):
        desk.deliver()
    assert len(office.post.taken) == 1
    assert len(office.desk.deliver().sent) == 1
    assert len(office.post.taken) == 2
    assert office.desk.deliver().sent == ()


SENDER = """
import sys
from pathlib import Path
from intact.ledger.history import Store
from tests.alerts.business import ALL, Office, config, target

class Slow:
    def __call__(self, letters, urls, secrets, seconds):
        import time
        time.sleep(0.5)
        print(*[number for letter in letters.values() for number, _ in letter.told], flush=True)
        return dict.fromkeys(letters, "")

with Store(Path(sys.argv[1])) as store:
    office = Office(store, config(target(at_once=ALL)), Slow())
    office.desk.deliver()
"""


def test_two_processes_that_send_at_once_send_nothing_twice(office: Office) -> None:
    office.record({"d1", "d2", "d3"})
    office.desk.watch("delivery", "shop", currency=None, urgent=[URGENT], link="")
    command = [sys.executable, "-c", SENDER, str(office.store.path)]
    root = Path(__file__).parents[2]
    senders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(3)]
    said = [sender.communicate(timeout=60)[0].split() for sender in senders]
    assert sorted(len(each) for each in said) == [0, 0, 3]


@pytest.mark.full("a year of runs")
def test_a_year_agrees_with_a_naive_account(store: Store) -> None:
    """Faults come and go, receivers are down, runs are incomplete; who was told what, and how often, is known."""
    chance = random.Random(8)
    office = Office(store, config(target("duty", digest=None), target("office", at_once=Names())), Post())
    there: set[str] = set()
    waiting: dict[str, list[tuple[str, int]]] = {"duty": [], "office": []}
    alarm = {"duty": False, "office": False}
    since: dict[str, int] = {}
    clears = dict.fromkeys(alarm, 0)
    for day in range(365):
        for name in [f"{kind}{number}" for kind in "ds" for number in range(5)]:
            if chance.random() < (0.02 if name not in there else 0.15):
                there ^= {name}
                if name in there:
                    since[name] = day
                    waiting["office"].append((name, day))
                    if name.startswith("d"):
                        waiting["duty"].append((name, day))
        office.post.down = {name for name in alarm if chance.random() < 0.15}
        before = len(office.post.taken)
        office.run(set(there))
        letters = dict(office.post.taken[before:])
        assert len(letters) == len(office.post.taken) - before  # one letter each at most
        for name in clears:
            if name in office.post.down:
                assert name not in letters
                continue
            mine = [each for each in there if name == "office" or each.startswith("d")]
            told = sorted(office.told(letters[name])) if name in letters else []
            assert told == sorted(each for each, _ in waiting[name]), (day, name)
            open_ = [each for each, at in waiting[name] if each in there and since[each] == at]
            clear = name in letters and bool(letters[name].cleared)
            assert clear == (alarm[name] and not mine), (day, name)
            clears[name] += clear
            assert (name in letters) == bool(waiting[name] or clear)
            alarm[name] = bool(open_) or (alarm[name] and not clear)
            waiting[name] = []
    assert min(clears.values()) > 5
    assert len(office.post.taken) > 100
