"""Which documents a filter finds, for the snapshot server: the few operators that a reader sends, by MongoDB's rules.

An operator that is not known is refused with MongoDB's error 2 (BadValue) rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from bson.regex import Regex

from tests.servers import bson_order
from tests.servers.bson_order import bracket, key

Document = Mapping[str, Any]

MISSING: Final = object()


class RefusedError(Exception):
    """The server refuses a command.

    Args:
        code: MongoDB's number of the error.
        name: Its name.
        message: What the server says.
    """

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(message)
        self.code, self.name, self.message = code, name, message


def bad_value(message: str) -> RefusedError:
    """Give MongoDB's error for an argument that it does not know."""
    return RefusedError(2, "BadValue", message)


def matches(document: Document, wanted: Document) -> bool:
    """Whether a filter finds a document."""
    return all(_clause(document, name, value) for name, value in wanted.items())


def predicate(wanted: Document) -> Callable[[Document], bool]:
    """Give the same as a function of the document: many values are looked for as fast as one."""
    asked: Any
    name, asked = next(iter(wanted.items()), ("", None))
    plain = (
        len(wanted) == 1
        and not name.startswith("$")
        and isinstance(asked, Mapping)
        and list(asked) == ["$in"]
    )
    if not plain or any(each is None or isinstance(each, Regex) for each in asked["$in"]):
        return lambda document: matches(document, wanted)
    keys = {key(each) for each in asked["$in"]}
    return lambda document: any(key(each) in keys for each in values_at(document, name))


def _clause(document: Document, name: str, value: Any) -> bool:
    match name:
        case "$expr":
            return bool(_truth(evaluate(document, value)))
        case "$and":
            return all(matches(document, each) for each in value)
        case "$or":
            return any(matches(document, each) for each in value)
        case "$nor":
            return not any(matches(document, each) for each in value)
        case "$comment":
            return True
    if name.startswith("$"):
        raise bad_value(f"unknown top level operator: {name}")
    if isinstance(value, Mapping) and next(iter(value), "").startswith("$"):
        return all(_operator(document, name, operator, operand) for operator, operand in value.items())
    return _equals(document, name, value)


def _operator(document: Document, path: str, operator: str, operand: Any) -> bool:
    match operator:
        case "$eq":
            return _equals(document, path, operand, literally=True)
        case "$ne":
            return not _equals(document, path, operand, literally=True)
        case "$in":
            return any(_equals(document, path, each) for each in operand)
        case "$nin":
            return not any(_equals(document, path, each) for each in operand)
        case "$exists":
            return bool(operand) == any(True for _ in values_at(document, path))
        case "$gt" | "$gte" | "$lt" | "$lte":
            return any(_within(each, operator, operand) for each in values_at(document, path))
        case "$type":
            wanted = {"number": bson_order.NUMBER, "string": bson_order.STRING}
            if operand not in wanted:
                raise bad_value(f"unknown type: {operand!r}")
            return any(bracket(each) == wanted[operand] for each in values_at(document, path))
    raise bad_value(f"unknown operator: {operator}")


def _equals(document: Document, path: str, wanted: Any, *, literally: bool = False) -> bool:
    """Whether a path holds a value, or an array with it. Null finds missing fields too; a pattern finds strings."""
    found = list(values_at(document, path))
    if wanted is None and (not found or any(each is None for each in found)):
        return True
    if isinstance(wanted, Regex) and not literally:
        pattern = re.compile(wanted.pattern, wanted.flags)
        if any(isinstance(each, str) and pattern.search(each) for each in found):
            return True
    return any(key(each) == key(wanted) for each in found)


_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$gt": lambda a, b: a > b,
    "$gte": lambda a, b: a >= b,
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
    "$eq": lambda a, b: a == b,
    "$ne": lambda a, b: a != b,
}


def _within(value: Any, operator: str, limit: Any) -> bool:
    """Compare as plain operators do: values of one type only. NaN is beside all other numbers."""
    if bracket(limit) in {bson_order.MIN_KEY, bson_order.MAX_KEY}:  # these two see every type
        return _COMPARE[operator](key(value), key(limit))
    if bracket(value) != bracket(limit):
        return False
    left, right = key(value), key(limit)
    if bracket(value) == bson_order.NUMBER and 0 in {left[1], right[1]}:
        return left == right and operator in {"$gte", "$lte"}
    return _COMPARE[operator](left, right)


def values_at(document: Any, path: str) -> Iterator[Any]:
    """Give what a dotted path holds: through arrays of objects, an array at its end both whole and each element."""
    first, _, rest = path.partition(".")
    if not isinstance(document, Mapping) or first not in document:
        return
    value = document[first]
    if not rest:
        yield value
        if isinstance(value, list):
            yield from value
        return
    for each in value if isinstance(value, list) else [value]:
        yield from values_at(each, rest)


# --- expressions of aggregations: the whole order of BSON, no brackets ------------------------------------------------


def evaluate(document: Document, expression: Any) -> Any:
    """Give the value of an aggregation expression; MISSING where a field is not there."""
    if isinstance(expression, str) and expression.startswith("$"):
        return document.get(expression[1:], MISSING)
    if not isinstance(expression, Mapping) or not next(iter(expression), "").startswith("$"):
        return expression
    if len(expression) != 1:
        raise RefusedError(15983, "Location15983", "an expression must have exactly one field")
    operator, operand = next(iter(expression.items()))
    if operator == "$literal":
        return operand
    if operator in {"$and", "$or"}:
        every = [_truth(evaluate(document, each)) for each in operand]
        return all(every) if operator == "$and" else any(every)
    if operator in _COMPARE:
        left, right = (_expression_key(evaluate(document, each)) for each in _two(operand))
        return _COMPARE[operator](left, right)
    raise RefusedError(168, "InvalidPipelineOperator", f"Unrecognized expression '{operator}'")


def _two(operand: Any) -> Sequence[Any]:
    if not isinstance(operand, list) or len(operand) != 2:
        raise RefusedError(16020, "Location16020", "a comparison takes exactly 2 arguments")
    return operand


def _expression_key(value: Any) -> tuple[Any, ...]:
    """A field that is not there is smaller than null, and larger than MinKey."""
    return (bson_order.MIN_KEY, 1) if value is MISSING else key(value)


def _truth(value: Any) -> bool:
    """False, null, 0 and what is not there are false; everything else is true, the empty string too."""
    if value is MISSING or value is None or value is False:
        return False
    return bracket(value) != bson_order.NUMBER or key(value) != key(0)
