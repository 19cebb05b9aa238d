"""Fingerprints stay what they are from release to release: baselines and histories stand on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.findings.fingerprint import Fingerprints, fingerprint


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (("o-17", "subscription_id", "s-1"), "c58a8afab9e052e55de3"),
        (("straße", "名前", "\U0001f95b"), "6f044cb45cafb30ac81d"),
        (("o-17", None), "91713f60181be724db17"),
        ((None,), "14acca5c2303652e174f"),
        ((), "55cef608dd4b10f91fb7"),
        (("$5", "$0.1", "$-1"), "aa4c0b3bb001415654d7"),
        (('${"$oid":"65a1b2c3d4e5f60718293a4b"}', "2026-01"), "729d6b48cdd0981117a7"),
        (("a\nb", '"', "\\", "\x00", "\ud800"), "533f20b19777a31d0449"),
    ],
)
def test_a_fingerprint_is_the_same_in_every_release(identity: tuple[str | None, ...], expected: str) -> None:
    assert fingerprint("UNBILLED_ORDER", "orders", identity) == expected


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B"]),
            st.sampled_from(["c", "d"]),
            st.lists(st.none() | st.sampled_from(["x", "#2", "#3"]), max_size=3),
        ),
        max_size=30,
    )
)
def test_no_two_findings_of_a_run_share_a_fingerprint(found: list[tuple[str, str, list[str | None]]]) -> None:
    make = Fingerprints()
    made = [make(*each) for each in found]
    assert len(set(made)) == len(made)
    for number, each in enumerate(found):
        if each not in found[:number] and not any(part in {"#2", "#3"} for part in each[2]):
            assert made[number] == fingerprint(*each)  # the first of its kind keeps its own


def test_only_what_can_be_there_twice_is_remembered() -> None:
    make = Fingerprints(frozenset({"A"}), frozenset({"c"}))
    assert make("B", "d", ("x",)) == make("B", "d", ("x",))
    assert make("A", "d", ("x",)) != make("A", "d", ("x",))
    assert make("B", "c", ("x",)) != make("B", "c", ("x",))
