"""What could make alerts lie, come twice or never: baselines, subsets, clocks that jump, targets that are gone."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intact.core.errors import HistoryError
from intact.findings.records import Report
from intact.ledger.history import Store
from intact.operations.alerts import RunAlerts
from intact.operations.alerts.clock import is_quiet, quiet_until
from intact.operations.alerts.config import Digest, Quiet
from tests.alerts.business import ALL, BEGIN, DAY, Office, config, target
from tests.alerts.receivers import Webhook, webhook
from tests.cli.running import invoke
from tests.sample_data import DEMO_AS_OF, write_dump
from tests.support.effort import share

AS_OF = f"{DEMO_AS_OF:%Y-%m-%dT%H:%M}"
HOUR = timedelta(hours=1)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("faulty")
    write_dump(place, orders=400, seed=7, faults=4, as_of=DEMO_AS_OF)
    return next(path for path in (place, *place.iterdir()) if any(path.glob("*.bson")))


@pytest.fixture
def alerts(tmp_path: Path, hook: Webhook) -> Path:
    file = tmp_path / "alerts.yml"
    switch, url = f"http://{hook.url}/switch", f"json://{hook.url}/duty"
    file.write_text(f"dead-mans-switch: {switch}\ntargets:\n  duty:\n    url: {url}\n    at-once: all\n")
    return file


def check(source: Path, alerts: Path, *more: str) -> tuple[int, str]:
    result = invoke("check", str(source), "--as-of", AS_OF, "--alerts", str(alerts), *more, "-q")
    return result.exit_code, result.stderr


def accepted(source: Path, tmp_path: Path, *types: str) -> str:
    """Accept all findings of some types, none or any money; give the option that says so."""
    file = tmp_path / "accepted.baseline"
    file.write_text(
        "".join(
            f"[rule {name}]\nreason: known\nowner: shop\naccepted: 2020-01-01\nexpires: 2199-01-01\nmoney: any\n\n"
            for name in types
        )
    )
    assert source.exists()
    return f"--baseline={file}"


def told(hook: Webhook) -> str:
    return "\n".join(message["message"] for message in hook.messages("/duty"))


# What is accepted is nobody's news


def test_what_is_accepted_is_not_told_though_the_report_does_not_list_it(
    alerts: Path, hook: Webhook, faulty: Path, tmp_path: Path
) -> None:
    option = accepted(faulty, tmp_path, "UNBILLED_ORDER")
    check(faulty, alerts, option, "--limit", "1")
    assert "DOUBLE_BILLING" in told(hook)
    assert "UNBILLED_ORDER" not in told(hook)


def test_a_run_of_another_report_has_nothing_told_that_is_accepted(
    alerts: Path, hook: Webhook, faulty: Path, tmp_path: Path
) -> None:
    option = accepted(faulty, tmp_path, "UNBILLED_ORDER")
    check(faulty, alerts, option)
    check(faulty, alerts, option, "--report", "status")
    assert len(hook.messages("/duty")) == 1
    assert "UNBILLED_ORDER" not in told(hook)


# A run of one report says nothing of another


def test_a_good_run_of_one_report_does_not_say_that_another_works_again(
    alerts: Path, hook: Webhook, tmp_path: Path
) -> None:
    place = tmp_path / "dump"
    write_dump(place, orders=400, seed=7, faults=0, as_of=DEMO_AS_OF)
    (cut,) = place.rglob("billing_records.bson")
    cut.write_bytes(cut.read_bytes()[:-50])
    source = cut.parent
    for _ in range(3):
        assert check(source, alerts, "--report", "billing")[0] == 3
        assert check(source, alerts, "--report", "status")[0] == 0
    titles = [message["title"] for message in hook.messages("/duty")]
    assert len(titles) == 1
    assert "incomplete" in titles[0]
    assert "billing" in told(hook)


# Clocks that jump


def test_a_clock_that_was_years_ahead_silences_nobody(office: Office) -> None:
    office.run(set())
    office.now = BEGIN.replace(year=2031)
    office.post.down = {"duty"}
    office.run({"d1"})
    office.post.down = set()
    office.now = BEGIN + 2 * DAY
    assert office.run({"d1"}) == ["shop: 1 finding new or back, worst DOUBLE_BILLING"]


def test_a_digest_comes_though_the_last_was_sent_by_a_clock_years_ahead(store: Store) -> None:
    office = Office(store, config(target(digest=Digest(None, time(5)))))
    office.now = BEGIN.replace(year=2031)
    office.run({"s1"})
    office.now = BEGIN + 2 * DAY
    assert office.run({"s1", "s2"}) == ["shop: digest, 1 finding new or back, worst INVALID_ORDER_STATUS"]


def test_who_was_being_told_by_another_machine_years_ahead_is_told(office: Office) -> None:
    office.run(set())
    ahead = int(BEGIN.replace(year=2031).timestamp() * 1000)
    office.store.database.execute("INSERT INTO lease VALUES ('alerts 1', 'elsewhere 17', ?, 0)", (ahead,))
    assert office.run({"d1"}) != []


def test_the_end_of_quiet_hours_is_the_second_one_where_the_clock_goes_back() -> None:
    zone, quiet = ZoneInfo("Europe/Berlin"), Quiet(time(22), time(2, 30))
    now = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert is_quiet(quiet, now, zone)
    assert quiet_until(quiet, now, zone) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


# Who is gone, who is misspelt


def test_who_could_not_be_reached_and_is_no_longer_in_the_file_is_forgotten(office: Office) -> None:
    office.config = config(target("duty", at_once=ALL), target("old", at_once=ALL))
    office.post.down = {"old"}
    office.run({"d1"})
    assert len(office.desk.notes()) == 1
    office.config = config(target("duty", at_once=ALL))
    assert office.desk.notes() == []
    assert office.desk.failing() == []


def test_the_switch_hears_that_a_target_is_misspelt(alerts: Path, hook: Webhook, faulty: Path) -> None:
    alerts.write_text(alerts.read_text() + "  office:\n    url: jsn://nowhere\n")
    check(faulty, alerts)
    assert hook.got[-1][0] == "/switch/fail"


# What was sent is not sent again by the same run


def test_what_was_sent_and_cannot_be_remembered_is_said_and_not_sent_at_once_again(office: Office) -> None:
    office.record({"d1"})
    desk = office.desk
    desk.watch("delivery", "shop", currency=None, urgent=["DOUBLE_BILLING"], link="")

    def full(*_: object, **__: object) -> None:
        raise HistoryError("the disk is full")

    desk.book.sent = full  # type: ignore[method-assign]
    delivery = desk.deliver()
    assert len(office.post.taken) == 1
    (sentence,) = delivery.failed
    assert "may come again" in sentence
    assert "the disk is full" in sentence


def test_a_target_of_which_a_failure_cannot_be_kept_does_not_keep_the_others_from_hearing(
    store: Store,
) -> None:
    office = Office(store, config(target("a", at_once=ALL), target("b", at_once=ALL)))
    office.post.down = {"a"}
    office.record({"d1"})
    desk = office.desk
    desk.watch("delivery", "shop", currency=None, urgent=["DOUBLE_BILLING"], link="")

    def full(*_: object) -> None:
        raise HistoryError("the disk is full")

    desk.book.failed = full  # type: ignore[method-assign, assignment]
    delivery = desk.deliver()
    assert [name for name, _ in delivery.sent] == ["b"]
    assert any("'a'" in sentence for sentence in delivery.failed)


def test_that_an_alert_is_kept_is_said_only_where_it_is(alerts: Path, hook: Webhook, faulty: Path) -> None:
    hook.status = 500
    _, stderr = check(faulty, alerts, "--no-history")
    assert "there is nothing to keep it in" in stderr
    assert "is kept" not in stderr
    _, stderr = check(faulty, alerts)
    assert "It is kept, and tried again" in stderr


# Digests come on their day


def test_a_weekly_digest_of_nothing_is_not_made_up_for_in_the_week(store: Store) -> None:
    office = Office(store, config(target(digest=Digest(0, time(5)))))  # BEGIN is a Thursday
    days = []
    for day in range(16):
        names = {"s1"} if day >= 6 else set()  # a Wednesday
        days.append((office.now.strftime("%a"), bool(office.run(names))))
    assert [(day, name) for day, (name, sent) in enumerate(days) if sent] == [(11, "Mon")]


# Nothing is remembered, all is told


def test_without_a_history_the_numbers_are_true_though_the_report_lists_few(
    alerts: Path, hook: Webhook, faulty: Path
) -> None:
    check(faulty, alerts, "--no-history")
    check(faulty, alerts, "--no-history", "--limit", "1")
    first, second = (message["title"] for message in hook.messages("/duty"))
    assert first == second


def test_a_disk_without_room_for_temporary_files_changes_neither_verdict_nor_news(
    alerts: Path, hook: Webhook, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    tell = RunAlerts.tell

    def without_room(self: RunAlerts, report: Report, **more: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("tempfile.mkdtemp", full)
            tell(self, report, **more)

    monkeypatch.setattr(RunAlerts, "tell", without_room)
    monkeypatch.setenv("INTACT_HISTORY", "/proc/there/is/none.sqlite")
    assert check(faulty, alerts)[0] == 1
    assert "DOUBLE_BILLING" in told(hook)


@pytest.mark.spread(1)
@pytest.mark.parametrize("where", ["watch", "deliver", "mistaken", "notes", "begin"])
def test_the_verdict_stays_the_same_whatever_breaks_in_telling(
    alerts: Path, faulty: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("who would have thought")

    monkeypatch.setattr(f"intact.operations.alerts.notifier.Notifier.{where}", broken)
    code, stderr = check(faulty, alerts)
    assert code == 1
    assert "who would have thought" in stderr
    assert "Traceback" not in stderr


def test_whatever_is_damaged_in_the_file_people_are_told(alerts: Path, hook: Webhook, faulty: Path) -> None:
    """Bytes changed anywhere in the history: exit code and alerts are what they would have been, or it is said."""
    chance = random.Random(5)
    path = Path(os.environ["INTACT_HISTORY"])
    assert check(faulty, alerts, "--report", "phantom_deliveries")[0] == 1
    sound = path.read_bytes()
    with closing(sqlite3.connect(path)) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
    assert len(sound) > 5 * size
    for _ in range(share(60)):
        data = bytearray(sound)
        for _ in range(chance.choice([1, 5, 60])):
            data[chance.randrange(100, len(data))] = chance.choice([0, 255, 34, chance.randrange(256)])
        path.write_bytes(data)
        code, stderr = check(faulty, alerts, "--report", "phantom_deliveries")
        assert code == 1
        assert "Traceback" not in stderr
        assert "unexpected" not in stderr


# Snoozing


def test_a_snooze_that_has_ended_before_it_begins_is_refused(alerts: Path) -> None:
    result = invoke("alerts", "--alerts", str(alerts), "snooze", "DOUBLE_BILLING", "--until", "2020-01-01")
    assert result.exit_code == 2
    assert "has passed" in result.stderr


def test_what_a_snooze_does_is_said(alerts: Path) -> None:
    base = ("alerts", "--alerts", str(alerts), "snooze", "DOUBLE_BILLING")
    assert "DOUBLE_BILLING" in invoke(*base, "--until", "2199-01-01").stdout
    assert "DOUBLE_BILLING" in invoke(*base, "--off").stdout


def test_an_accepted_finding_becomes_news_when_its_entry_ends(office: Office) -> None:
    report = office.record({"d1", "d2"}, accepted={"d1"})
    assert report.changes is not None
    office.now += DAY
    office.desk.watch("delivery", "shop", currency=None, urgent=["DOUBLE_BILLING"], link="")
    office.desk.deliver()
    office.record({"d1", "d2"})
    office.desk.deliver()
    assert [office.told(letter) for _, letter in office.post.taken] == [["d2"], ["d1"]]
