"""Alerts reach real receivers: a mail server, and a webhook that fails, is slow, refuses, and recovers."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from intact.ledger.history import Store
from intact.operations.alerts import Notifier
from intact.operations.alerts.heartbeat import fail_url, ping
from intact.operations.alerts.notifications import Notification
from intact.operations.alerts.sending import send_all
from tests.alerts.business import ALL, URGENT, Office, config, target
from tests.alerts.receivers import Webhook, mail_server, webhook

LETTER = Notification("intact: something", "One line\n\nand another: ₹ 1,200", "failure")


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


@pytest.fixture
def office(tmp_path: Path, hook: Webhook) -> Iterator[Office]:
    """A business whose alerts go to the webhook, for real."""
    with Store(tmp_path / "history.sqlite") as store:
        to = replace(target(at_once=ALL), url=f"json://{hook.url}/hook")
        office = Office(store, config(to))
        office.post = send_all  # type: ignore[assignment]
        yield office


def sent(url: str, seconds: float = 10.0) -> str:
    return send_all({"it": LETTER}, {"it": url}, [], seconds)["it"]


def test_a_mail_arrives_as_it_was_written() -> None:
    mails: list[EmailMessage]
    with mail_server() as (port, mails):
        url = f"mailto://127.0.0.1:{port}/?from=intact@example.org&to=ops@example.org&format=text"
        assert sent(url) == ""
    (mail,) = mails
    assert mail["Subject"] == "intact: something"
    assert "ops@example.org" in mail["To"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().rstrip().splitlines() == ["One line", "", "and another: ₹ 1,200"]


def test_a_mail_is_readable_as_html_too() -> None:
    mails: list[EmailMessage]
    with mail_server() as (port, mails):
        assert sent(f"mailto://127.0.0.1:{port}/?from=intact@example.org&to=ops@example.org") == ""
    body = mails[0].get_body(("html", "plain"))
    assert body is not None
    assert "and another: ₹ 1,200" in body.get_content()


def test_a_webhook_gets_apprises_own_json(hook: Webhook) -> None:
    assert sent(f"json://{hook.url}/a") == ""
    (message,) = hook.messages("/a")
    assert message["version"] == "1.0"
    assert (message["title"], message["type"]) == (LETTER.title, "failure")
    assert message["message"] == LETTER.body


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_a_webhook_that_refuses_is_a_clause(hook: Webhook, status: int) -> None:
    hook.status = status
    assert sent(f"json://{hook.url}/a") == f"it answered with the status {status}"


def test_a_receiver_that_is_not_there_is_a_clause() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert sent(f"json://127.0.0.1:{port}/a") == "the connection was refused"


def test_a_receiver_without_a_name_is_a_clause() -> None:
    assert sent("json://there-is-no-such-host.invalid/a", 30) in {
        "its name is not known",
        "it did not answer in time",  # a resolver that is itself out of reach
    }


def test_a_slow_receiver_is_not_waited_for(hook: Webhook) -> None:
    hook.delay = 20
    began = time.monotonic()
    assert sent(f"json://{hook.url}/a", 1.0) == "it did not answer in time"
    assert time.monotonic() - began < 5


def test_a_slow_receiver_does_not_keep_another_waiting(hook: Webhook) -> None:
    hook.delay = 3
    urls = {"slow": f"json://{hook.url}/slow", "mail": "json://127.0.0.1:1/refused"}
    began = time.monotonic()
    outcomes = send_all(dict.fromkeys(urls, LETTER), urls, [], 10)
    assert outcomes == {"slow": "", "mail": "the connection was refused"}
    assert time.monotonic() - began < 9


def test_what_a_webhook_missed_while_it_failed_it_gets_when_it_recovers(
    office: Office, hook: Webhook
) -> None:
    office.run({"d1"})
    hook.status = 500
    office.run({"d1", "d2"})
    office.run({"d1", "d2", "d3"})
    (note,) = office.desk.notes()
    assert "it answered with the status 500" in note
    hook.status = 200
    office.run({"d1", "d2", "d3"})
    office.run({"d1", "d2", "d3"})
    titles = [message["title"] for message in hook.messages()]
    assert titles == [
        "intact: shop: 1 finding new or back, worst DOUBLE_BILLING",
        "intact: shop: 2 findings new or back, worst DOUBLE_BILLING",
    ]
    assert office.desk.notes() == []


def test_a_secret_is_in_no_sentence_about_a_failure(office: Office, hook: Webhook) -> None:
    hook.status = 500
    to = replace(target(at_once=ALL), url=f"json://auditor:s3cretword@{hook.url}/tokentoken")
    office.config = config(to, secrets=("s3cretword",))
    office.record({"d1"})
    office.desk.watch("delivery", "shop", currency=None, urgent=[URGENT], link="")
    delivery = Notifier(office.config, office.store).deliver()
    said = " ".join([*delivery.failed, *office.desk.notes()])
    assert "duty" in said
    assert "s3cret" not in said
    assert "token" not in said


def test_a_message_that_is_too_long_for_a_service_is_cut_and_not_refused(hook: Webhook) -> None:
    long = Notification("t", "worst first " + "x" * 100_000, "info")
    assert send_all({"it": long}, {"it": f"json://{hook.url}/a"}, [], 10) == {"it": ""}
    (message,) = hook.messages()
    assert message["message"].startswith("worst first")


# The dead man's switch


def test_the_switch_is_told_of_good_runs_and_of_bad_ones(hook: Webhook) -> None:
    assert ping(f"http://{hook.url}/abc", "exit code 0", good=True) == ""
    assert ping(f"http://{hook.url}/abc", "no connection", good=False) == ""
    assert hook.got == [("/abc", "exit code 0"), ("/abc/fail", "no connection")]


@pytest.mark.parametrize(
    ("url", "fails_at"),
    [
        ("https://hc-ping.com/uuid", "https://hc-ping.com/uuid/fail"),
        ("https://hc-ping.com/uuid/", "https://hc-ping.com/uuid/fail"),
        ("https://hc.example/key/slug?create=1", "https://hc.example/key/slug/fail?create=1"),
    ],
)
def test_a_failure_has_the_address_that_healthchecks_has_for_it(url: str, fails_at: str) -> None:
    assert fail_url(url) == fails_at


def test_a_switch_that_cannot_be_told_is_a_clause(hook: Webhook) -> None:
    hook.status = 404
    assert ping(f"http://{hook.url}/abc", "", good=True) == "it answered with the status 404"
    hook.status, hook.delay = 200, 5
    assert ping(f"http://{hook.url}/abc", "", good=True, seconds=0.3) == "it did not answer in time"
    assert ping("http://127.0.0.1:1/abc", "", good=True) == "it cannot be reached"


# A kill at any moment

KILLER = """
import os, random, signal, sys, time
from datetime import timedelta
from pathlib import Path
from intact.operations.alerts import notifications
from intact.operations.alerts.sending import send_all, url_mistake
from intact.ledger.history import Store
from tests.alerts.business import ALL, BEGIN, URGENT, Office, config, target
from dataclasses import replace

url_mistake(sys.argv[2])  # Apprise reads its services now, and not in each worker
notifications.CAUSES = 1000  # all are told one by one
path, url, chance, kills = Path(sys.argv[1]), sys.argv[2], random.Random(3), 0

def office(store, number):
    made = Office(store, config(replace(target(at_once=ALL), url=url)), now=BEGIN + timedelta(hours=number))
    made.post = send_all
    return made

usual, number = 0.0, 0  # seconds that a delivery takes which nothing disturbs
while kills < 100:
    with Store(path) as store:
        one = office(store, number)
        one.record({f"d{n}x" for n in range(number + 1)})
        one.desk.watch("delivery", "shop", currency=None, urgent=[URGENT], link="")
    began, worker = time.monotonic(), os.fork()
    if not worker:
        with Store(path) as store:
            office(store, number).desk.deliver()
        os._exit(0)
    if number % 10:
        time.sleep(chance.uniform(0, usual))
        os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    kills += os.WIFSIGNALED(status)
    if not number % 10:
        usual = time.monotonic() - began
    number += 1
with Store(path) as store:
    delivery = office(store, number).desk.deliver()
    assert not delivery.failed, delivery
    assert not office(store, number + 1).desk.deliver().sent
print(number, kills)
"""


@pytest.mark.full("a hundred processes are killed")
def test_a_kill_at_a_hundred_random_moments_loses_nothing_and_repeats_what_was_on_its_way(
    tmp_path: Path, hook: Webhook
) -> None:
    """Each finding is told; twice only where a kill came between sending and remembering."""
    command = [sys.executable, "-c", KILLER, str(tmp_path / "history.sqlite"), f"json://{hook.url}/hook"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=600
    )
    recorded, kills = map(int, done.stdout.split())
    letters = [re.findall(r"Order d(\d+)x is wrong", message["message"]) for message in hook.messages()]
    assert {number for letter in letters for number in letter} == {str(number) for number in range(recorded)}
    told: set[str] = set()
    repeated = 0
    for letter in letters:
        repeated += not told.isdisjoint(letter)
        told.update(letter)
    assert letters
    assert repeated <= kills == 100
