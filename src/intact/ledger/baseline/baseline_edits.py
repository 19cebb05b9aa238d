"""The file of accepted findings, changed: what is added or taken away, and every other line as it was."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC
from pathlib import Path
from typing import Final

from intact.core.errors import BaselineError
from intact.core.whole_files import write
from intact.findings.document import tidy
from intact.ledger.baseline.baseline_file import ANY, FINDING, RULE, EntryBlock, Text, parse
from intact.ledger.baseline.entries import Entry, value_text

HEAD: Final = """\
# Findings that are accepted for a time: they are counted in every report, and make no run fail.
# `intact baseline accept` adds to this file, `prune` takes away, `check` says what is wrong. Review it like code.
"""


_LONE_BREAK: Final = re.compile(r"(?<!\r)\n")


def entry_lines(entry: Entry) -> tuple[str, ...]:
    """Write an entry; reading the lines gives it back."""
    lines = [f"[{FINDING} {entry.fingerprint}]", f"type: {entry.type}"]
    if not entry.fingerprint:
        lines = [f"[{RULE} {entry.type}]"]
    if entry.what:
        lines.append(f"what: {entry.what}")
    lines += [f"where: {name} = {value_text(value)}" for name, value in entry.where]
    lines += [f"reason: {entry.reason}", f"owner: {entry.owner}"]
    moment = entry.accepted.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    lines += [f"accepted: {moment}Z", f"expires: {entry.expires.isoformat()}"]
    if entry.money is None:
        lines.append(f"money: {ANY}")
    else:
        lines += [f"money: {kind} {tidy(amount)}" for kind, amount in sorted(entry.money.items())]
    return tuple(lines)


def add(text: Text, entries: Iterable[Entry]) -> Text:
    """Add entries, each at its place: by type, then rules before findings, then by what they accept.

    An entry that accepts the same as one in the file takes its place, and keeps the comments above it.
    """
    blocks, rest = list(text.blocks), text.rest
    places = {block.entry.key: number for number, block in enumerate(blocks) if block.entry}
    fresh: dict[str, Entry] = {}
    for entry in entries:
        if entry.key in places:
            number = places[entry.key]
            blocks[number] = _renewed(blocks[number], entry)
        else:
            fresh[entry.key] = entry
    if fresh and not blocks:
        head = (
            tuple("\n".join(rest).rstrip().split("\n"))
            if any(map(str.strip, rest))
            else tuple(HEAD.splitlines())
        )
        blocks, rest = [EntryBlock((*head, ""), (), None)], ("",)
    merged = _merged(blocks, sorted(fresh.values(), key=_order))
    written = str(Text(tuple(merged), rest or ("",), ()))
    if "\r\n" in str(text):
        written = _LONE_BREAK.sub("\r\n", written)
    return parse(written)


def _merged(blocks: list[EntryBlock], fresh: list[Entry]) -> list[EntryBlock]:
    """Put new entries before the first one that comes after them; none that is there changes its place."""
    result: list[EntryBlock] = []
    waiting = deque(fresh)
    for block in blocks:
        while waiting and block.entry and _order(waiting[0]) < _order(block.entry):
            made = entry_lines(waiting.popleft())
            if result:
                result.append(EntryBlock(("",), made, None))
            else:  # what is on top of the file stays there
                result.append(EntryBlock(block.before, made, None))
                block = block._replace(before=("",))  # noqa: PLW2901 - the same block, under another one
        result.append(block)
    for entry in waiting:
        above = ("",) if result and result[-1].lines else ()
        result.append(EntryBlock(above, entry_lines(entry), None))
    return result


def _renewed(block: EntryBlock, entry: Entry) -> EntryBlock:
    comments = [line for line in block.lines if line.lstrip().startswith("#")]
    return block._replace(lines=(*comments, *entry_lines(entry)), entry=entry)


def _order(entry: Entry) -> tuple[str, bool, str]:
    return entry.type, bool(entry.fingerprint), entry.key


def remove(text: Text, gone: Callable[[Entry], bool]) -> Text:
    """Take entries away, with the comments right above them; other comments stay."""
    blocks: list[EntryBlock] = []
    kept: tuple[str, ...] = ()
    for block in text.blocks:
        before = _joined(kept, block.before)
        if block.entry and gone(block.entry):
            kept = before
        else:
            blocks.append(block._replace(before=before))
            kept = ()
    return parse(str(Text(tuple(blocks), _joined(kept, text.rest), ())))


def _joined(kept: tuple[str, ...], lines: tuple[str, ...]) -> tuple[str, ...]:
    """Put lines together, with one empty line where two meet."""
    while kept and lines and not kept[-1].strip() and not lines[0].strip():
        kept = kept[:-1]
    return (*kept, *lines)


def save(path: Path, text: Text) -> None:
    """Write a file, whole or not at all; whoever reads it meanwhile sees the old one or the new one.

    Raises:
        BaselineError: If it cannot be written; it is then as it was.
    """
    written = str(text)
    try:
        write(path.resolve(), [written if written.endswith("\n") else f"{written}\n"])
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BaselineError(
            f"the accepted findings cannot be written ({reason})", where=str(path), hint="Name another file."
        ) from error
