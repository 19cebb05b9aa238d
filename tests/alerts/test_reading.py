"""An alerts file: what is wrong in it is said with its line, and does not silence the rest."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from intact.core.errors import AlertsError
from intact.operations.alerts import load
from intact.operations.alerts.config import Digest, Names, Quiet, Snooze
from intact.operations.alerts.variables import secrets_of, without

GOOD = "targets:\n  duty:\n    url: json://localhost/a\n"


ALL_OF_IT = """
intact: 1
name: shop
timezone: Asia/Kolkata
link: https://reports.example/latest
dead-mans-switch: https://ping.example/${TOKEN|quote}
quiet: 22:00-07:00
targets:
  duty:
    url: jsons://user:${TOKEN|quote}@hooks.example/a
    types: [DOUBLE_BILLING]
    at-once: all
    digest: none
    quiet: {hours: 23:30-06:15, except: [critical, PHANTOM_DELIVERY_NO_ORDER]}
    all-clear: false
  office:
    url: ${WHOLE_URL}
    severity: medium
    reports: [billing, status]
    at-once: [high, DUPLICATE_ID]
    digest: weekly friday 8:30
    failures: false
snooze:
  - {what: INVALID_ORDER_STATUS, until: 2026-12-01, why: known}
  - {what: customer_id=c-17, until: 2026-12-01T06:00Z}
"""


def written(path: Path, text: str) -> Path:
    file = path / "alerts.yml"
    file.write_text(text, encoding="utf-8")
    return file


def test_all_that_a_file_can_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "p@ss/word")
    monkeypatch.setenv("WHOLE_URL", "json://localhost/whole")
    config = load(written(tmp_path, ALL_OF_IT))
    assert config.problems == ()
    duty, office = config.targets
    assert duty.url == "jsons://user:p%40ss%2Fword@hooks.example/a"
    assert duty.at_once == Names(all=True)
    assert duty.quiet == Quiet(
        time(23, 30), time(6, 15), Names(frozenset({"CRITICAL", "PHANTOM_DELIVERY_NO_ORDER"}))
    )
    assert (duty.digest, duty.all_clear, duty.failures) == (None, False, True)
    assert office.url == "json://localhost/whole"
    assert office.quiet == Quiet(time(22), time(7))
    assert office.digest == Digest(4, time(8, 30))
    assert (office.severity, office.reports) == ("MEDIUM", frozenset({"billing", "status"}))
    assert office.failures is False
    assert config.switch == "https://ping.example/p%40ss%2Fword"
    assert config.identity == "shop"
    assert config.snoozes == (
        Snooze("INVALID_ORDER_STATUS", datetime(2026, 11, 30, 18, 30, tzinfo=UTC)),  # midnight in Kolkata
        Snooze("customer_id=c-17", datetime(2026, 12, 1, 6, tzinfo=UTC)),
    )


MISTAKES = [
    (GOOD + "qiuet: 22:00-07:00\n", 4, "'qiuet' is not part of an alerts file. Did you mean 'quiet'?"),
    (GOOD + "    severty: high\n", 4, "'severty' is not part of a target. Did you mean 'severity'?"),
    (GOOD + "    severity: hgih\n", 4, "'hgih' is no severity. Did you mean 'high'?"),
    (GOOD + "    types: DOUBLE_BILLING\n", 4, "expected a list of types"),
    (GOOD + "    types: [double billing]\n", 4, "cannot be a finding type"),
    (GOOD + "    at-once: al\n", 4, "Did you mean 'all'?"),
    (GOOD + "    digest: dialy\n", 4, "'dialy' is no time for a digest. Did you mean 'daily'?"),
    (GOOD + "    digest: daily 25:00\n", 4, "'daily 25:00' is no time for a digest"),
    (GOOD + "    digest: weekly someday\n", 4, "is no time for a digest"),
    (GOOD + "    digest: daily 08:00 sharp\n", 4, "is no time for a digest"),
    (GOOD + "    quiet: at night\n", 4, "'at night' are no hours. Write them like 22:00-07:00."),
    (GOOD + "    quiet: 07:00-07:00\n", 4, "are no hours"),
    (GOOD + "    failures: yes\n", 4, "expected true or false"),
    (GOOD + "timezone: Asia/Kolkatta\n", 4, "Did you mean 'Asia/Kolkata'?"),
    (GOOD + "intact: 2\n", 4, "expected the version of the format"),
    (GOOD + "link: ftp://reports\n", 4, "begins with https:// or http://"),
    (GOOD + "dead-mans-switch: file:///etc/passwd\n", 4, "begins with https:// or http://"),
    (GOOD + "snooze:\n  - {what: shouting, until: 2026-12-01}\n", 5, "neither a finding type"),
    (GOOD + "snooze:\n  - {what: DUPLICATE_ID, until: soon}\n", 5, "'soon' is no date"),
    (GOOD + "snooze:\n  - {what: DUPLICATE_ID}\n", 5, "a snooze needs 'until'"),
    ("targets:\n  duty:\n    types: [DOUBLE_BILLING]\n", 3, "a target needs 'url'"),
    ("targets:\n  duty:\n    url: slakc://a/b/c\n", 3, "Did you mean 'slack'?"),
    ("targets:\n  duty:\n    url: slack://nonsense\n", 3, "not one of slack://"),
    ("targets:\n  duty:\n    url: nobody\n", 3, "has no URL of Apprise"),
    ("targets:\n  duty:\n    url: json://h/${NOT_SET_ANYWHERE}\n", 3, "NOT_SET_ANYWHERE is not set"),
    ("targets:\n  duty:\n    url: json://h/${EMPTY_ONE}\n", 3, "EMPTY_ONE is empty"),
    ("targets:\n  duty:\n    url: json://h/${oops\n", 3, "Write ${NAME}"),
    ("targets:\n  dead-mans-switch:\n    url: json://h/\n", 2, "cannot be the name of a target"),
    ("targets: {}\n", 1, "there is no target, so nobody is told"),
    ("timezone: UTC\n", 1, "an alerts file needs 'targets'"),
]


@pytest.mark.parametrize(("text", "line", "says"), MISTAKES)
def test_each_mistake_is_one_sentence_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, says: str
) -> None:
    monkeypatch.setenv("EMPTY_ONE", "")
    file = written(tmp_path, text)
    (problem,) = load(file).problems
    assert problem.startswith(f"{file}:{line}: ")
    assert says in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("targets: [\n", "this is not YAML"),
        ("a: 1\n---\nb: 2\n", "an alerts file is one document"),
        ("targets:\n\tduty: 1\n", "a tab stands where YAML wants spaces"),
    ],
)
def test_what_cannot_be_read_at_all_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(AlertsError, match=says) as caught:
        load(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "model" not in str(caught.value)


@pytest.mark.parametrize("kind", ["missing", "folder", "bytes", "large"])
def test_a_file_that_is_none_is_one_sentence(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "alerts.yml"
    if kind == "folder":
        file.mkdir()
    elif kind != "missing":
        file.write_bytes(b"\xff" * 9 if kind == "bytes" else b"#" * 2_000_000)
    with pytest.raises(AlertsError, match=r"alerts\.yml"):
        load(file)


def test_a_target_that_is_misspelt_does_not_silence_the_others(tmp_path: Path) -> None:
    text = GOOD + "  wrong:\n    url: slakc://a/b/c\n  good:\n    url: json://localhost/b\n"
    config = load(written(tmp_path, text))
    assert [each.name for each in config.targets] == ["duty", "good"]
    assert len(config.problems) == 1


def test_names_that_the_model_does_not_have_are_said(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD + "    types: [DOUBLE_BILING]\n    reports: [biling]\n"))
    doubts = list(config.doubts(["DOUBLE_BILLING"], ["billing"], "delivery"))
    assert [each.partition(": ")[2] for each in doubts] == [
        "the model delivery has no finding type 'DOUBLE_BILING'. Did you mean 'DOUBLE_BILLING'?",
        "the model delivery has no report 'biling'. Did you mean 'billing'?",
    ]


def test_a_secret_is_hidden_however_it_is_spelt() -> None:
    url = "mailtos://auditor:p%40ss%2Fword@smtp.example.org/?to=ops@example.org"
    for text in (url, "login p@ss/word failed", "at p%40ss%2Fword", "mailtos://other/x"):
        said = without(text, ["p@ss/word", *secrets_of(url)])
        assert "p@ss" not in said
        assert "p%40" not in said
        assert "://" not in said


def test_a_server_that_could_not_be_reached_may_be_named() -> None:
    secrets = secrets_of("mailtos://auditor:password@smtp.example.org/")
    assert without("smtp.example.org refused the password", secrets) == "smtp.example.org refused the ..."
