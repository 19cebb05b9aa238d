"""The text of a model file as a tree that knows its lines: YAML 1.2, of which JSON is a part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from intact.model.problems import Problems
from intact.model.scalars import value_of
from intact.model.specs import Literal

MAX_DEPTH = 30
MAX_NODES = 200_000
"""How many nodes a file may come to, with every alias written out."""

_MODELS = 8
_FEW = 10_000
_read: dict[str, tuple[Event, ...]] = {}
"""What some texts were read as, if it is no more than a few events: reading takes a tenth of a second each time."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    line: int
    value: Literal


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class TableNode:
    """A mapping; ``lines`` has the line of each name."""

    line: int
    entries: Mapping[str, Node]
    lines: Mapping[str, int]


Node = Scalar | Items | TableNode


def entries(table: TableNode | None) -> Iterator[tuple[str, int, Node]]:
    """Yield name, line and node of each entry of a mapping; nothing of one that could not be read."""
    if table is not None:
        for name, node in table.entries.items():
            yield name, table.lines[name], node


def kind_of(node: Node) -> str:
    """Say what a node is, for messages."""
    if isinstance(node, TableNode):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return f"the value {str(node.value).lower()}"
    if isinstance(node.value, str):
        return f"the text '{shortened(node.value)}'"
    return f"the number {node.value}"


def shortened(text: str) -> str:
    """Cut a text so that it fits into a message."""
    return text if len(text) <= 60 else text[:59] + "…"


def compose(text: str, problems: Problems) -> Node:
    """Read the text of a model file.

    Raises:
        ModelError: If it is no YAML, or no single document. Names given twice are noted in ``problems``.
    """
    composer = _Composer(problems, _events(text))
    try:
        return composer.document()
    except YAMLError as error:
        line, message, hint = _syntax(error, text)
        problems.add(line, message, hint)
    except _GiveUpError as error:
        problems.add(composer.line, str(error))
    problems.check()
    raise AssertionError("unreachable")


def _events(text: str) -> Iterator[Event]:
    """Yield what ruamel reads; for some escapes and directives that mean nothing, it raises whatever it comes to."""
    if text in _read:
        yield from _read[text]
        return
    events = []
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            events.append(event)
            yield event
    except (ValueError, ArithmeticError, LookupError, AttributeError, TypeError):
        raise _GiveUpError(
            "this is not YAML from about here on; look for a wrong escape or directive"
        ) from None
    # Only what was read to its end comes here: of a text that was given up on the way the rest is not known.
    if len(events) <= _FEW:
        _read[text] = tuple(events)
        for oldest in list(_read)[:-_MODELS]:
            _read.pop(oldest, None)  # another thread may have


class _GiveUpError(Exception):
    """The tree cannot be built any further."""


@dataclass(slots=True)
class _Composer:
    """Builds the tree from ruamel's events, and counts what it comes to."""

    problems: Problems
    events: Iterator[Event]
    line: int = 1
    anchors: dict[str, tuple[Node, int]] = field(default_factory=dict)

    def document(self) -> Node:
        """Read the only document of the stream."""
        root: Node | None = None
        for event in self.events:
            if not isinstance(event, NodeEvent):
                continue
            if root is not None:
                self.line = event.start_mark.line + 1
                raise _GiveUpError("a second document begins here; a model file is one document")
            root, _ = self.node(event, 0)
        if root is None:
            raise _GiveUpError("the file is empty")
        return root

    def node(self, event: Event, depth: int) -> tuple[Node, int]:
        """Read one node, and give how many nodes it comes to."""
        self.line = event.start_mark.line + 1
        anchor = getattr(event, "anchor", None)
        if isinstance(event, AliasEvent):
            if anchor not in self.anchors:
                raise _GiveUpError(f"the alias *{anchor} stands for nothing that is complete by here")
            return self.anchors[anchor]
        if getattr(event, "tag", None) is not None:
            raise _GiveUpError("tags (!) mean nothing here; a model has plain values only")
        if depth > MAX_DEPTH:
            raise _GiveUpError("this is nested too deeply for a model")
        size = 1
        node: Node
        match event:
            case MappingStartEvent():
                node, size = self.table(depth)
            case SequenceStartEvent():
                node, size = self.items(depth)
            case ScalarEvent():
                node = self.scalar(event)
            case _:
                raise _GiveUpError("this is no value")
        if size > MAX_NODES:
            raise _GiveUpError("with every alias written out, this is too large for a model")
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        return node, size

    def scalar(self, event: ScalarEvent) -> Scalar:
        """Read a value: a quoted one is a text, a plain one what YAML 1.2 calls it."""
        text = self.text(event)
        if event.style is not None:
            return Scalar(self.line, text)
        try:
            return Scalar(self.line, value_of(text))
        except ValueError as error:
            self.problems.add(self.line, str(error))
            return Scalar(self.line, 0)

    def text(self, event: ScalarEvent) -> str:
        """Return the text of a value, which JSON may have written with surrogates."""
        text: str = event.value
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise _GiveUpError("this text has half a character in it (a lone surrogate)") from None

    def items(self, depth: int) -> tuple[Items, int]:
        """Read a list up to its end."""
        line, size, found = self.line, 1, list[Node]()
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            node, more = self.node(event, depth + 1)
            found.append(node)
            size += more
        return Items(line, tuple(found)), size

    def table(self, depth: int) -> tuple[TableNode, int]:
        """Read a mapping up to its end."""
        line, size = self.line, 1
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            self.line = event.start_mark.line + 1
            if not isinstance(event, ScalarEvent):
                raise _GiveUpError("the name before a colon must be a text")
            name, at = self.text(event), self.line
            value = next(self.events)
            node, more = self.node(value, depth + 1)
            if (
                isinstance(node, Scalar)
                and isinstance(value, ScalarEvent)
                and not (value.value or value.style)
            ):
                node = replace(node, line=at)  # ruamel finds nothing where the next entry begins
            size += more
            if name in entries:
                self.problems.add(
                    at, f"'{shortened(name)}' is given twice; it stands in line {lines[name]} already"
                )
            else:
                entries[name], lines[name] = node, at
        return TableNode(line, entries, lines), size


def _syntax(error: Exception, text: str) -> tuple[int, str, str]:
    """Turn an error of ruamel into a line, a sentence and a hint."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML")
    if mark is None:
        position = int(getattr(error, "position", 0))
        return text.count("\n", 0, position) + 1, f"this is not YAML: {problem}", ""
    line = min(mark.line + 1, text.count("\n") + 1)
    if "'\\t'" in problem:
        return line, "a tab stands where YAML wants spaces", "Indent with spaces."
    context = getattr(error, "context", None)
    begun = getattr(error, "context_mark", None)
    since = f", {context} which begins in line {begun.line + 1}" if context and begun is not None else ""
    hint = (
        "Put quotes around a text with a colon in it." if "mapping values are not allowed" in problem else ""
    )
    return line, f"this is not YAML: {problem}{since}", hint
