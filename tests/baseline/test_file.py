"""The file of accepted findings: read, changed and written without losing a line; every mistake named by its line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.core.errors import BaselineError
from intact.ledger.baseline import Entry, read_baseline
from intact.ledger.baseline.baseline_edits import HEAD, add, entry_lines, remove, save
from intact.ledger.baseline.baseline_file import parse, read_text

words = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" #[]=:"), min_size=1, max_size=20
)
lines = words.map(str.strip).filter(lambda text: text and text.isprintable())
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.decimals(-1000, 1000, places=2, allow_nan=False).map(lambda n: n.normalize() + 0)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
money = st.none() | st.dictionaries(
    st.sampled_from(["overcharged", "un billed"]),
    st.decimals(0, 10**9, places=2, allow_nan=False),
    max_size=2,
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(
    lambda each: each.replace(microsecond=0, tzinfo=UTC)
)
terms = {
    "type": st.sampled_from(["A", "B_2", "DOUBLE_BILLING"]),
    "reason": lines,
    "owner": lines,
    "accepted": moments,
    "expires": st.dates(date(2030, 1, 2), date(2040, 1, 1)),
    "money": money,
    "what": st.just("") | lines,
}
singles = st.builds(
    Entry, **terms, fingerprint=st.text("0123456789abcdef", min_size=20, max_size=20), where=st.just(())
)
rules = st.builds(
    Entry,
    **terms,
    fingerprint=st.just(""),
    where=st.lists(st.tuples(st.sampled_from(["status", "a b", "collection"]), values), max_size=3).map(
        tuple
    ),
)
entries = st.lists(singles | rules, max_size=6, unique_by=lambda each: each.key)
PIECES = (
    *("", "# said", "  # in", "[rule A]", f"[finding {'a' * 20}]", "type: A", "reason: r", "owner: o", "\r"),
    *("accepted: 2026-01-01", "expires: 2026-09-09", "money: any", "where: a = 1", "[", "x", "<<<<<<< a"),
)
anything = st.lists(st.sampled_from(PIECES), max_size=25).map("\n".join)

GOOD = """\
# On top.

# Theirs.
[finding 0123456789abcdef0123]
type: DOUBLE_BILLING
# inside
reason: settled, INC-421
owner: billing
accepted: 2026-01-31T09:12Z
expires: 2026-06-30
money: overcharged 1200.50

[rule STATUS]
where: status = archived
reason: old app
owner: shop
accepted: 2026-01-31
expires: 2026-06-30
"""


@given(entries)
def test_what_is_written_is_read_back(made: list[Entry]) -> None:
    text = add(parse(""), made)
    assert not text.problems
    assert {each.key: each for each in text.entries} == {each.key: each for each in made}
    assert len(text.entries) == len(made)
    assert parse(str(text)) == text


@given(anything)
def test_any_text_is_given_back_as_it_was(text: str) -> None:
    assert str(parse(text)) == text


@given(entries, entries)
def test_the_order_of_accepting_makes_no_difference(one: list[Entry], other: list[Entry]) -> None:
    both = list({each.key: each for each in (*one, *other)}.values())
    assert str(add(add(parse(""), both[: len(one)]), both[len(one) :])) == str(add(parse(""), both))


@given(entries, st.data())
def test_what_is_removed_is_gone_and_the_rest_is_as_it_was(made: list[Entry], data: st.DataObject) -> None:
    gone = {each.key for each in made if data.draw(st.booleans())}
    left = remove(add(parse(HEAD), made), lambda each: each.key in gone)
    assert (
        str(left).rstrip() == str(add(parse(HEAD), [each for each in made if each.key not in gone])).rstrip()
    )


def test_comments_order_and_blank_lines_of_people_are_kept() -> None:
    text = parse(GOOD)
    new = Entry("A", "f" * 20, (), "r", "o", datetime(2026, 2, 1, tzinfo=UTC), date(2026, 9, 1), {})
    added = str(add(text, [new]))
    assert [line for line in added.split("\n") if line in GOOD.split("\n")] == [
        line for line in added.split("\n") if line not in entry_lines(new) or line in GOOD.split("\n")
    ]
    for line in GOOD.splitlines():
        assert line in added.splitlines()
    assert str(remove(add(text, [new]), lambda each: each.fingerprint == "f" * 20)) == GOOD


def test_pruning_takes_the_comment_right_above_and_no_other() -> None:
    left = str(remove(parse(GOOD), lambda each: bool(each.fingerprint)))
    assert "# On top." in left
    assert "# Theirs." not in left
    assert "[rule STATUS]" in left


def test_two_branches_that_accept_different_things_touch_different_lines() -> None:
    """Each adds one block and changes no line of the other's, so that git can merge them."""
    one = Entry("AAA", "1" * 20, (), "r", "o", datetime(2026, 2, 1, tzinfo=UTC), date(2026, 9, 1), {})
    two = Entry("ZZZ", "2" * 20, (), "r", "o", datetime(2026, 2, 1, tzinfo=UTC), date(2026, 9, 1), {})
    for entry in (one, two):
        added = str(add(parse(GOOD), [entry])).split("\n")
        at = next(n for n, line in enumerate(added) if line == entry_lines(entry)[0])
        without = added[:at] + added[at + len(entry_lines(entry)) :]
        assert [line for line in without if line] == [line for line in GOOD.split("\n") if line]


def test_windows_line_ends_stay() -> None:
    text = add(parse(GOOD.replace("\n", "\r\n")), [parse(GOOD).entries[0]])
    assert not text.problems
    assert str(text).count("\n") == str(text).count("\r\n")


BLOCK: Mapping[str, str] = {
    "header": "[finding 0123456789abcdef0123]",
    "type": "type: A",
    "reason": "reason: r",
    "owner": "owner: o",
    "accepted": "accepted: 2026-01-31",
    "expires": "expires: 2026-06-30",
}


def block(**changes: str | None) -> str:
    """An entry with some lines changed, left out (None) or added."""
    return "\n".join(line for line in {**BLOCK, **changes}.values() if line is not None)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<<<<<<< HEAD\n" + block() + "\n=======\n" + block() + "\n>>>>>>> b", 1, "merge conflict"),
        (block() + "\n>>>>>>> b", 7, "merge conflict"),
        ("\n" + block(reason=None), 2, "no 'reason'"),
        (block(owner=None), 1, "no 'owner'"),
        (block(accepted=None), 1, "no 'accepted'"),
        (block(expires=None), 1, "no 'expires'"),
        (block(type=None), 1, "no 'type'"),
        (block(reason="resaon: r"), 3, "did you mean 'reason'?"),
        (block(reason="reason:"), 3, "empty"),
        (block(reason="reason: a\u202eb"), 3, "nobody can see"),
        (block(more="owner: b"), 7, "stands twice"),
        (block(more="what?"), 7, "name: value"),
        (block(expires="expires: soon"), 6, "no day"),
        (block(expires="expires: 2026-02-30"), 6, "no day"),
        (block(expires="expires: 2025-06-30"), 6, "expires before"),
        (block(accepted="accepted: 31.1.2026"), 5, "no moment"),
        (block(money="money: lots"), 7, "no amount"),
        (block(money="money: overcharged -5"), 7, "no amount"),
        (block(money="money: overcharged NaN"), 7, "no amount"),
        (block(money="money: any\nmoney: a 5"), 8, "leaves no room"),
        (block(money="money: a 5\nmoney: a 6"), 8, "stands twice"),
        (block(where="where: a = 1"), 7, "no 'where'"),
        (block(header="[finding xyz]"), 1, "20 hexadecimal"),
        (block(header="[findings 0123456789abcdef0123]"), 1, "begins with"),
        (block(header="[finding"), 1, "begins with"),
        (block(header="[rule a-b]", type=None), 1, "no finding type"),
        (block(header="[rule A]"), 2, "in its header"),
        (block(header="[rule A]", type=None, where="where: a"), 6, "no condition"),
        (block(header="[rule A]", type=None, where='where: a = "b'), 6, "no condition"),
        (block(header="[rule A]", type=None, where="where: a = " + "[" * 100_000), 6, "no condition"),
        ("type: A\n" + block(), 1, "belongs to no entry"),
        ("{}", 1, "belongs to no entry"),
    ],
)
def test_each_mistake_is_said_with_its_line_in_a_sentence(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    path = tmp_path / "b"
    path.write_text(text, encoding="utf-8")
    (problem, *_) = read_text(path).problems
    assert (problem.line, problem.fatal) == (line, True)
    assert said in problem.what
    with pytest.raises(BaselineError) as caught:
        read_baseline(path)
    assert caught.value.where == f"{path}, line {line}"
    assert "\n" not in str(caught.value)


def test_duplicates_are_named_and_can_be_lived_with(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_text(block() + "\n\n" + block(), encoding="utf-8")
    (doubt,) = read_baseline(path).doubts
    assert (doubt.line, doubt.fatal) == (8, False)
    assert "line 1" in doubt.what


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing yet\n", b"\xef\xbb\xbf# nothing yet\r\n"])
def test_an_empty_file_accepts_nothing(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "b"
    path.write_bytes(data)
    assert list(read_baseline(path).entries) == []


def test_a_file_that_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"# one\n\xff\xfe\n")
    for name, said in (("none", "no such file"), ("", "directory"), ("bytes", "no UTF-8")):
        with pytest.raises(BaselineError, match=said):
            read_baseline(tmp_path / name)
    with pytest.raises(BaselineError, match="line 2"):
        read_baseline(tmp_path / "bytes")


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    with pytest.raises(BaselineError, match="cannot be written"):
        save(folder / "b", parse(GOOD))
    assert not folder.exists()


def test_saving_keeps_the_permissions_and_the_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("")
    real.chmod(0o640)
    link.symlink_to(real)
    save(link, parse(GOOD))
    assert link.is_symlink()
    assert real.read_text() == GOOD
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "real"]


def test_amounts_are_exact() -> None:
    amount = Decimal("0.1000000000000000000000000000000001")
    entry = Entry(
        "A", "a" * 20, (), "r", "o", datetime(2026, 1, 1, tzinfo=UTC), date(2026, 9, 1), {"k": amount}
    )
    (read,) = parse("\n".join(entry_lines(entry))).entries
    assert read.money == {"k": amount}


@pytest.mark.skipif(
    sys.platform == "win32", reason="what is left behind is told by locks, which Windows has not"
)
def test_what_a_killed_process_left_beside_the_file_goes_when_it_is_saved_again(tmp_path: Path) -> None:
    (tmp_path / ".b.0123456789abcdef.part").write_text("half")
    (tmp_path / ".b.mine").write_text("mine")
    save(tmp_path / "b", parse(GOOD))
    assert sorted(each.name for each in tmp_path.iterdir()) == [".b.mine", "b"]
