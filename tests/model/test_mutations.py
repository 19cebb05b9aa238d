"""Whatever happens to the text of a model, loading gives a model or a ModelError."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from intact import reporters
from intact.audit.explain import explain
from intact.audit.run import check
from intact.checks import KINDS
from intact.core.errors import IntactError, ModelError
from intact.model import parse, source_text
from intact.model.declarations import COLLECTION, ENTRIES, LINES, RECONCILIATION
from intact.model.figures import FORMS
from intact.model.header import TOP
from intact.model.reports import REPORT
from intact.model.rules import COMMON
from intact.model.specs import Model
from tests.support.effort import share
from tests.support.memory import MemorySource
from tests.support.small import AS_OF, PHANTOM, SECOND_BILL, small

TEXT = source_text("delivery")
LINES_OF_TEXT = TEXT.splitlines(keepends=True)
TOKENS = [match.span() for match in re.finditer(r"[\w-]+|[^\w\s]|\n *", TEXT)]

GRAMMAR = {
    *TOP, *COLLECTION, *RECONCILIATION, *ENTRIES, *LINES, *REPORT, *COMMON,
    *(kind.name for kind in KINDS), *(option for kind in KINDS for option in kind.options),
    *(name for needed, allowed in FORMS.values() for name in (*needed, *allowed)),
}  # fmt: skip
KEYS = [match.span() for match in re.finditer(r"[\w-]+(?=:)", TEXT) if match[0] in GRAMMAR]

WORDS = [span for span in TOKENS if TEXT[span[0]].isalpha()]
DATA = small(delivery_statuses=[PHANTOM], billing_records=[SECOND_BILL])

MANY = settings(max_examples=share(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _outcome(text: str) -> Model | ModelError:
    """Load; anything but these two outcomes is a failure of the test."""
    try:
        return parse(text, KINDS, "delivery.yml")
    except ModelError as error:
        assert error.problems
        for problem in error.problems:
            assert re.fullmatch(r"delivery\.yml:[1-9][0-9]*", problem.where)
            assert 1 <= int(problem.where.partition(":")[2]) <= text.count("\n") + text.count("\r") + 1
        return error


def _edited(
    spans: list[tuple[int, int]], edit: Callable[[str, st.DataObject], str], data: st.DataObject
) -> str:
    begin, end = data.draw(st.sampled_from(spans))
    return TEXT[:begin] + edit(TEXT[begin:end], data) + TEXT[end:]


def _typo(word: str, data: st.DataObject) -> str:
    """A letter lost, doubled, changed or swapped with the next."""
    at = data.draw(st.integers(0, len(word) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz_-"))
    return data.draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + other + word[at + 1 :],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            ]
        )
    )


@MANY
@given(st.data())
def test_a_misspelt_key_is_never_accepted(data: st.DataObject) -> None:
    """It would be a rule that nobody checks."""
    begin, end = data.draw(st.sampled_from(KEYS))
    wrong = _typo(TEXT[begin:end], data)
    assume(wrong not in GRAMMAR)
    assert isinstance(_outcome(TEXT[:begin] + wrong + TEXT[end:]), ModelError)


@MANY
@given(st.data())
def test_a_token_deleted_doubled_or_misspelt(data: st.DataObject) -> None:
    """A word, a sign, or the indentation of a line."""
    edits: list[Callable[[str, st.DataObject], str]] = [
        lambda _word, _data: "",
        lambda word, _data: word * 2,
        _typo,
    ]
    _outcome(_edited(TOKENS, data.draw(st.sampled_from(edits)), data))


@MANY
@given(st.data())
def test_a_token_in_the_place_of_another(data: st.DataObject) -> None:
    """Lists for texts, texts for numbers."""
    begin, end = data.draw(st.sampled_from(TOKENS))
    put = data.draw(
        st.sampled_from(
            ["[]", "{}", "[a, b]", "{a: b}", "5", "-1.5", "null", "true", "''", "all", "*x", "&x y", "!t z"]
        )
    )
    _outcome(TEXT[:begin] + put + TEXT[end:])


@MANY
@given(st.data())
def test_a_line_deleted_doubled_or_moved(data: st.DataObject) -> None:
    """As happens when a file is merged."""
    lines = list(LINES_OF_TEXT)
    line = lines.pop(data.draw(st.integers(0, len(lines) - 1)))
    for _ in range(data.draw(st.integers(0, 2))):
        lines.insert(data.draw(st.integers(0, len(lines))), line)
    _outcome("".join(lines))


@MANY
@given(st.integers(0, len(TEXT)), st.text(max_size=5), st.integers(0, 40))
def test_a_piece_of_the_text_replaced_by_anything(at: int, put: str, length: int) -> None:
    """Control characters, half characters and all."""
    _outcome(TEXT[:at] + put + TEXT[at + length :])


def _moved(word: str, data: st.DataObject) -> str:
    """Another word of the model: as a rule it loads, and says something else."""
    begin, end = data.draw(st.sampled_from(WORDS if re.match(r"\w", word) else TOKENS))
    return TEXT[begin:end]


@settings(MANY, max_examples=share(60))
@given(st.data())
def test_what_loads_audits_a_database_and_explains_itself(data: st.DataObject) -> None:
    """Whatever it then means: a rule that is nonsense has an outcome of its own and ends nothing."""
    model = _outcome(_edited(WORDS, data.draw(st.sampled_from([_moved, _typo])), data))
    if isinstance(model, ModelError):
        return
    try:
        report = check(MemorySource(DATA), model=model, as_of=AS_OF)
    except IntactError as error:
        assert error.message
        return
    for form in reporters.FORMS:
        assert any(form.render(report)), form.name
    for name in {each.finding for listed in model.reports.values() for each in listed.rules}:
        assert all(use.query for use in explain(name, model).uses)


@MANY
@given(st.text())
def test_any_text_at_all(text: str) -> None:
    """Nearly never a model."""
    assert isinstance(_outcome(text), ModelError)


@MANY
@given(st.text(alphabet="ab-:{}[]\"'&*!|>%@#?, \n\t\\\0", max_size=60))
def test_any_text_of_the_signs_that_yaml_knows(text: str) -> None:
    """What the reader itself may trip over."""
    assert isinstance(_outcome(text), ModelError)
