"""Anything may stand in a database: in a document it is shown, is no markup, and can be read back exactly."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from intact.findings.words import harmless
from intact.reporters.markdown.escape import block, code, line, prose, table, text, value
from tests.reporters.pages import kinds, parse
from tests.reporters.readers import same, unescaped
from tests.support.effort import share

PLAIN = {"paragraph_open", "paragraph_close", "inline", "text"}
MARKUP = st.text(alphabet="`|\\*_[]()<>#+-.!~&;:$= \t\nab1@/w", max_size=30)
ANY = st.text(max_size=30) | MARKUP
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=6,
)


@given(ANY)
@example("@")
@example("`@a @b")
@example(" - ")
@settings(max_examples=share(300))
def test_a_line_is_a_paragraph_of_the_very_same_characters(words: str) -> None:
    written = line(f"{words}x")
    assert kinds(written) - {"code_inline"} == PLAIN
    assert set(parse(written)[0].codes) <= {"@"}, "only what would call somebody stands in a code span"
    assert parse(written)[0].words == [harmless(f"{words}x").strip()]


@given(ANY)
@settings(max_examples=share(300))
def test_a_heading_is_one_heading(words: str) -> None:
    (_, head) = parse(f"# {line(f'a{words}b')}\n")
    assert head.heading == harmless(f"a{words}b")


@given(st.lists(st.tuples(VALUES, ANY), min_size=1, max_size=4))
@settings(max_examples=share(300))
def test_the_cells_of_a_table_are_read_back_exactly(rows: list[tuple[Any, str]]) -> None:
    written = table(["Value", "Words"], [[value(each), f"a{text(words)}b"] for each, words in rows])
    assert kinds(written) <= {
        *(
            "table_open",
            "thead_open",
            "tr_open",
            "th_open",
            "inline",
            "text",
            "th_close",
            "tr_close",
            "thead_close",
        ),
        *("tbody_open", "td_open", "code_inline", "td_close", "tbody_close", "table_close"),
    }
    (found,) = parse(written)[0].tables
    assert [same(codes[0]) for (_, codes), _ in found[1:]] == [same(each) for each, _ in rows]
    assert [unescaped(shown) for _, (shown, _) in found[1:]] == [f"a{words}b" for _, words in rows]


@given(st.tuples(VALUES, VALUES))
@settings(max_examples=share(300))
def test_two_values_are_never_written_alike(pair: tuple[Any, Any]) -> None:
    left, right = pair
    assert (value(left) == value(right)) == (same(left) == same(right))


@given(ANY)
@settings(max_examples=share(200))
def test_lines_to_copy_stay_in_their_fence(words: str) -> None:
    written = block(words, "javascript")
    assert kinds(written) == {"fence"}
    (found,) = parse(written)[0].blocks
    assert all(each.isprintable() for each in found.split("\n"))


@given(ANY)
@settings(max_examples=share(200))
def test_code_alone_is_a_code_span(words: str) -> None:
    assert kinds(f"a {code(words)} b") == {*PLAIN, "code_inline"}


def test_the_words_of_a_page_keep_their_code_and_lose_their_line_breaks() -> None:
    written = prose("Look at\n``keep``, or `x|y`.\n\n1. Then *this* <b>.")
    first, second = parse(written)[0].words
    assert first == "Look at keep, or x|y."
    assert second == "1. Then *this* <b>."


def test_a_long_value_is_cut_and_says_so() -> None:
    shown = value("a" * 5000, 1000)
    assert shown == f"`{'a' * 1000}`... (4,000 more characters)"
