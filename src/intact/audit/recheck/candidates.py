"""What is looked at again: the drafts of one rule or figure, one by one, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from intact.checks.base import CONFIRMED, UNCONFIRMED, Draft, Neighbourhood
from intact.checks.context import Context
from intact.checks.references import carried
from intact.core.paths import Path
from intact.project import Column

Want = tuple[str, Path, str]
"""Documents that are wanted: those of a collection that hold a canonical value at a path."""

Key = tuple[str, str, tuple[str | None, ...]]
"""Which draft of a task it is."""


class Verdict(IntEnum):
    """What becomes of a candidate."""

    UNCONFIRMED = 0
    CONFIRMED = 1
    VANISHED = 2


@dataclass(slots=True, eq=False)
class Task:
    """The drafts of one rule or figure, and how to find them again.

    Attributes:
        name: Kind and target of the rule, or ``figure`` and its name.
        drafts: What the scan found.
        severity: 0 for the worst; the worst are looked at first.
        columns: The columns on which they stand, by collection.
        find: Finds them, in whatever context.
        around: Gives the documents that decide about one of them.
        verdicts: A :class:`Verdict` a draft.
        changed: What took the place of drafts, by their number.
    """

    name: str
    drafts: Sequence[Draft]
    severity: int
    columns: Mapping[str, frozenset[Column]]
    find: Callable[[Context], Iterator[Draft]]
    around: Callable[[Draft], Neighbourhood]
    verdicts: bytearray = field(init=False)
    changed: dict[int, Draft] = field(default_factory=dict)
    _keys: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.verdicts = bytearray(len(self.drafts))

    def is_new(self, draft: Draft) -> bool:
        """Tell whether a draft is none of those that there are already."""
        return hash(key(draft)) not in self._known()

    def add(self, draft: Draft) -> None:
        """Note that there is a draft."""
        self._known().add(hash(key(draft)))

    def _known(self) -> set[int]:
        if not self._keys:
            self._keys.update(hash(key(each)) for each in self.drafts)
        return self._keys

    def count(self, verdict: Verdict) -> int:
        """Count the drafts of which this became."""
        return self.verdicts.count(verdict)

    def settled(self) -> Iterable[Draft]:
        """Return the drafts that are left, with their states."""
        return _Settled(self)


@dataclass(frozen=True, slots=True)
class _Settled:
    """The drafts of a task without those that vanished; may be gone through again."""

    task: Task

    def __iter__(self) -> Iterator[Draft]:
        for at, draft in enumerate(self.task.drafts):
            verdict = self.task.verdicts[at]
            if verdict != Verdict.VANISHED:
                left = self.task.changed.get(at, draft)
                left.state = CONFIRMED if verdict == Verdict.CONFIRMED else UNCONFIRMED
                yield left


@dataclass(slots=True, eq=False)
class Candidate:
    """A draft that is looked at again.

    Attributes:
        task: Whose.
        at: Its number there.
        draft: As it was found last.
        ids: The ``_id`` of each document that it affects.
        rows: Numbers of these documents in the scan's tables, by ``_id``.
        unsure: Whether a document has no ``_id``, or two have the same: then not to find it again means nothing.
        wants: The documents that decide about it, when they were read last.
        state: What these were like then: equal texts, equal documents.
        documents: How many they were.
        held: Whether they had the fault.
    """

    task: Task
    at: int
    draft: Draft
    ids: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    unsure: bool = False
    wants: tuple[Want, ...] = ()
    state: str = ""
    documents: int = 0
    held: bool = True

    def name(self, ids: Sequence[str | None]) -> None:
        """Take in the ``_id`` of each document that the draft of the scan affects."""
        self.ids = tuple(each for each in ids if each is not None)
        self.rows = dict(zip(self.ids, self.draft.rows, strict=False)) if len(self.ids) == len(ids) else {}
        self.unsure = len(set(self.ids)) < len(ids)

    def become(self, draft: Draft, ids: Sequence[str | None]) -> None:
        """Put what was found again in the place of the draft; its documents are counted by their rows in the scan."""
        rows = [self.rows[each] for each in ids if each is not None and each in self.rows]
        same = key(draft) == key(self.draft)
        for name in (
            "near_match",
            "elsewhere",
            "prevailing",
        ):  # to find them, all documents would have to be read
            draft.fields.pop(name, None)
            if same and (found := self.draft.fields.get(name)):
                draft.fields[name] = found
        carried(self.draft, draft)
        draft.rows = rows or self.draft.rows
        if not same:
            self.task.add(draft)
        self.draft = draft
        self.ids = tuple(each for each in ids if each is not None)
        self.task.changed[self.at] = draft

    def end(self, verdict: Verdict) -> None:
        """Settle what becomes of it."""
        self.task.verdicts[self.at] = verdict


def key(draft: Draft) -> Key:
    """Name a draft within its task."""
    return draft.unreadable, draft.collection, tuple(draft.identity)
