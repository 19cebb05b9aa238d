"""A wait ends when somebody rings, and a plan follows its model's file."""

from __future__ import annotations

import os
import signal
import threading
import time as clocks
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intact.core.errors import ModelError, SourceError, UsageError
from intact.ledger.identity import is_server, subject_of
from intact.model import source_text
from intact.model.specs import Cadence
from intact.operations.schedule.clock import SystemClock
from intact.operations.schedule.plan import Plan, Plans, plan_apart, plan_of


@pytest.fixture
def clock() -> Iterator[SystemClock]:
    """The machine's clock."""
    clock = SystemClock()
    yield clock
    clock.close()


def test_a_signal_ends_a_wait(clock: SystemClock) -> None:
    handler = signal.signal(signal.SIGUSR1, lambda *_: clock.ring())
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        began = clocks.monotonic()
        clock.wait(60)
        assert clocks.monotonic() - began < 30
    finally:
        signal.signal(signal.SIGUSR1, handler)


def test_who_rings_before_somebody_waits_is_heard_and_only_once(clock: SystemClock) -> None:
    for _ in range(100_000):
        clock.ring()
    began = clocks.monotonic()
    while clocks.monotonic() - began < 30:
        waited = clocks.monotonic()
        clock.wait(0.5)
        if clocks.monotonic() - waited >= 0.4:
            break
    else:
        pytest.fail("it never stops ringing")


@pytest.mark.parametrize("model", ["delivery", "northwind"])
def test_a_plan_read_apart_is_the_same(model: str) -> None:
    assert plan_apart(model) == plan_of(model)


def test_a_plan_follows_the_file_of_its_model(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    text = source_text("delivery")
    file.write_text(text)
    plans = Plans(str(file))
    assert plans().reports[Cadence.DAILY] == ("billing",)
    assert plans() is plans()
    file.write_text(text.replace("cadence: weekly", "cadence: daily"))
    assert plans().reports[Cadence.DAILY] == ("billing", "status")
    file.write_text("nonsense: [")
    with pytest.raises(ModelError, match=r"mine\.yml"):
        plans()


def test_a_model_that_cannot_be_read_is_not_read_again_until_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("nonsense: [")
    read: list[str] = []

    def count(model: str) -> Plan:
        read.append(model)
        return plan_of(model)

    monkeypatch.setattr("intact.operations.schedule.plan.plan_apart", count)
    plans = Plans(str(file))
    for _ in range(3):
        with pytest.raises(ModelError):
            plans()
    assert len(read) == 1  # a daemon that read it every half a minute would not idle
    file.write_text(source_text("delivery"))
    assert plans().model == "delivery"


@pytest.mark.parametrize(
    ("source", "subject"),
    [
        ("mongodb://u:p@h/shop?tls=true", "mongodb://h:27017/shop"),
        ("mongodb://other:q@h:27017/shop", "mongodb://h:27017/shop"),
        ("/backup/shop", "/backup/shop"),
    ],
)
def test_who_reads_the_same_is_known_without_credentials(source: str, subject: str) -> None:
    assert subject_of(source, {}) == subject
    assert subject_of(None, {"MONGODB_URI": source}) == subject
    assert subject_of(source, {"INTACT_SOURCE": "/other"}) == subject


def test_nothing_to_audit_is_said() -> None:
    with pytest.raises(UsageError, match="nothing to audit"):
        subject_of(None, {})
    with pytest.raises(UsageError, match="only once"):
        subject_of("-", {})
    with pytest.raises(SourceError):
        subject_of("user:s3cret@host/db", {})


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("mongodb://h", True),
        (" MONGODB+SRV://h", True),
        ("u:p@h", True),
        ("/a/b:c@d", False),
        ("dump/shop", False),
        ("C:\\dump@home", False),
    ],
)
def test_what_is_meant_as_a_server(text: str, server: bool) -> None:
    assert is_server(text) is server


def test_times_are_utc() -> None:
    clock = SystemClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    clock.close()
