"""From nodes to texts, numbers and paths; what is not as it should be is noted with its line."""

from __future__ import annotations

import re
from collections.abc import Collection as Names
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from intact.core.paths import EACH, Path
from intact.model.names import nearest, suggestion
from intact.model.nodes import Items, Node, Scalar, TableNode, kind_of, shortened
from intact.model.problems import Problems
from intact.model.specs import Literal

NAME: Final = "[A-Za-z][A-Za-z0-9_-]*"
"""Names of models, reports, figures, reconciliations and documents: they become JSON keys and names of files."""

FINDING: Final = "[A-Z][A-Z0-9_]*"
"""Types of findings."""

FIELD: Final = r"[^\u0000-\u0020\u007f{}.\[\]$][^\u0000-\u0020\u007f{}.\[\]]*"
"""Names of the fields of findings."""

RESERVED: Final = (
    "type", "severity", "report", "collection", "description", "fingerprint", "document_id", "document_ids",
    "near_match", "elsewhere", "placeholder", "action", "meta",
)  # fmt: skip
"""Fields that findings have by themselves."""

OF_UNREADABLE: Final = ("field", "value", "value_type", "year", "read_as")
"""Fields that findings of unreadable values have beside them."""


def free_name(path: Path, taken: Names[str]) -> str | None:
    """Return what findings call the value at a path, so that it takes the place of no other field.

    It is the last name of the path; else the whole path, with ``_`` for its dots; else the last name with ``_value``.
    """
    names = [step for step in path.steps if step != EACH]
    whole = "_".join(name.lstrip("_") or name for name in names)
    choices = [path.name, *([whole] if len(names) > 1 else ()), f"{path.name}_value"]
    free = (name for name in choices if name not in taken and name not in RESERVED)
    return next(free, None)


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class NodeReader:
    """Reads single nodes of one file. What cannot be read is noted in ``problems`` and comes back as None."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def expected(self, node: Node, what: str) -> None:
        """Note that a node is of the wrong type."""
        self.problems.add(node.line, f"expected {what}, found {kind_of(node)}")

    def table(
        self, node: Node, what: str, known: Names[str] | None = None, required: Sequence[str] = ()
    ) -> TableNode | None:
        """Read a mapping, whose names must be ``known`` ones; without, they are the user's own."""
        if not isinstance(node, TableNode):
            self.expected(node, f"a mapping for {what}")
            return None
        meant = set()
        for name, line in node.lines.items():
            if known is not None and name not in known:
                meant.add(nearest(name, known))
                message = f"'{shortened(name)}' is not part of {what}"
                self.problems.add(line, message, suggestion(name, known))
        for name in required:
            if name not in node.entries and name not in meant:
                self.problems.add(node.line, f"{what} needs '{name}'")
        return node

    def text(self, node: Node, what: str, *, lines: bool = False, empty: bool = False) -> str | None:
        """Read a text that is not blank; of one line, unless ``lines``. With ``empty`` it may be of no character."""
        if not (isinstance(node, Scalar) and isinstance(node.value, str)):
            self.expected(node, f"a text for {what}")
        elif empty and not node.value:
            return ""
        elif not node.value.strip():
            self.problems.add(node.line, f"the text for {what} is blank")
        elif _CONTROL.search(node.value):
            self.problems.add(node.line, f"the text for {what} has a control character in it")
        elif not lines and "\n" in node.value.rstrip("\n"):
            self.problems.add(node.line, f"the text for {what} must be one line")
        else:
            return node.value.rstrip("\n")
        return None

    def name(self, node: Node, what: str, pattern: str = NAME) -> str | None:
        """Read a name of the form ``pattern``."""
        text = self.text(node, what)
        return text if text is not None and self.fits(text, node.line, what, pattern) else None

    def fits(self, name: str, line: int, what: str, pattern: str = NAME) -> bool:
        """Say whether a name has the form of ``pattern``, and note it if not."""
        if re.fullmatch(pattern, name):
            return True
        how = {
            NAME: "letters, digits, - and _, beginning with a letter",
            FINDING: "capital letters, digits and _, beginning with a letter",
            FIELD: "characters other than white space, dots, braces and brackets, not beginning with $",
        }[pattern]
        self.problems.add(line, f"'{shortened(name)}' cannot be {what}", f"It must be made of {how}.")
        return False

    def texts(self, node: Node, what: str) -> tuple[str, ...] | None:
        """Read a list of texts that are all different, at least one; one of them may be empty."""
        found = self.items(node, f"a list of texts for {what}")
        if found is None:
            return None
        texts = [self.text(each, what, empty=True) for each in found]
        self.all_different(found, texts)
        return tuple(text for text in texts if text is not None)

    def items(self, node: Node, what: str) -> tuple[Node, ...] | None:
        """Read a list of at least one node."""
        if not isinstance(node, Items):
            self.expected(node, what)
        elif not node.items:
            self.problems.add(node.line, f"expected {what}, found an empty one")
        else:
            return node.items
        return None

    def all_different(self, nodes: Sequence[Node], values: Sequence[object]) -> None:
        """Note what stands twice in a list."""
        seen: list[object] = []
        for node, value in zip(nodes, values, strict=True):
            if value is not None and value in seen:
                self.problems.add(node.line, f"'{value}' stands in this list twice")
            seen.append(value)

    def choice(self, node: Node, what: str, choices: Sequence[str]) -> str | None:
        """Read one of a few words."""
        text = self.text(node, what)
        if text is None or text in choices:
            return text
        self.problems.add(node.line, f"'{shortened(text)}' is no {what}", suggestion(text, choices))
        return None

    def integer(self, node: Node, what: str) -> int | None:
        """Read a whole number that is not negative."""
        if isinstance(node, Scalar) and type(node.value) is int and node.value >= 0:
            return node.value
        self.expected(node, f"a whole number, 0 or more, for {what}")
        return None

    def decimal(self, node: Node, what: str) -> Decimal | None:
        """Read a number that is not negative, exactly as it is written."""
        if isinstance(node, Scalar) and not isinstance(node.value, bool | str | None) and node.value >= 0:
            return Decimal(node.value)
        self.expected(node, f"a number, 0 or more, for {what}")
        return None

    def literals(self, node: Node, what: str) -> tuple[Literal, ...] | None:
        """Read a value, or a list of values of which one is to be met."""
        if isinstance(node, Scalar):
            return (node.value,)
        found = self.items(node, f"a value or a list of values for {what}")
        if found is None:
            return None
        values: list[Literal] = []
        for each in found:
            if isinstance(each, Scalar):
                values.append(each.value)
            else:
                self.expected(each, f"a value for {what}")
        if len(values) == len(found):
            self.all_different(found, [(type(value), value) for value in values])
        return tuple(values)

    def path(self, node: Node, what: str, *, each: bool = False) -> Path | None:
        """Read a path; one through an array only where ``each`` says so."""
        text = self.text(node, what)
        return None if text is None else self.path_of(text, node.line, what, each=each)

    def path_of(self, text: str, line: int, what: str, *, each: bool = False) -> Path | None:
        """Read the text of a path."""
        try:
            path = Path.parse(text)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            self.problems.add(line, message, hint and f"{hint[0].upper()}{hint[1:]}.")
            return None
        if "\0" in text or any(step.startswith("$") for step in path.steps):
            self.problems.add(line, f"{text!r} is no field path", "Names of fields do not begin with $.")
            return None
        if path.is_list and not each:
            self.problems.add(
                line,
                f"'{text}' goes through an array, which {what} cannot",
                "Only references and amounts can.",
            )
            return None
        return path

    def one_of(self, node: Node, what: str, names: Sequence[str]) -> str | None:
        """Read a name that must have been declared."""
        text = self.text(node, f"a {what}")
        if text is None or text in names:
            return text
        self.problems.unknown(node.line, f"'{shortened(text)}' is no {what}", text, names)
        return None

    def new_field(self, name: str, line: int, taken: Names[str] = ()) -> bool:
        """Say whether a name can be given to a field of findings, and note it if not."""
        if not self.fits(name, line, "the name of a field in findings", FIELD):
            return False
        if name in RESERVED or name in taken:
            self.problems.add(
                line, f"findings of this check have a field '{name}' already", "Give the value another name."
            )
            return False
        return True
