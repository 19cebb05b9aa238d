"""The page that says which tests are CI's, made of the marks on them.

``python -m tests.support.ci_page > tests/LEFT_FOR_CI.md`` writes it; a test compares the two.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.effort import quick

TESTS: Final = Path(__file__).resolve().parents[1]

_HEAD: Final = """# What is left for CI

Made of the marks on the tests by `make docs`; a test keeps it so. `make test` runs everything else, and says at
its end how many cases it has left. `INTACT_EFFORT=full make test` runs all of it, as `.ci/run` does.

What runs on each server there is (mongo-java-server, SecantusDB, a real MongoDB) runs on one of them in a quick run,
one case on this and the next on that.
"""


def page() -> str:
    """Return the page."""
    lines = [_HEAD]
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [*_of_the_file(tree), *_of_tests(tree)]
        if found:
            lines += [f"## `{path.relative_to(TESTS.parent).as_posix()}`", "", *found, ""]
    return "\n".join(lines)


def _of_the_file(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks = node.value.elts if isinstance(node.value, ast.List) else [node.value]
            yield from (f"* all of its tests: {said}" for said in map(_said, marks) if said)


def _of_tests(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            for said in map(_said, node.decorator_list):
                if said:
                    yield f"* {node.name.removeprefix('test_').replace('_', ' ')}: {said}"


def _said(mark: ast.expr) -> str:
    """Return what a mark or another decorator leaves for CI, or nothing."""
    called = mark if isinstance(mark, ast.Call) else ast.Call(mark, [], [])
    name = ast.unparse(called.func)
    if name == "pytest.mark.full":
        return str(ast.literal_eval(called.args[0]))
    if name == "pytest.mark.spread":
        return f"all but {ast.unparse(called.args[0])} of its cases"
    if name == "pytest.mark.covering":
        return "all but as few of its cases as have each value of each parameter"
    shares = [
        each for each in ast.walk(called) if isinstance(each, ast.Call) and ast.unparse(each.func) == "share"
    ]
    if not shares:
        return ""
    count, *least = map(ast.literal_eval, shares[0].args)
    return f"all but {quick(count, *least)} of its {count} examples"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - what it is for
