"""Whatever the data say is shown in messages, and obeyed by no chat and no mail program; Markdown documents neither."""

from __future__ import annotations

import email.header
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from intact.operations.alerts.notifications import Event, Item, Notification, NotificationPart, write
from intact.reporters.github import summary
from tests.reporters import reports
from tests.reporters.readers import text_of

CALLS = {
    "Discord and Slack": "@everyone",
    "Slack": "<!channel>",
    "Slack, one user": "<@U012AB3CD>",
    "Slack, a link": "<https://evil.example|your bank>",
    "Matrix": "@room",
    "Matrix, within a word": "x@room",
    "Zulip": "@**all**",
    "Zulip, silent": "@_**all**",
    "Zulip, a group": "@*managers*",
    "Google Chat": "<users/all>",
    "Mattermost": "@all @channel @here",
    "Telegram": "@duty_officer",
    "Teams": "<at>all</at>",
    "Discord, a role": "<@&123456>",
    "Markdown, a link": "[your bank](https://evil.example)",
    "Markdown, a picture": "![x](https://evil.example/p.png)",
    "Markdown, by reference": "[your bank][1] [1]: https://evil.example",
    "an address": "https://evil.example/?q=1",
    "an address without a scheme": "www.evil.example",
    "HTML": "<img src=x onerror=alert(1)><b>bold</b>",
    "a fence": "```\nrm -rf /",
    "a terminal": "\x1b[31mred\x1b]0;owned\x07",
    "a line break": "a\r\nBcc: all@example.com",
    "a bidirectional override": "abc\u202etxt.exe",
    "an encoded word": "=?utf-8?B?QGV2ZXJ5b25l?=",
}
OBEYED = re.compile(
    r"@(everyone|here|channel|all\b|room)|@[*_]|(?<!\w)@\w|<\S|\]\(|\]\[|\]:|://|\bwww\.|=\?|```"
)
"""What the services' own pages name as what they obey, written down for this test."""


def letter(text: str) -> Notification:
    """Write a message in which a text stands everywhere where the data or others' words stand."""
    kind = f"loss_{text}"
    found = [
        replace(
            reports.finding(
                "BAD", description=f"It is {text}.", fields={"order_id": text, "document_id": at}
            ),
            cause=("order_id",),
            money=(kind, Decimal(5)),
            status="new",
        )
        for at in range(3)
    ]
    items = [Item(at, 0, at == 2, each) for at, each in enumerate(found)]
    event = Event(1, "failed", f"The audit failed: {text}", datetime(2026, 2, 1, tzinfo=UTC))
    made = write(
        [NotificationPart(1, text, text, "INR", "", items)], [event], digest=False, zone=ZoneInfo("UTC")
    )
    assert made is not None
    return made


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS.keys())
def test_no_message_calls_anybody_or_has_a_link_that_the_data_gave(text: str) -> None:
    made = letter(text)
    shown = f"{made.title}\n{made.body}"
    assert OBEYED.findall(shown) == []
    assert [line for line in shown.split("\n") if not line.isprintable()] == []
    assert "\n" not in made.title


@given(st.text(alphabet="@*<>!|[]():/w.=?`#&_ae\n\x1b\u202e ", max_size=30))
def test_no_message_is_obeyed_whatever_stands_in_the_data(text: str) -> None:
    made = letter(text)
    shown = f"{made.title}\n{made.body}"
    assert OBEYED.findall(shown) == []
    assert [line for line in shown.split("\n") if not line.isprintable()] == []


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS.keys())
def test_the_subject_of_a_mail_is_the_title_and_nothing_else(text: str) -> None:
    title = letter(text).title
    assert email.header.decode_header(title) == [(title, None)]
    assert "everyone" not in title or "@everyone" not in title


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS.keys())
def test_a_message_becomes_no_link_and_no_picture_in_any_format_of_any_service(text: str) -> None:
    apprise = pytest.importorskip("apprise", reason="NOT RUN: Apprise, an extra, is not installed")
    from apprise.conversion import convert_between

    body = letter(text).body
    for form in apprise.NotifyFormat:
        made = str(convert_between(apprise.NotifyFormat.TEXT, form, body))  # type: ignore[no-untyped-call]  # it has no types
        if form == apprise.NotifyFormat.HTML:
            assert "<" not in re.sub(r"<br\s*/?>|</?p>", "", made)
        if form == apprise.NotifyFormat.MARKDOWN:
            tokens = MarkdownIt("commonmark").parse(made)
            kinds = {child.type for token in tokens for child in (token.children or [token])}
            assert not kinds & {"link_open", "image", "html_inline", "html_block", "fence"}


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("form", ["markdown", "summary"])
def test_no_document_calls_anybody_or_has_a_link_that_the_data_gave(form: str, text: str) -> None:
    one = reports.finding("BAD", description=f"It is {text}.", fields={"order_id": text, "document_id": 1})
    report = reports.report(reports.section(issues=[one], counts={"BAD": 1}))
    shown = text_of("markdown", report) if form == "markdown" else "".join(summary(report))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(shown)
    children = [child for token in tokens for child in (token.children or [token])]
    links = [str(child.attrs.get("href")) for child in children if child.type == "link_open"]
    assert [link for link in links if "evil" in link] == []
    assert not {child.type for child in children} & {"image", "html_inline", "html_block"}
    assert [
        child.content
        for child in children
        if child.type == "text" and re.search(r"(?<!\w)@\w", child.content)
    ] == []
    assert [line for line in shown.split("\n") if not line.isprintable()] == []
