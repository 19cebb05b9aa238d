"""The same checks once more, on what a look has fetched: which candidates are found again, and as what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intact.audit.recheck.candidates import Candidate, Task, Want, key
from intact.audit.recheck.fetched import Fetched
from intact.audit.recheck.neighbourhood import NeighbourhoodLookup, State
from intact.checks.base import Draft
from intact.checks.context import Context


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What a look says of one candidate.

    Attributes:
        draft: As which draft it is found again, None if it is not.
        ids: The ``_id`` of the documents that this affects.
        wants: The documents that decide about it now.
        state: What they are like.
    """

    draft: Draft | None
    ids: Sequence[str | None]
    wants: tuple[Want, ...]
    state: State


def judge(context: Context, candidates: Sequence[Candidate], fetched: Fetched) -> list[Rejudged]:
    """Run the checks of the candidates.

    Args:
        context: With an engine of its own, in which nothing is but what was fetched.
        candidates: Who is looked at.
        fetched: What was fetched.

    Returns:
        A judgement a candidate.
    """
    fetched.load(context.engine)
    around = NeighbourhoodLookup(context.engine, context.model)
    by_task: dict[Task, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_task[candidate.task].append(candidate)
    found: dict[Candidate, Draft] = {}
    for task, some in by_task.items():
        found.update(_found(task, some, task.find(context), around))
    ids = dict(zip(found, around.ids(list(found.values())), strict=True))
    shapes = [_as_found(candidate, found.get(candidate), ids.get(candidate, ())) for candidate in candidates]
    wants = around.wants(shapes)
    states = around.states(shapes, wants, fetched.torn)
    return [
        Rejudged(found.get(candidate), ids.get(candidate, ()), wants[at], states[at])
        for at, candidate in enumerate(candidates)
    ]


def _as_found(candidate: Candidate, draft: Draft | None, ids: Sequence[str | None]) -> Candidate:
    """Return a candidate as it would be with what was found again, to ask what decides about that."""
    if draft is None:
        return candidate
    known = tuple(each for each in ids if each is not None)
    return Candidate(candidate.task, candidate.at, draft, known)


def _found(
    task: Task, candidates: Sequence[Candidate], drafts: Iterator[Draft], around: NeighbourhoodLookup
) -> dict[Candidate, Draft]:
    """Find candidates among drafts: the same fault, else the fault that has come of it.

    A group that lost one of three documents, or a reference that names something else that is not there, is another
    fault by its fingerprint, and for who reads the report it is still there.
    """
    by_key = {key(candidate.draft): candidate for candidate in candidates}
    found: dict[Candidate, Draft] = {}
    others = []
    for draft in drafts:
        candidate = by_key.get(key(draft))
        if candidate is not None:
            found[candidate] = draft
        else:
            others.append(draft)
    lost = {
        (candidate.draft.unreadable, candidate.draft.collection, each): candidate
        for candidate in candidates
        if candidate not in found
        for each in candidate.ids
    }
    if not lost or not others:
        return found
    for draft, ids in zip(others, around.ids(others), strict=True):
        shared = [lost.get((draft.unreadable, draft.collection, each)) for each in ids if each is not None]
        heir = next((each for each in shared if each is not None and each not in found), None)
        if heir is not None and task.is_new(draft):
            found[heir] = draft
    return found
