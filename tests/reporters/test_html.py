"""The HTML report as a file: one page that carries all it needs, and every finding exactly. See also tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, overload

import pytest
import simplejson
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html

from intact.core.values import JsonValue
from intact.findings import Finding, Report
from intact.findings.document import tidy
from intact.findings.records import FindingExplanation, Outcome, Status
from intact.findings.shell import document_query
from intact.reporters.html_report import render, survey
from tests.findings.test_words import HOSTILE
from tests.reporters import reports
from tests.reporters.reports import finding, section
from tests.support import shell

MARKUP = [
    "<script>alert(1)</script>",
    "</script><!--",
    "<b>&amp;",
    "\"'><img src=x onerror=alert(1)>",
    "\x001\x00",
    "]]>",
]
FIXED = 7


class Parsed(HTMLParser):
    """A page as a list of its tags, its texts, and what its scripts and styles contain."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._open = tag if tag in self.inside else ""

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inside[self._open].append(data)
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All that a reader sees, and what unfolds."""
        return " ".join(" ".join(self.texts).split())


def page_of(report: Report) -> str:
    """Give the whole page."""
    return "".join(render(report))


def rows_of(report: Report) -> tuple[list[list[Any]], dict[str, Any]]:
    """Give the rows that a page embeds, and what they share."""
    (data,) = [json.loads(each) for each in Parsed(page_of(report)).inside["script"] if each.startswith('"')]
    lines = zlib.decompress(base64.b64decode(data)).decode("ascii").splitlines()
    *blocks, shared = [json.loads(line) for line in lines]
    return [row for block in blocks for row in block], shared


def phrase(row: Sequence[Any], given: int | str, shared: dict[str, Any]) -> str:
    """Give a phrase of a row, whole."""
    text: str = shared["phrases"][given] if isinstance(given, int) else given
    if text.startswith("\0\0"):
        return text[2:]

    def own(found: re.Match[str]) -> str:
        value = row[FIXED + int(found[1])]
        return str(value["o"] if isinstance(value, dict) else value)

    return re.sub("\0(\\d+)\0", own, text)


def value_of(wire: Any) -> JsonValue:
    """Give a value as the finding had it, amounts in lowest terms."""
    if isinstance(wire, list):
        return [value_of(each) for each in wire]
    if not isinstance(wire, dict):
        return wire  # type: ignore[no-any-return]
    if "n" in wire:
        return Decimal(wire["n"])
    return {"$oid": wire["o"]} if "o" in wire else shell.read(wire["j"])


def same(found: JsonValue, expected: JsonValue) -> bool:
    """Whether a value came back, a number as the same number."""
    return simplejson.dumps(_numbers(found)) == simplejson.dumps(_numbers(expected))


def _numbers(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    if isinstance(value, dict) and list(value) == ["$numberDecimal"]:
        return _numbers(
            Decimal(str(value["$numberDecimal"]))
        )  # how mongosh reads whole numbers beyond its own
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"number {tidy(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))}"
    return value


@pytest.mark.parametrize("make", [reports.mixed, reports.clean, reports.limited, reports.report])
def test_only_its_own_script_and_style_may_run_and_nothing_is_loaded(make: Any) -> None:
    page = Parsed(page_of(make()))
    (policy,) = [value for tag, name, value in page.attributes if tag == "meta" and "default-src" in value]
    rules = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for element in ("script", "style"):
        (code,) = [each for each in page.inside[element] if not each.startswith('"')]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert rules[f"{element}-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in policy
    assert not any(
        name in {"src", "style", "srcset", "action"} or name.startswith("on")
        for _, name, _ in page.attributes
    )
    assert all(
        value.startswith("data:") for tag, name, value in page.attributes if tag == "link" and name == "href"
    )
    assert not re.search(r"url\(|@import", page.inside["style"][0])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(), max_size=12)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*HOSTILE.values(), *MARKUP])
    | st.builds(lambda number: {"$oid": f"{number:024x}"}, st.integers(0, (1 << 96) - 1)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.text(st.characters(), max_size=8), JSON, max_size=5),
    st.text(st.characters(), max_size=20),
)
@example({"n": 2**63 + 1, "list": [-(2**100), 2**53 + 1]}, "")
def test_every_value_of_a_finding_comes_back_exactly(fields: dict[str, JsonValue], words: str) -> None:
    said = words + "".join(each for each in fields.values() if isinstance(each, str))
    made = replace(
        finding("X", description=said, fields=fields, money=("lost", Decimal("12.50"))),
        cause=tuple(fields)[:1],
        when="2026-01",
        check="kind target",
        state="confirmed",
        status="came back",
        first_seen=reports.LONG_AGO,
        url="https://docs.example.org/x/",
    )
    ((row,), shared) = rows_of(reports.report(section(issues=[made])))
    kind = shared["kinds"][row[1]]
    assert row[0] == made.fingerprint
    assert kind[:6] == ["status", "X", "HIGH", "orders", "kind target", "confirmed"]
    assert kind[6:11] == ["came back", "2025-12-03", made.url, "lost", ""]
    assert kind[11:] == list(fields)
    assert phrase(row, row[2], shared) == said
    assert phrase(row, row[3], shared) == document_query(made)
    assert (row[4], row[5]) == ("12.5", "2026-01")
    assert all(same(value_of(wire), value) for wire, value in zip(row[FIXED:], fields.values(), strict=True))


@pytest.mark.parametrize("text", [*HOSTILE.values(), *MARKUP])
def test_hostile_values_make_no_element_and_no_invisible_character(text: str) -> None:
    def page(value: str) -> str:
        made = [
            replace(
                finding(
                    value, description=value, collection=value, fields={value: value, "document_id": [value]}
                ),
                cause=(value,),
                when=value,
                fingerprint=f"{number:020}",
                money=(value, Decimal(1)),
            )
            for number in range(2)
        ]
        about = FindingExplanation(value, value, "HIGH", value, value, value, value, value, value)
        spot = section(issues=made, title=value, cadence=value, summary={value: value, "by": {value: 1}})
        spot = replace(spot, explanations=(about,), actions=(value,), purpose=value)
        run = replace(reports.RUN, source=value, model=value, model_title=value, notes=(value,), engine=value)
        return page_of(reports.report(spot, run=run))

    hostile, tame = Parsed(page(text)), Parsed(page("tame"))
    aside = {"code", "wbr"}  # of a policy's own: none of them can do anything
    assert {k: v for k, v in hostile.tags.items() if k not in aside} == {
        k: v for k, v in tame.tags.items() if k not in aside
    }
    whole = page(text)
    assert whole.encode("utf-8").decode("utf-8") == whole
    shown = [each for each in whole if not each.isprintable() and each != "\n"]
    assert shown == []


def test_the_numbers_are_those_of_the_findings() -> None:
    amounts = [Decimal(each) for each in ("0.1", "0.2", "1E+2", "12345678901234567890.01")]
    made = [
        finding("A", "CRITICAL", fields={"document_id": n}, money=("lost", each))
        for n, each in enumerate(amounts)
    ]
    text = Parsed(page_of(reports.report(section(issues=made), failing=4))).text
    total = sum(amounts)
    assert str(total) == "12345678901234567990.31"
    assert str(total) in text
    assert "4 of 4 findings make this run fail" in text


def test_what_a_run_limited_is_said_and_its_true_count_shown() -> None:
    text = Parsed(page_of(reports.limited())).text
    assert "40 findings" in text
    assert "1 of its 40 findings are listed" in text


def test_a_page_lists_a_share_of_each_type_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "MOST", 30)
    made = [
        finding(kind, fields={"document_id": f"{kind}{n}"})
        for kind, count in (("MANY", 500), ("SOME", 20), ("FEW", 3))
        for n in range(count)
    ]
    report = reports.report(section(issues=made))
    rows, shared = rows_of(report)
    listed = Counter(shared["kinds"][row[1]][1] for row in rows)
    assert listed == {"FEW": 3, "SOME": 13, "MANY": 14}
    text = Parsed(page_of(report)).text
    assert "This page lists 30 of 523 findings" in text
    assert "523 findings" in text


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 50), max_size=8), st.integers(0, 120))
def test_room_is_shared_so_that_nobody_waits_for_one_who_takes_all(needed: dict[str, int], room: int) -> None:
    given_ = {
        key[0]: share for key, share in survey._shares({(k,): n for k, n in needed.items()}, room).items()
    }
    assert all(0 <= given_[key] <= needed[key] for key in needed)
    assert sum(given_.values()) == min(room, sum(needed.values()))
    short = [share for key, share in given_.items() if share < needed[key]]
    assert not short or max(given_.values()) <= min(short) + 1


class Once(Sequence[Finding]):
    """Findings that may be gone through once, as if they lay on a disk."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        self.walks = 0

    def __iter__(self) -> Iterator[Finding]:
        self.walks += 1
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Finding]: ...
    def __getitem__(self, at: int | slice) -> Finding | Sequence[Finding]:
        raise AssertionError(at)


def test_the_findings_are_gone_through_once() -> None:
    issues = Once([finding("X", fields={"document_id": n}) for n in range(50)])
    made = reports.report(replace(section(issues=[]), issues=issues, counts={"X": 50}))
    assert "50 findings" in page_of(made)
    assert issues.walks == 1


def test_the_same_report_gives_the_same_page() -> None:
    assert page_of(reports.mixed()) == page_of(reports.mixed())


def test_findings_of_one_cause_are_one_line() -> None:
    made = [
        replace(
            finding("GONE", fields={"order_id": f"o-{n}", "customer_id": f"c-{n % 2}", "document_id": n}),
            cause=("customer_id",),
            when=f"2026-0{n + 1}",
        )
        for n in range(6)
    ]
    text = Parsed(page_of(reports.report(section(issues=made)))).text
    assert re.search(r"customer id c-0 3 findings ; Jan 2026 to May 2026 o-0 , o-2 , o-4", text)
    assert re.search(r"customer id c-1 3 findings ; Feb 2026 to Jun 2026", text)


def test_a_page_says_what_a_type_means_what_to_do_and_where_to_read_on() -> None:
    url = "https://docs.example.org/checks/allowed-values/"
    about = FindingExplanation(
        "X", "allowed-values orders.status", "HIGH", "A status outside ``the list``.", "Nobody bills it.",
        "Write it as listed.\n\nThen run again.", "Values that are wrong and listed.", "db.orders.find({})", url,
    )  # fmt: skip
    made = replace(section(issues=[finding("X")]), explanations=(about,))
    page = Parsed(page_of(reports.report(made)))
    for part in (
        "A status outside the list .", "Nobody bills it.", "Write it as listed. Then run again.",
        "Values that are wrong and listed.", "db.orders.find({})",
    ):  # fmt: skip
        assert part in page.text
    assert ("a", "href", url) in page.attributes
    assert ("button", "data-copy", '"db.orders.find({})"') in page.attributes


def test_candidates_that_were_gone_when_looked_at_again_are_said() -> None:
    made = replace(section(issues=[finding("X")]), vanished=7, unconfirmed=1)
    text = Parsed(page_of(reports.report(made))).text
    assert "7 candidates had been put right when looked at again" in text
    assert "1 finding could not be looked at again" in text


@pytest.mark.parametrize("text", [each for each in HOSTILE.values() if each == each.strip()])
def test_a_value_is_escaped_once_wherever_it_is_shown(text: str) -> None:
    escaped = text.encode("unicode_escape").decode("ascii")
    near: dict[str, JsonValue] = {"kind": "case", "value": text}
    fields: dict[str, JsonValue] = {"order_id": text, "document_ids": [1], "near_match": near}
    made = [
        replace(finding("X", fields=fields, description="odd"), cause=("order_id",), fingerprint=f"{n:020}")
        for n in range(2)
    ]
    other = replace(finding("Y", fields=fields, description="odd"), cause=("order_id",))
    one = section(issues=[*made, other], summary={"by": {text: 1}, "last": text})
    shown = Parsed(page_of(reports.report(one))).text
    assert shown.count(escaped) >= 10
    assert shown.count(escaped.replace("\\", "\\\\")) == 0


def test_names_in_reasons_are_code_and_no_backticks() -> None:
    reason = "`month` is in none of 5 documents of bills; `period<b>` is in 5"
    unchecked = Outcome("allowed-values bills.month", "BAD", Status.NOT_EVALUATED, 0, (reason,))
    page = "".join(render(reports.report(section(outcomes=(unchecked,)))))
    assert "<code>month</code> is in none of 5 documents" in page
    assert "<code>period&lt;b&gt;</code>" in page
    assert "`month`" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_a_reason_stands_once_in_its_report_with_all_whose_reason_it_is() -> None:
    same, other = "`month` is in none of 5 documents of bills", "`amount` is in none of 5 documents of bills"
    outcomes = tuple(
        Outcome(f"{kind} monthly", name, Status.NOT_EVALUATED, 0, (same, other))
        for kind, name in (("double-entry", "TWICE"), ("missing-entry", "UNBILLED"), ("figure", "total"))
    )
    page = html.fromstring("".join(render(reports.report(section(outcomes=outcomes)))))
    items = page.xpath("//section[@class='report']//div[@class='unchecked']//li")
    assert [each.text_content() for each in items] == [
        f"TWICE, UNBILLED, total: {reason.replace('`', '')}" for reason in (same, other)
    ]


def test_a_figure_that_could_not_be_counted_is_not_known_and_not_none() -> None:
    page = html.fromstring(
        "".join(render(reports.report(section(summary={"double_bills": None, "others": 0}))))
    )
    shown = {
        each.xpath("string(dt)"): each.xpath("string(dd)")
        for each in page.xpath("//dl[@class='figures-list']/div")
    }
    assert (shown["Double bills"], shown["Others"]) == ("not known", "0")
