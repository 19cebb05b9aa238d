"""Text as HTML: values of the database shown and never obeyed, and the few words that all parts share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Final
from urllib.parse import urlencode

from intact.core.terms import SEVERITIES
from intact.core.values import JsonValue
from intact.findings import Finding
from intact.findings.lines import acceptance_text
from intact.findings.words import amount_text, by_amount, clipped, harmless, paragraphs, value_text

LONGEST: Final = 300
"""Characters of a value that stand in the page itself; the list of findings has all of it."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(T.*)?")
_CODE: Final = re.compile(r"(?:``(.+?)``|`([^`]+)`)", re.DOTALL)


def text(value: str, limit: int = LONGEST) -> str:
    """Return a value as HTML text: one visible line, of bounded length, nothing in it read as markup."""
    return escape(clipped(harmless(value), limit))


def shown(value: JsonValue, limit: int = LONGEST) -> str:
    """Return a finding's value, or a figure, as HTML text."""
    return escape(clipped(value_text(value), limit))


def prose(value: str) -> str:
    """Return words of ours or of a model as paragraphs; what stands between backticks is code."""
    return "".join(f"<p>{coded(part)}</p>" for part in paragraphs(value))


def coded(value: str) -> str:
    """Return a sentence as HTML text; what stands between backticks is code."""
    parts: list[str] = []
    end = 0
    for found in _CODE.finditer(value):
        parts += [text(value[end : found.start()], 4000), f"<code>{text(found[1] or found[2], 2000)}</code>"]
        end = found.end()
    return "".join([*parts, text(value[end:], 4000)])


def type_name(value: str) -> str:
    """Return a finding type, which a narrow screen breaks between its words only."""
    return text(value).replace("_", "_<wbr>")


def number(value: int) -> str:
    """Return a count with thousands separators."""
    return f"{value:,}"


def name(words: str) -> str:
    """Return a name of the model or of a figure in words: ``unbilled orders`` for ``unbilled_orders``."""
    return text(words.replace("_", " "))


def title(words: str) -> str:
    """Return such a name as it begins a line."""
    shown = words.replace("_", " ")
    return text(shown[:1].upper() + shown[1:])


def amount(value: Decimal, currency: str | None) -> str:
    """Return an amount of money, which a line never breaks."""
    return f'<span class="amount">{text(amount_text(value, currency), 80)}</span>'


def currency_of(finding: Finding, general: str | None) -> str | None:
    """Return the currency of what is at stake: where documents have their own, that in which the kind of money ends."""
    own = finding.fields.get("currency")
    if finding.money and isinstance(own, str) and finding.money[0].endswith(f"_{own.replace('_', '-')}"):
        return own
    return general


def money(by_kind: Mapping[str, Decimal], currency: str | None) -> str:
    """Return amounts by kind, the largest first."""
    return ", ".join(f"{amount(value, currency)} {name(kind)}" for kind, value in by_amount(by_kind))


def severity(value: str) -> str:
    """Return the mark of a severity."""
    known = value if value in SEVERITIES else "OTHER"
    return f'<span class="severity {known.lower()}">{text(value.capitalize())}</span>' if value else ""


def when(value: str | None) -> str:
    """Return a month or a day for people: ``Jan 2026`` for ``2026-01``; a day stays as it is."""
    if not value:
        return ""
    if found := _MONTH.fullmatch(value):
        return f"{_MONTHS[int(found[2]) - 1]} {found[1]}"
    day = _DAY.fullmatch(value)
    return text(day[1] if day else value, 40)


def span(first: str | None, last: str | None) -> str:
    """Say from when to when."""
    since, until = when(first), when(last)
    shown = f'<span class="date">{since}</span>'
    return shown if since == until else f'{shown} to <span class="date">{until}</span>'


def ids(finding: Finding) -> str:
    """Name the record that a finding is about: its first field that is an id and has a value."""
    for field, value in finding.fields.items():
        if field.endswith("_id") and isinstance(value, str) and field != "document_id":
            return text(value, 60)
    return text(finding.description, 90)


def sentence_of(finding: Finding) -> str:
    """Return what a finding says, and by which entry it is accepted."""
    accepted = acceptance_text(finding)
    return f"{finding.description} (accepted {accepted})" if accepted else finding.description


def record(finding: Finding) -> str:
    """Name the record that a finding is about, where its description names none; empty where it does."""
    own: dict[str, JsonValue] = {}
    for field, value in finding.fields.items():
        if field.endswith("_id") and value is not None and not isinstance(value, list):
            own[field] = value
            if (value if isinstance(value, str) else value_text(own[field])) in finding.description:
                return ""
    first = next((each for each in own.items() if each[0] != "document_id"), next(iter(own.items()), None))
    return f'<span class="record">{text(first[0])} <code>{shown(first[1], 80)}</code></span>' if first else ""


def link(finding: Finding) -> str:
    """Return a link to a finding in the list."""
    return f'<a href="#{text(finding.fingerprint)}">{ids(finding)}</a>'


def filtered(**by: str) -> str:
    """Return the anchor at which the list shows what a filter finds."""
    return escape(f"show?{urlencode(by, errors='replace')}")


def outward(url: str, words: str) -> str:
    """Return a link out of the page; only what is plainly a web page gets one."""
    if not url.startswith(("https://", "http://")):
        return ""
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{words}</a>'


def query(mongosh: str) -> str:
    """Return a query with a button that copies it."""
    if not mongosh:
        return ""
    return (
        f'<div class="query"><pre tabindex="0"><code>{escape(_visible(mongosh))}</code></pre>'
        f'<button type="button" class="copy scripted" data-copy="{escape(json.dumps(mongosh))}">Copy query</button>'
        "</div>"
    )


def _visible(lines: str) -> str:
    """Return a query for people, its line breaks kept; a backslash is its own there, not a mark of ours."""
    return "\n".join(clipped(harmless(each).replace("\\\\", "\\"), 4000) for each in lines.split("\n"))
