"""Flags, texts, kinds and the shape of the table."""

from __future__ import annotations

import os
from typing import Any

import pytest

import intact.project
from intact.core import values
from intact.core.paths import Path
from intact.core.version import __version__
from intact.project import Batch, Column, Occurrence, Role, implementation, projector, schema
from tests.project.raw import FALSE, NULL, TRUE, UNDEFINED, Value, arr, document, integer, obj, text
from tests.support.native import missing

DIGITS = "0123456789abcdef01234567"


def project(role: Role, *fields: tuple[str, Value], path: str = "a") -> dict[str, Any]:
    row: dict[str, Any] = (
        projector([Column(Path.parse(path), role)]).project(document(*fields)).rows.to_pylist()[0]
    )
    return row


@pytest.mark.parametrize(
    ("value", "flag", "bad"),
    [
        (TRUE, True, None),
        (FALSE, False, None),
        (NULL, None, None),
        (UNDEFINED, None, None),
        (text("yes"), None, "yes"),
        (text("true"), None, "true"),
        (integer(1), None, "$1"),
        (arr(TRUE), None, "$[true]"),
    ],
)
def test_only_a_boolean_is_a_flag(value: Value, flag: bool | None, bad: str | None) -> None:
    row = project(Role.FLAG, ("a", value))
    assert (row["a#kind"], row["a@flag"], row["a@bad"]) == (value.kind, flag, bad)


def test_texts_are_cut_after_256_characters() -> None:
    assert project(Role.TEXT, ("a", text("ü" * 256)))["a@text"] == "ü" * 256
    assert project(Role.TEXT, ("a", text("ü" * 257)))["a@text"] == "ü" * 256 + "…"
    assert project(Role.KEY, ("a", text("ü" * 257)))["a@key"] == "ü" * 257


def test_a_text_shows_what_is_none() -> None:
    assert project(Role.TEXT, ("a", integer(5)))["a@text"] == "$5"
    assert project(Role.TEXT, ("a", arr(text("x"), NULL)))["a@text"] == '$["x",null]'
    assert project(Role.TEXT, ("a", NULL))["a@text"] is None


def test_an_array_on_the_way_to_a_text_is_shown() -> None:
    row = project(Role.TEXT, ("a", arr(obj(("b", text("x"))))), path="a.b")
    assert (row["a.b#kind"], row["a.b@text"]) == (values.ARRAY, '$[{"b":"x"}]')


def test_every_row_has_the_id_of_its_document() -> None:
    data = (
        document(("_id", Value(values.OBJECT_ID, bytes.fromhex(DIGITS))))
        + document()
        + document(("x", NULL), ("_id", text("$")))
    )
    assert projector([]).project(data).rows.to_pydict() == {"_id": [f'${{"$oid":"{DIGITS}"}}', None, '$"$"']}


def test_a_path_can_have_several_roles() -> None:
    columns = [Column(Path(("a",)), role) for role in (Role.TEXT, Role.DATE, Role.KEY)]
    rows = projector([*columns, columns[0]]).project(document(("a", text("2026-01")))).rows
    assert rows.schema.names == ["_id", "a#kind", "a@key", "a@each", "a@text", "a@date", "a@month", "a@bad"]
    assert rows["a@key"].to_pylist() == rows["a@text"].to_pylist() == ["2026-01"]


def test_nothing_gives_a_table_without_rows() -> None:
    columns = [Column(Path.parse("items[].total"), Role.AMOUNT), Column(Path(("a",)), Role.KEY)]
    batch = projector(columns).project(b"")
    assert batch.rows.schema.equals(schema(columns))
    assert batch == Batch(batch.rows, (), 0, 0, 0, 0, Occurrence({column.path for column in columns}))


@pytest.mark.parametrize("role", [Role.TEXT, Role.DATE, Role.FLAG, Role.MATCH])
def test_only_keys_and_amounts_go_through_arrays(role: Role) -> None:
    with pytest.raises(ValueError, match=r"^items\[\]\.name goes through an array"):
        projector([Column(Path.parse("items[].name"), role)])


def test_the_projector_says_which_it_is() -> None:
    pure = os.environ.get("INTACT_PROJECTOR") == "pure" or missing()
    assert implementation().startswith("pure Python 3." if pure else f"native {__version__}")


def test_all_public_names_exist() -> None:
    assert all(hasattr(intact.project, name) for name in intact.project.__all__)
