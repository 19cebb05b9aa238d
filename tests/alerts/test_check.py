"""``intact check --alerts``: whoever is to know hears how it ended, and it ends as it would have without."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from intact.ledger.history import Store
from tests.alerts.receivers import Webhook, webhook
from tests.cli.running import PROGRAM, environment, invoke, run
from tests.sample_data import DEMO_AS_OF, write_dump

AS_OF = f"{DEMO_AS_OF:%Y-%m-%dT%H:%M}"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


def dump(place: Path, faults: int) -> Path:
    write_dump(place, orders=400, seed=7, faults=faults, as_of=DEMO_AS_OF)
    return next(path for path in (place, *place.iterdir()) if any(path.glob("*.bson")))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dump(tmp_path_factory.mktemp("faulty"), 2)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dump(tmp_path_factory.mktemp("clean"), 0)


@pytest.fixture
def alerts(tmp_path: Path, hook: Webhook) -> Path:
    """Two who are told by the webhook, and a dead man's switch there."""
    file = tmp_path / "alerts.yml"
    file.write_text(
        f"""
dead-mans-switch: http://{hook.url}/switch
targets:
  duty:
    url: json://{hook.url}/duty
    digest: none
  office:
    url: json://{hook.url}/office
    at-once: all
"""
    )
    return file


def check(source: Path | str, alerts: Path, *more: str, **variables: str) -> tuple[int, str]:
    result = invoke("check", str(source), "--as-of", AS_OF, "--alerts", str(alerts), *more, "-q", **variables)
    return result.exit_code, result.stderr


def test_double_billing_and_phantom_deliveries_are_told_at_once_and_once(
    alerts: Path, hook: Webhook, faulty: Path
) -> None:
    assert check(faulty, alerts) == (1, "")
    (message,) = hook.messages("/duty")
    assert "DOUBLE_BILLING" in message["message"]
    assert "PHANTOM_DELIVERY_NO_ORDER" in message["message"]
    assert "UNBILLED_ORDER" not in message["message"]
    assert check(faulty, alerts) == (1, "")
    assert len(hook.messages("/duty")) == len(hook.messages("/office")) == 1


def test_no_personal_value_is_told(alerts: Path, hook: Webhook, faulty: Path, tmp_path: Path) -> None:
    shown = tmp_path / "clear.json"
    assert check(faulty, alerts, "--show-personal", "--output", str(shown))[0] == 1
    clear = json.loads(shown.read_text())
    masked = invoke("check", str(faulty), "--as-of", AS_OF, "--format", "json", "-q", "--no-history")
    told = "\n".join(text for _, text in hook.got)
    secret = _texts(clear) - _texts(json.loads(masked.stdout))
    personal = {text for text in secret if "@" in text or text.startswith("+")}
    assert len(personal) > 3
    assert [text for text in personal if text in told] == []


def _texts(value: object) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {value} if isinstance(value, str) and len(value) > 4 else set()


def test_the_switch_is_told_of_a_good_run(alerts: Path, hook: Webhook, clean: Path) -> None:
    assert check(clean, alerts) == (0, "")
    assert [path for path, _ in hook.got] == ["/switch"]


def test_findings_make_a_run_none_the_worse_for_the_switch(alerts: Path, hook: Webhook, faulty: Path) -> None:
    check(faulty, alerts)
    assert hook.got[-1][0] == "/switch"


@pytest.mark.parametrize(
    ("source", "more", "says"),
    [
        ("/there/is/no/such/dump", (), "no such file"),
        ("mongodb://auditor:s3cret@@nowhere/shop", (), "failed"),
        ("mongodb://auditor:s3cret@127.0.0.1:1/shop?serverSelectionTimeoutMS=200", (), "failed"),
        ("", ("--model", "delivry"), "delivery"),
        ("", ("--output", "/there/is/no/folder/report.html"), "/there/is/no/folder"),
        ("", ("--fail-on", "DOUBLE_BILING"), "DOUBLE_BILING"),
        ("", ("--fial-on", "none"), "--fial-on"),
        ("", ("--limit", "many"), "many"),
    ],
)
def test_a_run_that_fails_is_told_with_its_reason_and_without_its_secrets(
    alerts: Path, hook: Webhook, clean: Path, source: str, more: tuple[str, ...], says: str
) -> None:
    code, stderr = check(source or clean, alerts, *more)
    assert code == 2
    (message,) = hook.messages("/duty")
    assert message["type"] == "failure"
    assert says in message["message"]
    assert hook.got[-1][0] == "/switch/fail"
    everything = stderr + "".join(text for _, text in hook.got)
    assert "s3cret" not in everything
    assert "Traceback" not in everything


def test_after_a_failure_it_is_told_that_the_audit_works_again(
    alerts: Path, hook: Webhook, clean: Path
) -> None:
    moved = clean.with_name("moved")
    clean.rename(moved)
    check(clean, alerts)
    moved.rename(clean)
    check(clean, alerts)
    assert [message["title"] for message in hook.messages("/duty")] == [
        "intact: the audit failed",
        "intact: the audit runs again",
    ]


def test_a_run_that_could_not_check_everything_is_told(alerts: Path, hook: Webhook, tmp_path: Path) -> None:
    broken = dump(tmp_path / "dump", 0)
    orders = broken / "orders.bson"
    orders.write_bytes(orders.read_bytes()[:-100])
    assert check(broken, alerts)[0] == 3
    (message,) = hook.messages("/duty")
    assert "incomplete" in message["title"]
    assert "orders" in message["message"]
    assert hook.got[-1][0] == "/switch/fail"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_end_says_so(
    alerts: Path, hook: Webhook, tmp_path: Path, number: signal.Signals
) -> None:
    command = [*PROGRAM, "check", "-", "--collection", "orders", "--alerts", str(alerts), "-q"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    with Store(Path(os.environ["INTACT_HISTORY"])) as store:
        for _ in range(200):  # until the run has begun
            if store.database.execute("SELECT 1 FROM attempt").fetchone():
                break
            time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    (message,) = hook.messages("/duty")
    assert "interrupted, or told to end" in message["message"]
    assert hook.got[-1][0] == "/switch/fail"


def test_a_run_that_was_killed_is_told_by_the_next(alerts: Path, hook: Webhook, clean: Path) -> None:
    code = (
        "import os, signal, sys\nfrom intact.cli import main\nimport intact.audit.run\n"
        "def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
        "intact.audit.run.check = die\nsys.argv[0] = 'intact'\nmain()"
    )
    command = [sys.executable, "-c", code, "check", str(clean), "--alerts", str(alerts), "-q"]
    done = subprocess.run(command, env=environment(), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert hook.got == []
    assert check(clean, alerts)[0] == 0
    (message,) = hook.messages("/duty")
    assert "never said how it ended" in message["message"]
    assert os.environ["INTACT_HISTORY"]


# What fails in telling changes nothing of the audit


@pytest.mark.parametrize("kind", ["down", "misspelt", "unset", "no file", "broken file", "no Apprise"])
def test_the_verdict_stays_the_same_whatever_happens_to_alerts(
    alerts: Path, hook: Webhook, faulty: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = {
        "down": "The alert to 'duty' could not be sent (it answered with the status 500)",
        "misspelt": "alerts.yml:5: the target 'duty' is of no service that Apprise knows ('jsn')",
        "unset": "alerts.yml:5: the environment variable NOT_SET_ANYWHERE is not set",
        "no file": "there is no such alerts file",
        "broken file": "this is not YAML",
        "no Apprise": "intact-audit[alerts] @ git+",
    }[kind]
    text = alerts.read_text()
    if kind == "down":
        hook.status = 500
    elif kind == "misspelt":
        alerts.write_text(text.replace("json://", "jsn://", 1))
    elif kind == "unset":
        alerts.write_text(text.replace("/duty", "/${NOT_SET_ANYWHERE}", 1))
    elif kind == "no file":
        alerts.unlink()
    elif kind == "broken file":
        alerts.write_text("[" + text)
    else:
        monkeypatch.setitem(sys.modules, "apprise", None)
    code, stderr = check(faulty, alerts)
    assert code == 1
    assert says in stderr
    assert "Traceback" not in stderr


def test_an_alert_that_could_not_be_sent_is_in_the_next_report_and_arrives_later(
    alerts: Path, hook: Webhook, faulty: Path
) -> None:
    hook.status = 500
    check(faulty, alerts)
    result = invoke("check", str(faulty), "--as-of", AS_OF, "--alerts", str(alerts), "-q", "--format", "json")
    assert "Alerts have not reached 'duty'" in result.stdout
    hook.status = 200
    with Store(Path(os.environ["INTACT_HISTORY"])) as store:
        store.database.execute("UPDATE alert_target SET next_try = 0")  # as if time went by
    check(faulty, alerts)
    assert len(hook.messages("/duty")) == 1
    result = invoke("check", str(faulty), "--as-of", AS_OF, "--alerts", str(alerts), "-q", "--format", "json")
    assert "have not reached" not in result.stdout


def test_the_switch_hears_that_somebody_could_not_be_told(alerts: Path, hook: Webhook, faulty: Path) -> None:
    alerts.write_text(alerts.read_text().replace(f"json://{hook.url}/duty", "json://127.0.0.1:1/"))
    check(faulty, alerts)
    assert hook.got[-1][0] == "/switch/fail"
    assert "not everybody was told" in hook.got[-1][1]


@pytest.mark.parametrize("kind", ["none", "text", "folder"])
def test_without_a_history_people_are_told_all_the_same(
    alerts: Path, hook: Webhook, faulty: Path, tmp_path: Path, kind: str
) -> None:
    history = tmp_path / "other.sqlite"
    if kind == "text":
        history.write_text("this is no database, but long enough to be taken for one" * 50)
    elif kind == "folder":
        history.mkdir()
    more = ("--no-history",) if kind == "none" else ("--history", str(history))
    assert check(faulty, alerts, *more)[0] == 1
    assert "DOUBLE_BILLING" in hook.messages("/duty")[0]["message"]


def test_a_name_that_the_model_does_not_have_is_said(alerts: Path, clean: Path) -> None:
    alerts.write_text(alerts.read_text() + "    types: [DOUBLE_BILING]\n")
    code, stderr = check(clean, alerts)
    assert code == 0
    assert "Did you mean 'DOUBLE_BILLING'?" in stderr


def test_the_file_may_be_named_by_the_environment(alerts: Path, hook: Webhook, clean: Path) -> None:
    assert run("check", clean, "--as-of", AS_OF, "-q", INTACT_ALERTS=str(alerts)).returncode == 0
    assert [path for path, _ in hook.got] == ["/switch"]


# intact alerts


def command(alerts: Path, *arguments: str) -> tuple[int, str, str]:
    result = invoke("alerts", "--alerts", str(alerts), *arguments)
    return result.exit_code, result.stdout, result.stderr


def test_each_target_can_be_tried(alerts: Path, hook: Webhook) -> None:
    assert command(alerts, "test") == (0, "duty: told\noffice: told\n", "")
    assert command(alerts, "test", "duty") == (0, "duty: told\n", "")
    assert [message["title"] for message in hook.messages("/duty")] == ["intact: a test of alerts"] * 2
    hook.status = 403
    assert command(alerts, "test", "office") == (
        2,
        "office: could not be told (it answered with the status 403)\n",
        "",
    )
    code, _, stderr = command(alerts, "test", "offce")
    assert code == 2
    assert "Did you mean 'office'?" in stderr


def test_what_is_due_can_be_seen_and_then_sent(alerts: Path, hook: Webhook, faulty: Path) -> None:
    hook.status = 500
    check(faulty, alerts)
    code, stdout, _ = command(alerts, "show")
    assert code == 0
    assert "waiting: it could not be reached, and is tried again at" in stdout
    assert hook.got == []
    hook.status = 200
    with Store(Path(os.environ["INTACT_HISTORY"])) as store:
        store.database.execute("UPDATE alert_target SET next_try = 0")
    _, stdout, _ = command(alerts, "show")
    assert "DOUBLE_BILLING" in stdout
    assert [path for path, _ in hook.got] == []
    assert command(alerts, "send")[0] == 0
    assert len(hook.messages("/duty")) == 1
    assert "Nothing is due." in command(alerts, "show")[1]
    assert command(alerts, "send") == (0, "", "")


def test_snoozing_by_command(alerts: Path, hook: Webhook, faulty: Path) -> None:
    assert command(alerts, "snooze") == (0, "Nothing is snoozed.\n", "")
    assert command(alerts, "snooze", "DOUBLE_BILLING", "--until", "2199-01-01") == (
        0,
        "Nobody is told of DOUBLE_BILLING before 2199-01-01 00:00 UTC.\n",
        "",
    )
    assert command(alerts, "snooze")[1] == "until 2199-01-01 00:00 UTC: DOUBLE_BILLING\n"
    check(faulty, alerts)
    assert "DOUBLE_BILLING" not in hook.messages("/duty")[0]["message"]
    assert command(alerts, "snooze", "DOUBLE_BILLING", "--off")[0] == 0
    check(faulty, alerts)
    assert "DOUBLE_BILLING" in hook.messages("/duty")[1]["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("DOUBLE_BILLING",), "until when?"),
        (("DOUBLE_BILLING", "--until", "soon"), "'soon' is no date"),
        (("quiet please", "--until", "2199-01-01"), "neither a finding type"),
        (("DOUBLE_BILLING", "--off"), "is not snoozed"),
    ],
)
def test_a_snooze_that_makes_no_sense_is_one_sentence(
    alerts: Path, arguments: tuple[str, ...], says: str
) -> None:
    code, _, stderr = command(alerts, "snooze", *arguments)
    assert code == 2
    assert says in stderr


def test_without_a_file_the_commands_say_how_to_name_one() -> None:
    result = invoke("alerts", "show", INTACT_ALERTS="")
    assert result.exit_code == 2
    assert "--alerts" in result.stderr


@pytest.mark.parametrize(
    ("words", "project", "said"),
    [
        (["--no-such-option"], "alerts: alerts.yml\nmodel: delivery\n", "No such option"),
        (["--limit", "none"], "alerts: alerts.yml\n", "--limit"),
        ([], "modle: delivery\nalerts: alerts.yml\n", "'modle' is not part of a project file"),
        ([], "source:\nalerts: alerts.yml\n", "'source' has to be a text"),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_who_the_project_file_names_is_told_of_a_command_line_that_cannot_be_read(
    alerts: Path,
    hook: Webhook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    project: str,
    said: str,
    named: bool,
) -> None:
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(tmp_path.parent if named else below)
    (tmp_path / "intact.yml").write_text(project)
    config = ["--config", str(tmp_path / "intact.yml")] if named else []
    done = invoke("check", "-q", *config, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    (told,) = hook.messages("/duty")
    assert said in told["message"]


def test_a_project_file_that_cannot_be_read_is_told_by_the_alerts_of_the_command_line(
    alerts: Path, hook: Webhook, tmp_path: Path
) -> None:
    (tmp_path / "intact.yml").write_text("source: 'dump\n")
    done = invoke("check", "-q", "--config", str(tmp_path / "intact.yml"), "--alerts", str(alerts))
    assert done.exit_code == 2
    (told,) = hook.messages("/duty")
    assert "this is not YAML" in told["message"]
