"""Counts, and the first problems of a block: what a projector says beside the rows."""

from __future__ import annotations

from intact.project.columns import MAX_PROBLEMS, MAX_REPEATS, Problem, RepeatedField
from intact.project.elements import DamageError
from intact.project.walker import BrokenDocumentError, Row, Walker


class Tally:
    """Adds up what is wrong with the documents of a block.

    Attributes:
        problems: The first :data:`~intact.project.columns.MAX_PROBLEMS`.
        lost: How many documents are left out.
        damaged: How many problems there were.
        repeated: How many documents give a wanted field more than once.
        repeats: The first :data:`~intact.project.columns.MAX_REPEATS` of them.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lost = 0
        self.damaged = 0
        self.repeated = 0
        self.repeats: list[RepeatedField] = []

    def read(self, walker: Walker, data: bytes, start: int, end: int, offset: int) -> Row | None:
        """Read the document that fills ``data[start:end]``, and count what is wrong with it; None if it is left out.

        Args:
            walker: Reads it.
            data: The block.
            start: Where the document begins in it.
            end: Where the document ends by its length.
            offset: Where the block begins in the collection's bytes, for the offsets of problems.
        """
        try:
            row = walker.read(data, start, end)
        except BrokenDocumentError as error:
            self.lose(error.damage, error.identity, offset)
            return None
        if row.repeats:
            self.repeated += 1
            if len(self.repeats) < MAX_REPEATS:
                self.repeats.append(RepeatedField(row.identity, row.repeats))
        self.damaged += row.damaged
        for trouble in row.troubles:
            self._tell(
                Problem(
                    what=trouble.what,
                    document_id=row.identity,
                    path=trouble.path,
                    expected=trouble.expected,
                    found=trouble.found,
                    offset=offset + trouble.position,
                    lost=False,
                )
            )
        return row

    def lose(self, damage: DamageError, identity: str | None, offset: int) -> None:
        """Count a document that is left out."""
        self.lost += 1
        self.damaged += 1
        self._tell(
            Problem(
                what=damage.what,
                document_id=identity,
                path=b".".join(damage.path).decode(errors="backslashreplace"),
                expected=damage.expected,
                found=damage.found,
                offset=offset + damage.position,
                lost=True,
            )
        )

    def _tell(self, problem: Problem) -> None:
        if not self.is_full:
            self.problems.append(problem)

    @property
    def is_full(self) -> bool:
        """Whether no more problems are told."""
        return len(self.problems) == MAX_PROBLEMS
