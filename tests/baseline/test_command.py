"""`intact baseline`: accept, check and prune, as a user does it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import intact.audit.run
from tests.cli.running import invoke
from tests.run.world import bill, clean, delivery, write

PHANTOM = "PHANTOM_DELIVERY_NO_ORDER"
TERMS = ("--reason", "known, INC-421", "--owner", "shop")
TODAY = datetime.now(UTC).date()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dump that has two phantom deliveries and two double billings, to be in."""
    bills = [
        bill(1),
        bill(2),
        bill(3, period_date="2026-02"),
        bill(4, period_date="2026-02", total_amount=70),
    ]
    phantoms = [delivery(1), delivery(2, order_id=None), delivery(3, order_id=None, customer_id="c9")]
    write(tmp_path / "shop", {**clean(), "billing_records": bills, "delivery_statuses": phantoms})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def audited(*more: str) -> dict[str, Any]:
    """Audit the dump; give the report."""
    result = invoke(
        "check",
        "shop",
        "--quiet",
        "--as-of",
        "2026-03-15",
        "--output",
        "r.json",
        "--output",
        "r.ndjson",
        *more,
    )
    assert result.exit_code in {0, 1}, result.output
    report: dict[str, Any] = json.loads(Path("r.json").read_text())
    assert report["exit_code"] == result.exit_code
    return report


def accepted(*arguments: str) -> str:
    """Accept findings; give what is said."""
    result = invoke("baseline", "accept", *arguments, *TERMS, "--as-of", "2026-03-15")
    assert result.exit_code == 0, result.output
    return result.stdout


def numbers() -> tuple[int, int, int]:
    """What fails, what is accepted, and the exit code, by the baseline."""
    report = audited("--baseline", "intact.baseline", "--report", "phantom_deliveries", "--report", "billing")
    return report["failing"], report["accepted"], report["exit_code"]


def test_accepting_what_is_accepted_already_says_what_that_does_not_do(place: Path) -> None:
    assert "--renew" not in accepted("shop", "--type", PHANTOM)
    assert "--renew" in accepted("shop", "--type", PHANTOM)


def test_what_others_wrote_while_an_audit_ran_is_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted("shop", "--type", "DOUBLE_BILLING")
    check = intact.audit.run.check

    def slow(*given: Any, **more: Any) -> Any:
        report = check(*given, **more)
        with Path("intact.baseline").open("a") as file:
            file.write("\n# somebody's note\n")
        return report

    monkeypatch.setattr("intact.audit.run.check", slow)
    accepted("shop", "--type", PHANTOM)
    assert "# somebody's note" in Path("intact.baseline").read_text()


def expired() -> Path:
    """Let all entries have expired long ago."""
    path = Path("intact.baseline")
    text = re.sub("accepted: .*", "accepted: 2020-01-01", path.read_text())
    path.write_text(re.sub("expires: .*", "expires: 2020-02-01", text))
    return path


@pytest.mark.parametrize("given", ["r.json", "r.ndjson", "shop"])
def test_findings_of_a_type_are_accepted_from_each_kind_of_report(place: Path, given: str) -> None:
    assert audited()["failing"] == 4
    assert accepted(given, "--type", PHANTOM).startswith("2 findings accepted until ")
    assert numbers() == (2, 2, 1)
    assert accepted(given, "--type", "double_billing").startswith("2 findings")
    assert numbers()[0::2] == (0, 0)
    assert "2 accepted already" in accepted(given, "--type", PHANTOM)
    text = Path("intact.baseline").read_text()
    assert text.count("[finding ") == 4
    assert text.count("reason: known, INC-421\nowner: shop\n") == 4


def test_json_and_lines_of_json_give_the_same_file(place: Path) -> None:
    audited()
    for given in ("r.json", "r.ndjson"):
        accepted(given, "--type", "DOUBLE_BILLING", "--baseline", given + ".b")
    said = [
        [line for line in Path(f"{given}.b").read_text().splitlines() if not line.startswith("accepted:")]
        for given in ("r.json", "r.ndjson")
    ]
    assert said[0] == said[1]
    assert "money: overcharged 50" in said[0]


def test_findings_are_chosen_by_fields_and_by_fingerprint(place: Path) -> None:
    report = audited()
    assert accepted("r.json", "--type", PHANTOM, "--where", "customer_id=c9").startswith("1 finding ")
    assert numbers()[:2] == (3, 1)
    first = report["reports"]["billing"]["issues"][0]["fingerprint"]
    assert accepted("r.json", "--fingerprint", first[:8]).startswith("1 finding ")
    assert numbers()[:2] == (2, 2)
    assert accepted("r.ndjson", "--where", "severity=CRITICAL").startswith("2 findings ")
    assert numbers()[0] == 0


def test_a_rule_accepts_what_comes_later_too(place: Path) -> None:
    audited()
    assert accepted("r.json", "--type", PHANTOM, "--rule").startswith("1 rule ")
    phantoms = [delivery(n, order_id=None) for n in range(2, 9)]
    write(place / "shop", {"delivery_statuses": [delivery(1), *phantoms]})
    report = audited("--baseline", "intact.baseline")
    assert report["reports"]["phantom_deliveries"]["accepted"] == {PHANTOM: 7}


def test_what_is_there_is_left_alone_unless_it_is_to_be_renewed(place: Path) -> None:
    audited()
    accepted("r.json", "--type", PHANTOM)
    path = Path("intact.baseline")
    before = path.read_text()
    invoke("baseline", "accept", "r.json", "--type", PHANTOM, "--reason", "other", "--owner", "you")
    assert path.read_text() == before
    invoke(
        "baseline", "accept", "r.json", "--type", PHANTOM, "--reason", "other", "--owner", "you", "--renew"
    )
    assert path.read_text().count("reason: other\nowner: you\n") == 2
    assert path.read_text().count("[finding ") == 2


def test_an_entry_that_has_expired_is_accepted_anew_in_its_place(place: Path) -> None:
    audited()
    accepted("r.json", "--type", PHANTOM)
    path = expired()
    assert "2 findings accepted" in accepted("r.json", "--type", PHANTOM)
    assert path.read_text().count(f"expires: {TODAY + timedelta(days=90)}") == 2
    assert path.read_text().count("[finding ") == 2


def test_prune_drops_what_matches_nothing_and_says_so(place: Path) -> None:
    audited()
    accepted("r.json", "--type", PHANTOM)
    accepted("r.json", "--type", "DOUBLE_BILLING")
    write(place / "shop", {"delivery_statuses": [delivery(1), delivery(3, order_id=None, customer_id="c9")]})
    audited()
    before = Path("intact.baseline").read_text()
    dry = invoke("baseline", "prune", "r.json", "--dry-run")
    assert "1 entry would be dropped, 3 kept" in dry.stdout
    assert Path("intact.baseline").read_text() == before
    result = invoke("baseline", "prune", "r.json")
    assert result.exit_code == 0
    assert f"{PHANTOM} " in result.stdout
    assert "matches nothing any more" in result.stdout
    assert Path("intact.baseline").read_text().count("[finding ") == 3
    assert "0 entries dropped, 3 kept" in invoke("baseline", "prune", "r.json").stdout


@pytest.mark.parametrize("less", [("--limit", "1"), ("--report", "status")])
def test_prune_keeps_what_a_report_does_not_list_or_did_not_look_for(
    place: Path, less: tuple[str, ...]
) -> None:
    audited()
    accepted("r.json", "--type", PHANTOM)
    audited(*less)
    for given in ("r.json", "r.ndjson"):
        assert "0 entries dropped" in invoke("baseline", "prune", given).stdout


def test_prune_drops_what_has_expired_on_request(place: Path) -> None:
    audited()
    accepted("r.json", "--type", PHANTOM)
    path = expired()
    assert "0 entries dropped" in invoke("baseline", "prune", "r.json").stdout
    assert "2 entries dropped" in invoke("baseline", "prune", "r.json", "--expired").stdout
    assert "[finding" not in path.read_text()


def test_check_names_each_thing_with_its_line(place: Path) -> None:
    audited()
    accepted("r.json", "--type", PHANTOM)
    assert invoke("baseline", "check").exit_code == 0
    assert invoke("baseline", "check", "r.json").exit_code == 0
    path = Path("intact.baseline")
    terms = "reason: r\nowner: o\naccepted: 2020-01-01\nexpires: 2020-02-01\n"
    text = path.read_text() + f"\n[rule PHANTOM_DELIVERY]\n{terms}"
    path.write_text(text)
    line = text[: text.index("[rule")].count("\n") + 1
    result = invoke("baseline", "check")
    assert result.exit_code == 1
    assert f"intact.baseline, line {line}: PHANTOM_DELIVERY: it expired on 2020-02-01." in result.stdout
    assert f"(did you mean {PHANTOM!r}?)." in result.stdout
    path.write_text(f"<<<<<<< HEAD\n{text}")
    assert "line 1: here is a merge conflict" in invoke("baseline", "check").stdout
    for command in ("accept", "prune"):
        refused = invoke(
            "baseline", command, "r.json", *(("--type", PHANTOM, *TERMS) if command == "accept" else ())
        )
        assert refused.exit_code == 2
        assert "merge conflict" in refused.stderr
    assert path.read_text() == f"<<<<<<< HEAD\n{text}"
    assert invoke("check", "shop", "--quiet", "--baseline", "intact.baseline").exit_code == 2


def test_what_was_not_chosen_well_is_said_and_writes_nothing(place: Path) -> None:
    audited()
    for arguments, said in (
        ((), "--type, --where or --fingerprint"),
        (("--type", "PHANTOM_DELIVERY"), PHANTOM),
        (("--type", "INVALID_ORDER_STATUS"), "no finding meets"),
        (("--type", PHANTOM, "--where", "customer_id"), "FIELD=VALUE"),
        (("--fingerprint", "xyz"), "hexadecimal"),
        (("--where", "a=1", "--rule"), "--rule needs a --type"),
        (("--type", PHANTOM, "--expires", "2020-01-01"), "passed already"),
        (("--type", PHANTOM, "--expires", "soon"), "no day"),
        (("--type", PHANTOM, "--reason", "a\nb"), "one line"),
        (("--type", PHANTOM, "--owner", " "), "one line"),
        (("--type", PHANTOM, "--model", "northwind"), "no finding type"),
    ):
        result = invoke("baseline", "accept", "r.json", *TERMS, *arguments)
        assert result.exit_code == 2, arguments
        assert said in result.stderr
    assert not Path("intact.baseline").exists()


def test_a_report_that_was_cut_is_no_basis(place: Path) -> None:
    audited()
    whole = Path("r.ndjson").read_text().splitlines(keepends=True)
    Path("cut.ndjson").write_text("".join(whole[:-1]))
    Path("cut.json").write_text(Path("r.json").read_text()[:-50])
    for given in ("cut.ndjson", "cut.json"):
        result = invoke("baseline", "accept", given, "--type", PHANTOM, *TERMS)
        assert result.exit_code == 2
        assert given in result.stderr
    Path("other.json").write_text(
        Path("r.json").read_text().replace('"name": "delivery"', '"name": "other"', 1)
    )
    if "other" in Path("other.json").read_text()[:2000]:
        assert (
            "by the model 'other'"
            in invoke("baseline", "accept", "other.json", "--type", PHANTOM, *TERMS).stderr
        )


def test_personal_values_that_a_report_shows_are_not_written_into_the_file(place: Path) -> None:
    users = [
        {"_id": 1, "id": "u1", "email": "asha@example.in"},
        {"_id": 2, "id": "u2", "email": "asha@example.in"},
    ]
    write(place / "shop", {"users": users})
    audited("--show-personal")
    accepted("r.json", "--type", "DUPLICATE_USER_EMAIL")
    text = Path("intact.baseline").read_text()
    assert text.count("[finding ") == 1
    assert "asha" not in text


def test_a_rule_by_a_masked_value_is_refused(place: Path) -> None:
    users = [
        {"_id": 1, "id": "u1", "email": "asha@example.in"},
        {"_id": 2, "id": "u2", "email": "asha@example.in"},
    ]
    write(place / "shop", {"users": users})
    report = audited()
    (issue,) = [e for e in report["reports"]["duplicates"]["issues"] if e["type"] == "DUPLICATE_USER_EMAIL"]
    masked = next((name, value) for name, value in issue.items() if str(value).startswith("\u2022"))
    result = invoke(
        *("baseline", "accept", "r.json", *TERMS, "--rule"),
        *("--type", "DUPLICATE_USER_EMAIL", "--where", f"{masked[0]}={masked[1]}"),
    )
    assert result.exit_code == 2
    assert "masked" in result.stderr
