"""The page of all that the program can say: nothing that people read is missing, and nothing else is on it."""

from __future__ import annotations

from tools.messages import page, sentences

SOURCE = '''
"""A module that says nothing by itself to anybody."""

def refuse(name):
    """Raise an error of which people read the words."""
    raise UsageError(f"there is no report {name!r} in this model", hint="Look at the list " "of all of them.")

QUERY = f"SELECT a, b FROM {name} WHERE a = 1"
PATTERN = r"\\d+ of the \\w+ and more"
PAGE = "<p>some words in a page</p>"
WORD = "two words"
'''


def test_sentences_have_their_lines_and_what_is_filled_in() -> None:
    assert sorted(sentences(SOURCE)) == [
        (6, "Look at the list of all of them."),
        (6, "there is no report {name} in this model"),
    ]


def test_every_wing_is_on_the_page() -> None:
    told = page()
    for said in (
        "the user may not read {listing(names)}",
        "this is nested too deeply for a model",
        "no MongoDB answers at {servers}",
        "the gzip stream is cut off",
        "READY: an audit can run, and leaves nothing out.",
        "The audit of {job} works again, and has checked everything.",
    ):
        assert said in told
