r"""The findings as the page's script reads them: lines of JSON, deflated, in base64.

Each line is a block of rows. A row is a list::

    [fingerprint, kind, description, query, amount, when, cause, value, ...]

``kind`` is a place in the list of kinds (what many findings share: type, severity, report, names of the fields, the day
on which they were first found),
``description`` and ``query`` are places in the list of phrases, or the text itself, ``cause`` is a place in the list
of causes. In a phrase, a number between two NUL characters stands for the row's value at that place. The last line
holds these lists. Values are JSON's own, and where that has none an object with one key: ``n`` a number's digits,
``o`` an ObjectId, ``j`` any other value as mongosh writes it, with ``w`` if there are words for it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from decimal import Decimal
from typing import Final

from intact.core import mongosh
from intact.core.values import JsonValue
from intact.findings import Finding
from intact.findings.document import tidy
from intact.findings.shell import document_query
from intact.findings.words import clipped, elsewhere_text, near_match_text
from intact.reporters.html_report.markup import currency_of, sentence_of

_BLOCK: Final = 500
"""Rows in a line."""
_PHRASES: Final = 5_000
"""Phrases that are kept in a list; any more stand in their rows."""
_SHORTEST: Final = 4
"""Characters from which on a value is taken out of a phrase."""
_LONGEST: Final = 10_000
"""Characters of one value."""
_SAFE: Final = 1 << 53
"""Whole numbers below this are exact in a script."""
_PIECE: Final = 3 * 16_384
"""Bytes that become one piece of base64; a multiple of three, so that no piece needs padding."""

Wire = None | bool | int | str | list["Wire"] | dict[str, str]


class Rows:
    """Takes findings one by one, and then gives all of them as text in pieces."""

    def __init__(self) -> None:
        self.count = 0
        self._block: list[list[Wire]] = []
        self._kinds: dict[tuple[str, ...], int] = {}
        self._phrases: dict[str, int] = {}
        self._deflate = zlib.compressobj(6)
        self._packed: list[bytes] = []

    def add(self, finding: Finding, report: str, cause: int) -> None:
        """Take in one more."""
        values = [_wire(value, field) for field, value in finding.fields.items()]
        money, worth = finding.money or ("", None)
        kind = (
            report,
            finding.type,
            finding.severity,
            finding.collection,
            finding.check,
            finding.state,
            finding.status,
            f"{finding.first_seen.astimezone(UTC):%Y-%m-%d}" if finding.first_seen else "",
            finding.url,
            money,
            currency_of(finding, None) or "",
            *finding.fields,
        )
        self._block.append(
            [
                finding.fingerprint,
                self._kinds.setdefault(kind, len(self._kinds)),
                self._phrase(clipped(sentence_of(finding), _LONGEST), values),
                self._phrase(document_query(finding), values),
                None if worth is None else str(tidy(worth)),
                finding.when,
                cause,
                *values,
            ]
        )
        self.count += 1
        if len(self._block) == _BLOCK:
            self._flush()

    def pieces(self, shared: Mapping[str, JsonValue]) -> Iterator[str]:
        """Yield all of them as base64, in pieces; nothing can be added after that.

        Args:
            shared: What the script needs to know beside the findings, such as the titles of reports.
        """
        self._flush()
        kinds = [list(each) for each in self._kinds]
        self._put({**shared, "kinds": kinds, "phrases": list(self._phrases)})
        self._packed.append(self._deflate.flush())
        rest = b""
        for packed in self._packed:
            rest += packed
            whole = len(rest) - len(rest) % 3
            if whole >= _PIECE:
                yield base64.b64encode(rest[:whole]).decode()
                rest = rest[whole:]
        yield base64.b64encode(rest).decode()

    def _phrase(self, phrase: str, values: list[Wire]) -> int | str:
        """Return the place of a phrase, with the row's own values taken out of it; or its text."""
        if "\0" in phrase:
            return "\0\0" + phrase
        for place, value in enumerate(values):
            own = value.get("o") if isinstance(value, dict) else value
            if isinstance(own, str) and len(own) >= _SHORTEST and "\0" not in own:
                phrase = (
                    phrase.replace(own, f"\0{place}\0")
                    if "\0" not in phrase
                    else _outside(phrase, own, place)
                )
        if phrase in self._phrases or len(self._phrases) < _PHRASES:
            return self._phrases.setdefault(phrase, len(self._phrases))
        return phrase

    def _flush(self) -> None:
        if self._block:
            self._put(self._block)
            self._block = []

    def _put(self, value: object) -> None:
        line = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
        if packed := self._deflate.compress(f"{line}\n".encode("ascii")):
            self._packed.append(packed)


def _outside(phrase: str, own: str, place: int) -> str:
    """Take a value out of a phrase where no other has been taken out yet."""
    parts = phrase.split("\0")
    parts[::2] = [part.replace(own, f"\0{place}\0") for part in parts[::2]]
    return "\0".join(parts)


def _wire(value: JsonValue, field: str = "") -> Wire:
    """Return a finding's value so that a script has it exactly."""
    if value is None or isinstance(value, bool | str):
        return clipped(value, _LONGEST) if isinstance(value, str) else value
    if isinstance(value, int):
        return value if abs(value) < _SAFE else {"j": mongosh.literal(value)}
    if isinstance(value, Decimal):
        return {"n": str(tidy(value))}
    if isinstance(value, float):
        return {"n": repr(value)}
    if isinstance(value, list):
        return [_wire(each) for each in value]
    if len(value) == 1 and isinstance(only := value.get("$oid"), str):
        return {"o": only}
    written = clipped(mongosh.literal(value), _LONGEST)
    if field == "near_match" and "kind" in value:
        return {"j": written, "w": near_match_text(value)}
    if field == "elsewhere" and "collection" in value:
        return {"j": written, "w": elsewhere_text(value)}
    return {"j": written}
