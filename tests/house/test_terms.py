"""Names are the field's standard terms: the words that only their authors knew are in no class, function or module."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.house.files import MODULES, name

CLASSES = {
    *(
        "Crew",
        "Look",
        "Work",
        "Pace",
        "Desk",
        "Book",
        "Letter",
        "Telling",
        "Judge",
        "Line",
        "Given",
        "Memory",
        "Then",
    ),
    *("Turns", "Gone", "Around", "Begun", "Case", "Aside"),
}
OF_THE_DOCTOR = {("src/intact/audit/doctor/records.py", "Line")}  # a line of what it prints is a line
MODULES_AND_FUNCTIONS = {
    *(
        "crew",
        "look",
        "work",
        "pace",
        "desk",
        "book",
        "letters",
        "telling",
        "switch",
        "judging",
        "given",
        "around",
    ),
    *(
        "begun",
        "case",
        "told",
        "kept",
        "attended",
        "sameness",
        "overtaken",
        "reading",
        "writing",
        "record",
        "files",
    ),
}
VERBS = {"look", "record", "reading", "writing", "files", "work"}  # functions may be verbs and plain nouns


def classes() -> Iterator[tuple[str, str]]:
    """Yield each class of the package, with its file."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield name(path), node.name


def test_no_class_is_called_by_a_word_of_its_authors() -> None:
    assert {each for each in classes() if each[1] in CLASSES} == OF_THE_DOCTOR


def test_no_module_is_called_by_a_word_of_its_authors() -> None:
    found = {name(path) for path in MODULES if path.stem in MODULES_AND_FUNCTIONS}
    assert not {each for each in found if not each.startswith("src/intact/audit/recheck/judging")}


def test_no_public_function_is_called_by_a_word_of_its_authors() -> None:
    found = [
        (name(path), node.name)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in MODULES_AND_FUNCTIONS - VERBS
    ]
    assert not found


def test_the_name_of_a_public_class_means_one_thing() -> None:
    places = defaultdict(list)
    for path, each in classes():
        if not each.startswith("_"):
            places[each].append(path)
    assert not {each: found for each, found in places.items() if len(found) > 1}


def test_docstrings_of_what_returns_something_say_so_as_those_of_python_do() -> None:
    wrong = []
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            nothing = isinstance(node.returns, ast.Constant) and node.returns.value is None
            said = ast.get_docstring(node) or ""
            if not nothing and node.returns is not None and said.startswith(("Give ", "Gives ", "Hand out ")):
                wrong.append(f"{name(file)}:{node.lineno}: {said.splitlines()[0]}")
    assert wrong == []
