"""In how many documents each field occurs: what is counted is what a naive count of the same values gives."""

from __future__ import annotations

import tarfile
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intact.audit.evaluate import needs
from intact.checks import KINDS
from intact.core import values
from intact.core.paths import EACH, Path
from intact.model import load
from intact.project import Column, Occurrence, Role
from intact.project.meant import NameCandidate, ranked
from intact.project.occurrence import LONGEST_NAME, MAX_NAMES, decoded
from intact.project.pure import COUNTED, PureProjector
from tests.dairy.audited import DUMP
from tests.project.both import Both, needs_native
from tests.project.raw import (
    FALSE,
    NULL,
    TRUE,
    UNDEFINED,
    Fields,
    Value,
    arr,
    document,
    documents,
    double,
    frame,
    integer,
    obj,
    text,
)
from tests.project.strategies import COLUMNS, DOCUMENTS
from tests.project.wild import Wild

ORDERS = [
    Column(Path.parse("id"), Role.KEY),
    Column(Path.parse("items[].total"), Role.AMOUNT),
    Column(Path.parse("customer.city"), Role.TEXT),
]
Counts = dict[tuple[tuple[str, ...], str], tuple[int, dict[int, int]]]


def naive(made: list[Fields], paths: list[Path]) -> Counts:
    """Count as the module's documentation says, over values instead of bytes."""
    names = {tuple(step for step in path.steps if step != EACH) for path in paths}
    places = {way[:end] for way in names for end in range(len(way))} | {()}
    has: Counter[tuple[tuple[str, ...], str]] = Counter()
    kinds: dict[tuple[tuple[str, ...], str], Counter[int]] = {}
    for fields in made:
        seen: dict[tuple[tuple[str, ...], str], set[int]] = {}
        at: list[tuple[tuple[str, ...], Fields]] = [((), fields)]
        while at:
            place, inside = at.pop()
            first = set()
            for name, value in inside:
                seen.setdefault((place, decoded(name)), set()).add(value.kind)
                below = (*place, decoded(name))
                if below in places and name not in first:
                    first.add(name)
                    some = value.content if value.kind == values.ARRAY else [value]
                    at += [(below, each.content) for each in some if each.kind == values.OBJECT]
        for where, its in seen.items():
            has[where] += not its <= {values.NULL, values.UNDEFINED}
            kinds.setdefault(where, Counter()).update(its)
    return {where: (has[where], dict(its)) for where, its in kinds.items()}


def counted(occurrence: Occurrence) -> Counts:
    return {
        (names, name): (each.documents, each.kinds)
        for names, place in occurrence.places.items()
        for name, each in place.fields.items()
        if each.kinds
    }


@given(st.lists(DOCUMENTS, max_size=4))
def test_fields_are_counted_as_a_naive_count_has_them(fields: list[Fields]) -> None:
    batch = PureProjector(COLUMNS, learn=False).project(documents(fields))
    assert batch.occurrence.documents == len(fields)
    assert counted(batch.occurrence) == naive(fields, [column.path for column in COLUMNS])


@needs_native
@given(st.lists(DOCUMENTS, max_size=4), st.sets(st.sampled_from(["a.b", "l[].x", "x.a.b", "b.l[]", "l.l.a"])))
def test_native_counts_paths_that_nobody_reads_as_a_naive_count_has_them(
    fields: list[Fields], paths: set[str]
) -> None:
    both = Both([Column(Path.parse("a.l"), Role.TEXT)], counted=[Path.parse(path) for path in paths])
    data = documents(fields)
    assert not both.difference(data)
    asked = [Path.parse(path) for path in (*paths, "a.l")]
    assert counted(both.native.project(data).occurrence) == naive(fields, asked)


@needs_native
@pytest.mark.parametrize("seed", range(4))
def test_broken_documents_inside_a_path_that_nobody_reads_lose_nothing(seed: int) -> None:
    paths = [Path.parse(path) for path in ("o.a", "o.o.x", "l[].x", "l[].o.x", "a.b.x", "x.x")]
    both = Both([Column(Path.parse("k"), Role.KEY)], counted=paths)
    made = list(Wild(400 + seed).documents(2_000))
    both.compare(made, 20)
    plain = Both([Column(Path.parse("k"), Role.KEY)])
    for data in made[:300]:
        assert plain.pure.project(data).lost == both.pure.project(data).lost


def test_a_document_counts_once_however_many_elements_it_has() -> None:
    items = arr(obj(("total", integer(1))), obj(("total", double(2.5))), obj(("total_price", integer(3))))
    batch = PureProjector(ORDERS).project(document(("items", items)) * 3 + document(("items", arr())))
    found = batch.occurrence
    assert found.documents == 4
    assert found.of(Path.parse("items")) == 4
    assert found.of(Path.parse("items[].total")) == 3
    assert found.of(Path.parse("items[].total_price")) == 3
    assert found.kinds(Path.parse("items[].total")) == {"double": 3, "int": 3}


def test_null_and_undefined_are_no_value_and_are_told_by_type() -> None:
    made = [document(("id", NULL)), document(("id", UNDEFINED)), document(("id", text(""))), document()]
    found = PureProjector(ORDERS).project(b"".join(made)).occurrence
    assert (found.documents, found.of(Path.parse("id"))) == (4, 1)
    assert found.kinds(Path.parse("id")) == {"string": 1, "undefined": 1, "null": 1}


def test_a_broken_document_counts_nothing() -> None:
    broken = frame(b"\x02id\0\x02\0\0\0a\0\x10n\0\1\0\0\0\x10m\0")
    found = PureProjector(ORDERS).project(document(("id", text("a"))) + broken).occurrence
    assert found.documents == 1
    assert found.of(Path.parse("id")) == 1
    assert not found.of(Path.parse("n"))


def test_a_place_that_nobody_declared_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(LookupError, match=r"the fields beside address\.city were not counted"):
        PureProjector(ORDERS).project(document()).occurrence.of(Path.parse("address.city"))


@needs_native
def test_of_millions_of_names_a_bounded_number_is_kept_and_the_declared_ones_are_exact() -> None:
    both = Both(ORDERS)
    made = [
        document(
            *[(f"k{number}_{each}", integer(1)) for each in range(40)], ("id", text("a")), ("customer", NULL)
        )
        for number in range(500)
    ]
    long = document(("x" * (LONGEST_NAME + 1), TRUE), ("id", text("b")))
    for projector in (both.native, both.pure):
        found = Occurrence(column.path for column in ORDERS)
        for at in range(0, 500, 50):
            found.add(projector.project(b"".join([*made[at : at + 50], long])).occurrence)
        assert found.documents == 510
        assert (found.of(Path.parse("id")), found.kinds(Path.parse("customer"))) == (510, {"null": 500})
        assert len(found.places[()].fields) <= MAX_NAMES + len(ORDERS) + 1
        assert found.places[()].further
        assert not found.of(Path.parse("x" * (LONGEST_NAME + 1)))


@needs_native
@pytest.mark.parametrize("names", [1, 64, 127, 128, 129, 200, 300])
def test_documents_with_more_fields_than_native_remembers_are_counted_alike(names: int) -> None:
    both = Both(ORDERS)
    made = [
        document(
            *[(f"f{(number * 7 + each) % names}", TRUE if number % 3 else NULL) for each in range(names)]
        )
        for number in range(60)
    ]
    assert not both.difference(b"".join(made))
    found = both.native.project(b"".join(made)).occurrence
    assert found.of(Path.parse("f0")) == 40
    assert found.kinds(Path.parse("f0")) == {"bool": 40, "null": 20}


def test_what_is_added_up_is_what_one_block_gives() -> None:
    made = list(Wild(9, broken=0).documents(300))
    projector = PureProjector(COLUMNS, learn=False)
    parts = Occurrence(column.path for column in COLUMNS)
    for each in made:
        parts.add(projector.project(each).occurrence)
    assert parts == projector.project(b"".join(made)).occurrence


def occurrence(declared: list[str], **fields: tuple[int, Value]) -> Occurrence:
    """Make one of fields: how many documents have them, and a value of the type they have."""
    found = Occurrence(Path.parse(path) for path in declared)
    found.documents = 100
    for name, (count, value) in fields.items():
        *way, last = name.split("__")
        found.count(tuple(way), last, 0 if value.kind == values.NULL else count, {value.kind: count})
    return found


def test_in_pure_python_the_first_ten_thousand_documents_are_counted_and_it_is_said_how_many() -> None:
    projector = PureProjector(ORDERS)
    found = Occurrence(column.path for column in ORDERS)
    for _ in range(6):
        batch = projector.project(document(("id", text("a"))) * 2_000)
        assert batch.rows.num_rows == 2_000
        found.add(batch.occurrence)
    assert found.documents == found.of(Path.parse("id")) == COUNTED == 10_000
    projector.begin()
    assert projector.project(document() * 2_000).occurrence.documents == 2_000


SOME = text("a")
WHEN = Value(values.DATE, 0)


@pytest.mark.parametrize(
    ("wrong", "role", "fields", "meant"),
    [
        ("customerId", Role.KEY, {"customer_id": (90, SOME)}, ["customer_id"]),
        ("customer-id", Role.KEY, {"customerID": (90, SOME)}, ["customerID"]),
        ("Status", Role.TEXT, {"status": (90, SOME)}, ["status"]),
        ("tag", Role.KEY, {"tags": (90, SOME)}, ["tags"]),
        ("categories", Role.KEY, {"category": (90, SOME)}, ["category"]),
        (
            "subscripton_id",
            Role.KEY,
            {"order_id": (99, SOME), "subscription_id": (9, SOME)},
            ["subscription_id"],
        ),
        ("ammount", Role.AMOUNT, {"total": (99, double(1.5)), "amount": (9, double(1.5))}, ["amount"]),
        (
            "total_amount",
            Role.AMOUNT,
            {"items_count": (36, integer(1)), "amount": (50, double(1.5))},
            ["amount"],
        ),
        ("grand_sum", Role.AMOUNT, {"price": (36, integer(1)), "year": (50, integer(2))}, ["price"]),
        (
            "period_date",
            Role.DATE,
            {"due": (20, SOME), "note": (99, SOME), "month": (36, SOME)},
            ["month", "due"],
        ),
        ("period_date", Role.DATE, {"written": (20, WHEN), "status": (99, SOME)}, ["written"]),
        ("link", Role.KEY, {"customer_id": (90, SOME)}, []),
        (
            "subscription_id",
            Role.KEY,
            {"id": (90, SOME), "customer_id": (99, SOME), "order_ref": (9, SOME)},
            [],
        ),
        (
            "settled",
            Role.FLAG,
            {"name": (90, SOME), "is_paid": (9, TRUE), "open": (4, FALSE)},
            ["is_paid", "open"],
        ),
        ("mobile", None, {"phone": (9, SOME), "name": (9, SOME)}, ["phone"]),
        ("amount", Role.AMOUNT, {"amounts": (9, NULL)}, []),
        ("phone", Role.KEY, {"ph": (9, SOME), "$phone": (9, SOME), "pho\nne": (9, SOME), "": (9, SOME)}, []),
    ],
)
def test_the_name_that_was_probably_meant_is_found(
    wrong: str, role: Role | None, fields: dict[str, tuple[int, Value]], meant: list[str]
) -> None:
    found = occurrence([wrong], **fields)
    assert found.probably_meant(Path.parse(wrong), role) == [
        (Path.parse(name), fields[name][0]) for name in meant
    ]


def test_a_path_in_an_array_is_looked_for_in_the_elements_first_and_then_at_the_top() -> None:
    wrong = Path.parse("items[].total")
    both = {"items": (90, arr()), "items__total_price": (80, double(1.5)), "total_amount": (70, double(1.5))}
    assert occurrence(["items[].total"], **both).probably_meant(wrong, Role.AMOUNT) == [
        (Path.parse("items[].total_price"), 80)
    ]
    del both["items__total_price"]
    assert occurrence(["items[].total"], **both).probably_meant(wrong, Role.AMOUNT) == [
        (Path.parse("total_amount"), 70)
    ]


def test_where_the_array_itself_has_another_name_that_one_is_proposed() -> None:
    found = occurrence(["itms[].total"], items=(90, arr()), status=(90, SOME))
    assert found.probably_meant(Path.parse("itms[].total"), Role.AMOUNT) == [(Path.parse("items"), 90)]


def test_a_path_that_the_model_uses_is_proposed_only_where_it_is_spelt_alike() -> None:
    found = occurrence(["updated_at", "created_at", "created"], created_at=(90, WHEN))
    assert found.probably_meant(Path.parse("updated_at"), Role.DATE) == []
    assert found.probably_meant(Path.parse("createdat"), Role.DATE) == [(Path.parse("created_at"), 90)]


def test_a_field_that_is_there_and_null_everywhere_is_not_another_one_of_its_role() -> None:
    found = occurrence(["subscription_id"], subscription_id=(90, NULL), user_id=(90, SOME))
    assert found.probably_meant(Path.parse("subscription_id"), Role.KEY) == []


def test_names_that_are_not_text_are_counted_and_never_proposed() -> None:
    made = frame(b"\x10amoun\xff\0\1\0\0\0") + frame(b"\x10amoun\xfe\0\1\0\0\0")
    found = PureProjector([Column(Path.parse("amount"), Role.AMOUNT)]).project(made).occurrence
    names = {name for name, each in found.places[()].fields.items() if each.documents}
    assert names == {decoded(b"amoun\xff"), decoded(b"amoun\xfe")}
    assert len(names) == 2
    assert found.probably_meant(Path.parse("amount"), Role.AMOUNT) == []


@pytest.mark.parametrize(
    ("path", "role", "documents", "meant"),
    [
        (
            "billing_records.subscription_id",
            Role.KEY,
            (0, 50),
            {},  # customer_id and order_id are in all of them, and neither is like it
        ),
        ("billing_records.period_date", Role.DATE, (0, 50), {"month": 36, "created_at": 36, "due_date": 36}),
        ("billing_records.total_amount", Role.AMOUNT, (0, 50), {"amount": 50}),
        ("customers_v2.created_at", Role.DATE, (0, 56), {}),
        ("users.updated_at", Role.DATE, (0, 81), {}),
        ("orders.subscription_id", Role.KEY, (0, 113), {}),
    ],
)
def test_the_fields_of_a_real_first_run_that_were_probably_meant_are_named(
    path: str, role: Role, documents: tuple[int, int], meant: dict[str, int]
) -> None:
    name, _, field = path.partition(".")
    wrong = Path.parse(field)
    model = load("delivery", KINDS)
    columns = needs(model, model.reports.values())
    counted = {*model.collections[name].paths, *(column.path for column in columns[name])}
    with tarfile.open(DUMP) as packed:
        member = packed.extractfile(f"dairy/{name}.bson")
        assert member is not None
        found = PureProjector(list(columns[name]), counted).project(member.read()).occurrence
    assert (found.of(wrong), found.documents) == documents
    proposed = {str(path): count for path, count in found.probably_meant(wrong, role)}
    assert dict(list(proposed.items())[: len(meant) or None]) == meant


@pytest.mark.parametrize(
    "wrong", ["order", "orderRef", "ord_id", "purchase_order_id", "orders_v2_id", "order_no"]
)
def test_of_ids_that_are_as_frequent_the_one_with_a_word_of_the_name_comes_first(wrong: str) -> None:
    fields = [
        NameCandidate(name, 50, {values.STRING: 50}, declared=False)
        for name in ("customer_id", "order_id", "payment_id")
    ]
    assert ranked(wrong, fields, Role.KEY)[0].name == "order_id"
