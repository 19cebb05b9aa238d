"""The house is as ARCHITECTURE.md draws it: wings from left to right, and names that say one thing."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter

import pytest

from intact.checks import CHECKS
from tests.house.files import MODULES, ROOT, SRC

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
WINGS = sorted(each.parent.name for each in SRC.glob("*/__init__.py"))
ROOMS = ("sources/files", "sources/mongodb")


def part(heading: str) -> str:
    """Return the text under a heading of the page."""
    (found,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_at_the_top_stand_only_the_wings_the_public_api_and_the_entry_point() -> None:
    assert {each.name for each in SRC.glob("*.py")} == {"__init__.py", "__main__.py"}
    drawn = set(re.findall(r"^\| \[`(\w+)/`\]\(src/intact/\1\)", part("The wings"), re.MULTILINE))
    assert drawn == set(WINGS)


@pytest.mark.parametrize("wing", [*WINGS, *ROOMS])
def test_each_wing_says_what_comes_in_what_goes_out_and_what_it_may_use(wing: str) -> None:
    told = ast.get_docstring(ast.parse((SRC / wing / "__init__.py").read_text(encoding="utf-8"))) or ""
    told = " ".join(told.split())
    assert re.search(r"\bin comes?\b", told, re.IGNORECASE)
    assert re.search(r"\bout go(es)?\b", told)
    assert re.search(r"\bmay use\b", told)


def test_every_path_that_the_page_names_is_there() -> None:
    named = {*re.findall(r"\]\(((?:src|native|backend)[^)#]*)\)", PAGE)}
    named |= {*re.findall(r"`((?:src|tests|native)/[\w./]+)`", PAGE)}
    assert len(named) > 60
    assert not sorted(each for each in named if not (ROOT / each).exists())


def test_a_link_to_a_file_is_called_as_the_file_is() -> None:
    links = re.findall(r"\[`([\w/]+\.py)`\]\(([^)#]+\.py)\)", PAGE)
    assert len(links) > 20
    assert not [each for each in links if not each[1].endswith(f"/{each[0]}")]


def test_the_page_lists_what_checks_share() -> None:
    (listed,) = re.findall(r"only what they share \(([^)]*)\)", " ".join(PAGE.split()))
    named = set(re.findall(r"`(\w+)`", listed))
    assert named == {path.stem for path in (SRC / "checks").glob("*.py")} - {
        "__init__",
        *(each.__name__.rpartition(".")[2] for each in CHECKS),
    }


def test_the_way_of_a_value_names_each_file_once_and_does_not_go_back() -> None:
    way = re.findall(r"\]\((src/intact/[\w/]+\.py)\)", part("One value, from bytes to HTML"))
    assert len(way) == len(set(way)) > 15
    order = ["sources", "project", "audit", "engine", "checks", "findings", "ledger", "reporters"]
    wings = [each.split("/")[2] for each in way]
    # The run hands on from wing to wing, so it stands between them; the others come in their order.
    others = [order.index(each) for each in wings if each != "audit"]
    assert others == sorted(others)


def test_no_file_shadows_the_standard_library() -> None:
    names = {path.parent.name if path.stem == "__init__" else path.stem for path in MODULES}
    assert not (names - {"intact", "__main__"}) & sys.stdlib_module_names


def test_no_file_is_called_as_three_others_are() -> None:
    often = Counter(path.stem for path in MODULES if path.stem not in {"__init__", "__main__"})
    assert not {each for each, count in often.items() if count > 3}
