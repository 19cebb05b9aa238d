"""A field path as a tuple of steps.

``items[].total`` is written in models and findings; the program carries ``Path(("items", EACH, "total"))``. A step is a
field name or :data:`EACH`, which stands for every element of an array. Numeric steps (``items.0``) are refused: MongoDB
reads them as an index or as a name, depending on the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EACH: Final = "[]"
"""The step into every element of an array."""


@dataclass(frozen=True, slots=True, order=True)
class Path:
    """A path inside a document: field names and :data:`EACH`, never empty, never beginning with :data:`EACH`."""

    steps: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Path:
        """Read a path as models write it.

        Raises:
            ValueError: With a sentence for the user, if the text is no path.
        """
        steps: list[str] = []
        for part in text.split("."):
            name = part.removesuffix(EACH)
            if not name or EACH in name:
                raise ValueError(f"{text!r} is no field path; write it like customer.id or items[].total")
            if name.isdecimal():
                raise ValueError(f"{text!r} has a numeric step; MongoDB may read it as an index or as a name")
            steps.append(name)
            if part.endswith(EACH):
                steps.append(EACH)
        return cls(tuple(steps))

    @property
    def top(self) -> str:
        """The name of the top-level field, which is what a server-side projection asks for."""
        return self.steps[0]

    @property
    def name(self) -> str:
        """The last field name of the path: what a finding calls the value."""
        return next(step for step in reversed(self.steps) if step != EACH)

    @property
    def container(self) -> Path:
        """The path up to, and without, the first :data:`EACH`: ``items`` of ``items[].total``."""
        return Path(self.steps[: self.steps.index(EACH)]) if self.is_list else self

    @property
    def is_list(self) -> bool:
        """Whether the path goes through the elements of an array."""
        return EACH in self.steps

    def is_beside(self, amount: Path) -> bool:
        """Whether it leads into the elements of arrays, and these are the first that another path leads through."""
        begin = next((at for at in range(len(self.steps), 0, -1) if self.steps[at - 1] == EACH), 0)
        return 0 < begin < len(self.steps) and self.steps[:begin] == amount.steps[:begin]

    def __str__(self) -> str:
        return ".".join(self.steps).replace("." + EACH, EACH)
