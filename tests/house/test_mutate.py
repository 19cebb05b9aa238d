"""The tool that puts mistakes into the lines of a change finds what no test notices, and leaves all files alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.files import ROOT, SRC
from tools import mutate, reached
from tools.mistakes import PYTHON, SQL, mistakes


def after(text: str, lines: set[int] | None = None) -> set[str]:
    return {each.after for each in mistakes("a.py", text, lines)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('q = "SELECT a FROM t JOIN u"', {'q = "SELECT a FROM t LEFT JOIN u"'}),
        ('q = "FROM t LEFT JOIN u"', {'q = "FROM t JOIN u"'}),
        ('q = "a IS NULL"', {'q = "a IS NOT NULL"'}),
        ('q = f"{a} IS NOT NULL"', {'q = f"{a} IS NULL"'}),
        ('q = "SELECT DISTINCT a FROM t"', {'q = "SELECT a FROM t"'}),
        ('q = "SELECT count(DISTINCT a) FROM t"', {'q = "SELECT count(a) FROM t"'}),
        ('q = "SELECT count(a) FROM t"', {'q = "SELECT count(*) FROM t"'}),
        ('q = "SELECT min(a) FROM t"', {'q = "SELECT max(a) FROM t"'}),
        ('q = "SELECT count(*) FROM t"', {'q = "SELECT sum(1) FROM t"', 'q = "SELECT count(*) - 1 FROM t"'}),
        ('q = "WHERE a"', {'q = "WHERE TRUE OR a"'}),
        ('q = "NOT EXISTS (a)"', {'q = "EXISTS (a)"', 'q = "NOT NOT EXISTS (a)"'}),
        (
            'q = "HAVING a > 1"',
            {
                *('q = "HAVING a >= 1"', 'q = "HAVING a < 1"', 'q = "HAVING TRUE OR a > 1"'),
                *('q = "HAVING a > 2"', 'q = "HAVING a > 0"'),
            },
        ),
        ('q = "a AND b OR c"', {'q = "a OR b OR c"', 'q = "a AND b AND c"'}),
        ('q = "INSERT OR IGNORE INTO t"', set()),
        ('q = f"SELECT {{1}} FROM {t[1]}"', set()),
        ('q = "at most 3 are max(…) and shown"', set()),
        ('"""SELECT a FROM t WHERE b."""', set()),
        ("é = 'é' or a < b", {"é = 'é' and a < b", "é = 'é' or a <= b", "é = 'é' or a > b"}),
        ("a == b", {"a != b"}),
        ("a <= b", {"a < b"}),
        ("a is not b", {"a is b"}),
        ("a in b", {"a not in b"}),
        ("a = not b", {"a = b"}),
        ("a = min(b)", {"a = max(b)"}),
        ("a = 3", {"a = 4", "a = 2"}),
        ("a = 0", {"a = 1"}),
        ("a: Literal[3] = False", {"a: Literal[3] = True"}),
        ("a(b)", {"pass"}),
        ("a.b = c", {"pass"}),
        ("a += b", {"pass"}),
        ("a = b", set()),
        ("a = b; a = c", {"pass; a = c", "a = b; pass"}),
    ],
)
def test_each_kind_of_mistake_is_made(line: str, expected: set[str]) -> None:
    assert after(f"{line}\n") == expected


def test_a_text_in_pieces_is_sql_when_one_of_them_is() -> None:
    text = 'q = (\n    "SELECT a FROM t"  # why\n    f" GROUP BY {b}, c < 5"\n)\nr = "c < 5"\n'
    assert after(text, {3}) == {f'f" GROUP BY {{b}}, c {each}"' for each in ("<= 5", "> 5", "< 4", "< 6")}
    assert after(text, {5}) == set()


def test_a_mistake_differs_from_the_module_in_its_line_alone() -> None:
    text = (SRC / "ledger" / "history" / "known.py").read_text()
    found = mistakes("known.py", text)
    assert {each.kind for each in found} == {SQL, PYTHON}
    for each in found:
        lines, changed = text.splitlines(), each.text.splitlines()
        assert lines[: each.line - 1] == changed[: each.line - 1]
        assert each.after == "pass" or lines[each.line :] == changed[each.line :]


def test_the_same_sample_is_taken_for_the_same_seed_and_two_of_three_are_in_sql() -> None:
    all_ = mutate.found_in(mutate.every_line([str(SRC / "ledger" / "history" / "views.py")]))
    chosen = mutate.choose(all_, 12, 3)
    assert [each.kind for each in chosen] == [SQL] * 8 + [PYTHON] * 4
    assert mutate.choose(all_, 12, 3) == chosen != mutate.choose(all_, 12, 4)
    assert len(mutate.choose(all_, None, 3)) == len(mutate.choose(all_, 10**6, 3)) == len(all_)


def test_the_tests_named_after_a_module_are_run_first_then_those_of_its_room() -> None:
    trend, *others = mutate.beside("src/intact/ledger/history/trend.py", ROOT)
    assert trend == "tests/history/test_trend.py"
    assert {trend, *others} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/history").glob("test_*.py")
    }


MODULE = """
LIMIT = 3
QUERY = f"SELECT {LIMIT}"
PLAIN = 1


def one(a=LIMIT):
    if a:
        return (
            "SELECT a"
            " FROM t"
        )
    return 0


def two():
    return QUERY


def three():
    return PLAIN
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (8, {8}),  # of a statement that holds others, its head
        (10, {9, 10, 11, 12}),  # a text of many lines is reached as a whole
        (13, {13}),
        (4, {20, 21}),  # a name counts where a function names it
        (3, {16, 17}),
        (2, {*range(7, 14), 16, 17}),  # or what is made of it
        (7, {*range(7, 14)}),  # what stands in a head counts in all of the function
        (1, {*range(7, 14), 16, 17, 20, 21}),
    ],
)
def test_a_line_is_reached_where_its_statement_is(line: int, expected: set[int]) -> None:
    assert reached.lines_of(MODULE, line) == expected


def case(name: str, seconds: float, *lines: int) -> reached.Case:
    return reached.Case(name, seconds, {"a.py": frozenset(lines)} if lines else {})


def test_the_fastest_case_of_each_test_that_reaches_a_line_comes_first_and_others_of_the_module_last() -> (
    None
):
    cases = [
        *(case("t::slow", 3, 7), case("t::fast[1]", 1, 7, 8), case("t::fast[2]", 2, 7), case("t::far", 0)),
        *(case("t::near[1]", 0.1, 9), case("t::fast[3]", 0.5, 9)),
    ]
    ordered = [each.name for each in reached.in_order(cases, "a.py", {6, 7})]
    assert ordered == ["t::fast[1]", "t::slow", "t::fast[2]", "t::near[1]", "t::fast[3]"]


def test_so_many_are_run_as_there_is_time_for_and_one_at_least() -> None:
    cases = [case("a", 2), case("b", 2), case("c", 2)]
    assert mutate.within(cases, 5) == cases[:2]
    assert mutate.within(cases, 1) == cases[:1]
    assert mutate.within([], 1) == []


# ------------------------------------------------------------------------------------------------------ a whole run

BEFORE = '''"""Sums."""

LIMIT = 3


def few(count: int) -> bool:
    return count <= LIMIT


def query(name: str) -> str:
    return f"SELECT min(a) FROM {name}"
'''
TESTS = """
import sqlite3
from intact.room import sums

def test_few():
    assert sums.few(2) and not sums.few(4)

def test_query():
    database = sqlite3.connect(":memory:")
    database.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
    found = database.execute(sums.query("t")).fetchall()
    database.close()
    assert found == [(2,)]
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which two lines of a module have been changed."""
    root = tmp_path / "tree"
    module, tests = root / "src/intact/room/sums.py", root / "tests/room/test_sums.py"
    for path, text in ((module, BEFORE), (tests, TESTS), (module.parents[1] / "__init__.py", "")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    own = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), (*own, "commit", "-q", "-m", "Sums")):
        subprocess.run(["git", *command], cwd=root, check=True)
    module.write_text(BEFORE.replace("<=", "<").replace("min(", "max("))
    monkeypatch.setattr(mutate, "ROOT", root)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # which take far longer than these tests
    return root


def test_what_no_test_notices_of_a_change_is_printed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = tree / "src/intact/room/sums.py"
    before = module.read_bytes()
    assert mutate.main([]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "1 of 3: src/intact/room/sums.py:11 (SQL) noticed: tests/room/test_sums.py::test_query",
        "2 of 3: src/intact/room/sums.py:7 (Python) NOT NOTICED by 2 tests",
        "  - return count < LIMIT",
        "  + return count <= LIMIT",
        "3 of 3: src/intact/room/sums.py:7 (Python) noticed: tests/room/test_sums.py::test_few",
        "3 mistakes put in: 2 noticed, 1 not.",
    ]
    assert module.read_bytes() == before
    assert mutate.main([]) == 1
    assert "Learning" not in capsys.readouterr().err  # nothing has changed
    with (tree / "tests/room/test_sums.py").open("a") as tests:
        tests.write("\n\ndef test_the_limit():\n    assert not sums.few(3)\n")
    assert mutate.main([]) == 0
    assert capsys.readouterr().out.endswith("3 mistakes put in: 3 noticed, 0 not.\n")


def test_a_test_that_fails_anyhow_is_named_and_left_out(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = tree / "tests/room/test_sums.py"
    tests.write_text(f"{TESTS}\n\ndef test_that_fails():\n    assert sums.few(9)\n")
    assert mutate.main([]) == 1
    told = capsys.readouterr()
    assert "tests/room/test_sums.py::test_that_fails fails without any mistake, and is left out." in told.err
    assert told.out.endswith("3 mistakes put in: 2 noticed, 1 not.\n")


def test_without_a_change_nothing_is_put_in(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "src/intact/room/sums.py").write_text(BEFORE)
    assert mutate.main(["--since", "main"]) == 0
    assert capsys.readouterr().out == "0 mistakes put in: 0 noticed, 0 not.\n"


def test_where_there_are_no_tests_nothing_is_noticed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tree / "src/intact/new/one.py"
    new.parent.mkdir()
    new.write_text("A = 0\n")
    assert mutate.main(["--all", str(new.parent)]) == 1
    assert (
        "src/intact/new/one.py:1 (Python) NOT NOTICED: no test beside it reaches the module"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "nothing"], r"git diff failed: .*nothing"),
        (["--all", "nowhere"], r"nowhere is no module of src/intact"),
        ([], r"(?s)1 failed.*These tests fail without any mistake: tests/room/test_sums\.py"),
    ],
)
def test_what_cannot_be_tried_is_a_sentence(
    arguments: list[str], said: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "tests/room/test_sums.py").write_text("def test_that_fails():\n    assert False\n")
    assert mutate.main(arguments) == 2
    assert re.search(said, capsys.readouterr().err)


def test_a_mistake_with_which_nothing_ends_is_noticed_when_its_time_is_over(tree: Path) -> None:
    (tree / "tests/room/test_sums.py").write_text("def test_that_never_ends():\n    while True: pass\n")
    outcome = mutate.run(["tests/room/test_sums.py"], tree, 3.0)
    assert not outcome.good
    assert "failed" not in outcome.told
