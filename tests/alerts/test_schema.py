"""The JSON Schema of alerts files says what their reader says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from intact.model.nodes import Items, Node, Scalar, TableNode, compose
from intact.model.problems import Problems
from intact.operations.alerts import load
from intact.operations.alerts.alerts_file import TARGET, TOP
from intact.operations.alerts.schema import json_schema
from tests.alerts.test_reading import ALL_OF_IT, GOOD, MISTAKES
from tests.cli.running import invoke

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "alerts-1.json"
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "alerts.md"
VALIDATOR = Draft202012Validator(json_schema())

ONLY_READ = (
    "no service", "not one of", "Apprise", "is not set", "is empty", "time zone", "'slack'", "begins no variable",
    "07:00-07:00", "Kolkata", "${NAME}", "are no hours",
)  # fmt: skip
"""Of mistakes that a schema cannot know of."""


def plain(node: Node) -> Any:
    """Give what an editor sees."""
    if isinstance(node, TableNode):
        return {name: plain(each) for name, each in node.entries.items()}
    if isinstance(node, Items):
        return [plain(each) for each in node.items]
    assert isinstance(node, Scalar)
    return node.value


def right(text: str) -> bool:
    return VALIDATOR.is_valid(plain(compose(text, Problems("alerts.yml"))))


def test_the_published_schema_is_the_printed_one() -> None:
    printed = json.loads(invoke("model", "schema", "--of", "alerts").stdout)
    assert json.loads(PUBLISHED.read_text()) == printed == json_schema()


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_it_has_the_names_that_the_reader_knows() -> None:
    schema: Any = json_schema()
    assert set(schema["properties"]) == set(TOP)
    assert set(schema["$defs"]["target"]["properties"]) == set(TARGET)


def test_all_that_a_file_can_say_is_right() -> None:
    assert right(ALL_OF_IT)
    assert right(GOOD)


def test_the_example_in_the_docs_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PING_ID", "PAGERDUTY_KEY", "PAGERDUTY_INTEGRATION", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "0123456789abcdef0123456789abcdef")
    text = HOW_TO.read_text().partition("```yaml\n")[2].partition("```")[0]
    assert right(text)
    file = tmp_path / "alerts.yml"
    file.write_text(text)
    assert load(file).problems == ()


@pytest.mark.parametrize(("text", "line", "says"), MISTAKES)
def test_what_the_reader_refuses_the_schema_refuses_unless_it_cannot_know(
    text: str, line: int, says: str
) -> None:
    del line
    assert not right(text) or any(word in says for word in ONLY_READ)


def test_few_mistakes_are_only_the_readers() -> None:
    assert sum(right(text) for text, _, _ in MISTAKES) < len(MISTAKES) / 3


@pytest.mark.parametrize(
    "value",
    [
        *("daily", "daily 8:00", "weekly", "weekly friday", "weekly 09:15", "Weekly Friday 23:59", "none", "NONE"),
        *("daily 24:00", "hourly", "weekly 8:00 monday", "daily monday"),
    ],
)  # fmt: skip
def test_a_digest_is_right_where_the_reader_takes_it(tmp_path: Path, value: str) -> None:
    text = f"{GOOD}    digest: {value}\n"
    file = tmp_path / "alerts.yml"
    file.write_text(text)
    assert right(text) == (not load(file).problems)
