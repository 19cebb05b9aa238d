"""Extended JSON files: a document a line, one after the other, or in one array; only a piece is in memory.

What is wrong with one document costs this document: the next one is found again, at the next line, or behind
the brackets of the wrong one.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from intact.sources.base import Block, Fault
from intact.sources.files.extended_json import Decoder, JsonError
from intact.sources.files.shell_syntax import UNFINISHED, ShellDocument, shell_document
from intact.sources.files.streams import BrokenError, Input

_BYTE_ORDER_MARK: Final = "\ufeff"

BLOCK: Final = 1 << 20
"""How many bytes of BSON are handed on at a time."""

LONGEST: Final = 48 << 20
"""How many characters of text a document may have: three times the largest document."""

_SPACE: Final = re.compile(r"[ \t\n\r\x1e]*")
_GAP: Final = re.compile(r"[ \t\n\r,]*")
_TOKEN: Final = re.compile(r'[{}\[\]]|"(?:[^"\\]++|\\.)*+"|"', re.DOTALL)
_SCALAR: Final = re.compile(r'[^\s,\[\]{}"]+|.', re.DOTALL)
_AGAIN: Final = "Copy or export it again; its end is missing."


def read_json(source: Input, collection: str) -> Iterator[Block | Fault]:
    """Read a file of Extended JSON.

    Yields:
        Blocks, a fault for each document that is none, and one without a count where nothing more can be
        read.

    Raises:
        SourceError: If it cannot be opened.
    """
    pending: list[bytes] = []
    size = 0
    for item in _Reader(source, collection).documents():
        if isinstance(item, bytes):
            pending.append(item)
            size += len(item)
        if pending and (size >= BLOCK or isinstance(item, Fault)):
            yield Block(collection, b"".join(pending))
            pending, size = [], 0
        if isinstance(item, Fault):
            yield item
    if pending:
        yield Block(collection, b"".join(pending))


class _Reader:
    """The documents of one file."""

    def __init__(self, source: Input, collection: str) -> None:
        self._label = source.label
        self._collection = collection
        self._chunks = source.content()
        self._utf8 = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._decode = Decoder().decode
        self._text = ""
        self._at = 0
        self._line = 1
        self._broken: BrokenError | None = None
        self._shell: Counter[str] = Counter()
        self._in_shell = 0
        self._first_in_shell = 0
        self._over = False

    def documents(self) -> Iterator[bytes | Fault]:
        """Documents as BSON, and faults, in the file's order; what is in the shell's syntax is one fault, the last."""
        for item in self._all():
            if isinstance(item, Fault) and item.documents is None:
                yield from self._shell_fault()  # nothing may come behind this one
            yield item
        yield from self._shell_fault()

    def _all(self) -> Iterator[bytes | Fault]:
        self._fill()
        self._text = self._text.removeprefix(_BYTE_ORDER_MARK)
        while not self._skip(_SPACE):
            if not self._fill():
                break
        if self._text.startswith("[", self._at):
            self._at += 1
            yield from self._values(in_array=True)
        elif self._holds_lines():
            yield from self._lines()
        else:
            yield from self._values(in_array=False)

    def _fill(self) -> bool:
        """Read at least as much again as there is left; say whether anything came."""
        self._line += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :], 0
        before, parts = len(self._text), [self._text]
        length = before
        while length == before or length < 2 * before:
            chunk = self._next_chunk()
            parts.append(self._utf8.decode(chunk, not chunk))
            length += len(parts[-1])
            if not chunk:
                break
        self._text = "".join(parts)
        return length > before

    def _next_chunk(self) -> bytes:
        try:
            return next(self._chunks, b"")
        except BrokenError as error:
            self._broken = error
            return b""

    def _skip(self, gap: re.Pattern[str]) -> bool:
        """Step over what lies between documents; say whether something follows."""
        if (match := gap.match(self._text, self._at)) is not None:
            self._at = match.end()
        return self._at < len(self._text)

    def _holds_lines(self) -> bool:
        """Whether a line is a document, judged by the first one; otherwise they go over several lines."""
        while (stop := self._text.find("\n", self._at)) < 0:
            if len(self._text) - self._at > LONGEST or not self._fill():
                return True
        with contextlib.suppress(JsonError):
            return self._decode(self._text, self._at)[1] <= stop
        first, following = self._text[self._at : stop].rstrip(), self._text[stop:].lstrip()
        return not first.startswith("{") or first.endswith("}") or following.startswith("{")

    def _lines(self) -> Iterator[bytes | Fault]:
        """Documents that are a line each."""
        while True:
            stop = self._text.rfind("\n") + 1
            number = self._line + self._text.count("\n", 0, self._at)
            for line in self._text[self._at : stop].split("\n"):
                yield from self._on_line(line, number)
                number += 1
            self._at = max(stop, self._at)
            if len(self._text) - self._at > LONGEST:
                yield self._fault(f"a line is longer than {LONGEST >> 20} MiB, which no document needs", "")
                return
            if not self._fill():
                break
        if self._broken is None and self._skip(_SPACE):
            yield from self._on_line(self._text[self._at :], self._line, last=True)
        elif self._broken is not None:
            yield self._cut_off()

    def _on_line(self, line: str, number: int, *, last: bool = False) -> Iterator[bytes | Fault]:
        at = _end(_SPACE, line, 0)
        while at < len(line):
            try:
                data, end = self._decode(line, at)
            except JsonError as error:
                if error.syntax and isinstance(found := shell_document(line, at), ShellDocument):
                    self._note_shell(found, number)
                    at = _end(_SPACE, line, found.end)
                    continue
                breaks_off = last and error.syntax and _end_of_value(line, at) is None
                yield self._cut_off() if breaks_off else self._wrong(error, number)
                return
            yield data
            at = _end(_SPACE, line, end)

    def _values(self, *, in_array: bool) -> Iterator[bytes | Fault]:
        """Documents one after the other, over as many lines as they like."""
        gap = _GAP if in_array else _SPACE
        while True:
            if not self._skip(gap):
                if self._fill():
                    continue
                break
            if in_array and self._text[self._at] == "]":
                self._at += 1
                yield from self._after_array()
                return
            try:
                data, self._at = self._decode(self._text, self._at)
            except JsonError as error:
                yield from self._pass_over(error)
                if self._over:
                    return
            else:
                yield data
        if in_array or self._broken is not None:
            yield self._cut_off()

    def _pass_over(self, error: JsonError) -> Iterator[Fault]:
        """Step over a document that cannot be read, or read on where its end is not there yet."""
        number = self._line + self._text.count("\n", 0, self._at)
        found = shell_document(self._text, self._at) if error.syntax else None
        if isinstance(found, ShellDocument):
            self._note_shell(found, number)
            self._at = found.end
            return
        may_grow = len(self._text) - self._at <= LONGEST
        if found == UNFINISHED and may_grow and self._fill():
            return
        end = _end_of_value(self._text, self._at)
        if end is not None:
            yield self._wrong(error, number)
            self._at = end
        elif not may_grow or not self._fill():
            yield self._cut_off()
            self._over = True

    def _after_array(self) -> Iterator[Fault]:
        while not self._skip(_SPACE):
            if not self._fill():
                break
        if self._at < len(self._text):
            yield self._fault(
                "something follows the end of the array", "A file holds one array, or no array at all."
            )
        elif self._broken is not None:
            yield self._cut_off()

    def _note_shell(self, found: ShellDocument, line: int) -> None:
        self._first_in_shell = self._first_in_shell or line
        self._in_shell += 1
        self._shell.update(found.kinds)

    def _shell_fault(self) -> Iterator[Fault]:
        """Say how many documents are in the shell's syntax, once a file."""
        count, self._in_shell = self._in_shell, 0
        if count:
            kinds = ", ".join(sorted(self._shell, key=lambda kind: (-self._shell[kind], kind)))
            are = "document is" if count == 1 else "documents are"
            what = f"{count:,} {are} in the syntax of the mongo shell, which is no JSON ({kinds})"
            hint = f"Export them again: mongoexport --collection={self._collection}, or EJSON.stringify in mongosh."
            where = f"{self._label}, line {self._first_in_shell}"
            yield Fault(self._collection, what, where, hint, documents=count)

    def _wrong(self, error: JsonError, line: int) -> Fault:
        """A document that is none; the others are not concerned."""
        where = f"{self._label}, line {line}"
        return Fault(self._collection, f"a document cannot be read: {error}", where, documents=1)

    def _cut_off(self) -> Fault:
        if self._broken is not None:
            return self._fault(self._broken.what, self._broken.hint)
        if len(self._text) - self._at > LONGEST:
            return self._fault(
                "a document does not end", "Its brackets or quotes are damaged; export it again."
            )
        what = (
            "it ends in the middle of a document" if self._at < len(self._text) else "its array does not end"
        )
        return self._fault(what, _AGAIN)

    def _fault(self, what: str, hint: str) -> Fault:
        line = self._line + self._text.count("\n", 0, self._at)
        return Fault(self._collection, what, f"{self._label}, line {line}", hint)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _end_of_value(text: str, at: int) -> int | None:
    """Where a value ends that cannot be read; None if that cannot be seen yet."""
    if text[at] not in '{["':
        end = _end(_SCALAR, text, at)
        return end if end < len(text) else None
    depth = 0
    for token in _TOKEN.finditer(text, at):
        mark = token[0]
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            depth -= 1
        elif mark == '"':
            return None  # a string that does not end here
        if depth <= 0:
            return token.end()
    return None
