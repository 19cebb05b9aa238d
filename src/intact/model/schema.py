"""The JSON Schema of model files, for editors; made from the same kinds of checks that the loader follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from intact.model.header import VERSION
from intact.model.reading import FIELD, FINDING, NAME
from intact.model.reports import CADENCES
from intact.model.rules import SEVERITIES
from intact.model.types import ALL, Kind, Option, OptionType, TargetType

URL: Final = f"https://raw.githubusercontent.com/intact-audit/intact/main/docs/schemas/model-{VERSION}.json"

Schema = dict[str, object]

_PART = r"(?![0-9]+(\[\])?(\.|$))(?!\$)((?!\[\])[^.])+"
_PATH = rf"^{_PART}(\.{_PART})*$"
_EACH = rf"^{_PART}(\[\])?(\.{_PART}(\[\])?)*$"
_LINE = r"^[^\r\n]*\S[^\r\n]*$"


def json_schema(kinds: Sequence[Kind]) -> Schema:
    """Give the JSON Schema (2020-12) of a model file with these kinds of checks."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": URL,
        "title": f"intact model, format {VERSION}",
        "description": "What must hold in a document database, and the reports that say where it does not.",
        **_closed(_top(), ("intact", "name", "title", "collections", "reports")),
        "$defs": {
            **_words(),
            **_declarations(),
            **_figures(),
            "report": _report(),
            "check": {
                "description": "A check, by its kind and what it is about.",
                "oneOf": [_ref(f"check-{kind.name}") for kind in kinds],
            },
            **{f"check-{kind.name}": _check(kind) for kind in kinds},
        },
    }


def _ref(name: str, about: str = "") -> Schema:
    found: Schema = {"$ref": f"#/$defs/{name}"}
    return {**found, "description": about} if about else found


def _list(of: Schema, about: str, least: int = 1) -> Schema:
    return {"type": "array", "items": of, "minItems": least, "uniqueItems": True, "description": about}


def _closed(properties: Mapping[str, object], required: Sequence[str] = ()) -> Schema:
    """An object that has nothing but these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _named(values: Schema, names: str, about: str, least: int = 1, most: int | None = None) -> Schema:
    """An object whose names are the user's."""
    return {
        "type": "object",
        "description": about,
        "propertyNames": _ref(names),
        "additionalProperties": values,
        "minProperties": least,
        **({} if most is None else {"maxProperties": most}),
    }


def _top() -> Schema:
    """Describe what stands at the top."""
    return {
        "intact": {"const": VERSION, "description": "Version of the model format."},
        "name": _ref("name", "Short name of the model, such as delivery."),
        "title": _ref("line", "What the model is about, as a heading."),
        "about": _ref("text", "What the model is about, in a sentence or two."),
        "currency": {
            "type": "string",
            "pattern": "^[A-Z]{3}$",
            "description": "Currency of all amounts, by ISO 4217, such as INR.",
        },
        "region": {
            "type": "string",
            "pattern": "^[A-Z]{2}$",
            "description": "Region of phone numbers without a country code, by ISO 3166, such as IN.",
        },
        "timezone": _ref(
            "line", "Time zone whose calendar months are the periods, such as Asia/Kolkata. UTC by default."
        ),
        "collections": _named(
            _ref("collection"), "collection-name", "The collections that the reports are about, by name."
        ),
        "reconciliations": _named(
            _ref("reconciliation"),
            "name",
            "What is booked by the month against what was counted, by name.",
            least=0,
        ),
        "fail-on": _list(
            _ref("finding"),
            "Types of findings that make a run fail. By default those of critical findings.",
            least=0,
        ),
        "headline": _list(
            _ref("line", "A figure, as report.figure."),
            "Figures that the number on top adds up, as report.figure. By default the totals of all reports.",
        ),
        "reports": _named(_ref("report"), "name", "The reports, by name."),
    }


def _words() -> Schema:
    """Describe the smallest things."""
    literal: Schema = {"type": ["string", "number", "boolean", "null"]}
    string = {"type": "string"}
    return {
        "name": {**string, "pattern": f"^{NAME}$", "description": "A name."},
        "collection-name": {
            **string,
            "pattern": r"^(?!\$)[\s\S]*\S",
            "not": {"const": ALL},
            "description": "The name of a collection in the database.",
        },
        "finding": {
            **string,
            "pattern": f"^{FINDING}$",
            "description": "The type of a finding, such as UNBILLED_ORDER.",
        },
        "field": {**string, "pattern": f"^{FIELD}$", "description": "The name of a field of findings."},
        "text": {**string, "pattern": r"\S", "description": "A text."},
        "line": {**string, "pattern": _LINE, "description": "A text of one line."},
        "path": {**string, "pattern": _PATH, "description": "A path in a document, such as address.city."},
        "each-path": {
            **string,
            "pattern": _EACH,
            "description": "A path, which may go through an array: items[].total.",
        },
        "link": {
            **string,
            "pattern": r"^[\s\S]+\.[^.]+",
            "description": "A collection and a path, such as orders.status.",
        },
        "values": {
            "description": "A value, or a list of values of which one is to be met. Letter case of texts does not count;"
            " null means missing or null.",
            "anyOf": [literal, _list(literal, "Values of which one is to be met.")],
        },
        "conditions": _named(
            _ref("values"),
            "path",
            "Conditions that must all hold: path and value, such as {status: pending}.",
        ),
        "field-values": _named(
            _ref("values"),
            "field",
            "Conditions on the fields of findings that must all hold: name and value.",
        ),
    }


def _declarations() -> Schema:
    """Describe collections and reconciliations."""
    link = _ref("each-path", "Path of a declared reference to the collection of which the reconciliation is.")
    entries = {
        "collection": _ref("collection-name", "The collection of the entries, such as bills."),
        "link": link,
        "period": _ref("path", "Path of the date or month that an entry is for."),
        "amount": _ref("each-path", "Path of the amount; through an array it is summed."),
    }
    lines = {
        "collection": _ref("collection-name", "The collection of the lines, such as orders."),
        "link": link,
        "date": _ref("path", "Path of the date, whose month is the period."),
        "amount": _ref("each-path", "Path of the amount; through an array it is summed."),
        "where": _ref("conditions", "Only lines for which these conditions hold."),
        "marked": _ref("path", "Path of a flag that says that a line has been booked."),
    }
    return {
        "collection": {
            "description": "A collection.",
            **_closed(
                {
                    "key": _ref("path", "Path of the key by which references find a document, such as id or _id."),
                    "named": _ref("field", "What findings call the key, such as order_id. By default as it is called."),
                    "noun": _ref("line", "What people call a document, such as order."),
                    "references": _named(
                        _ref("collection-name", "The collection that the path refers to."), "each-path",
                        "References to other collections: path, and the collection whose key it holds.", least=0,
                    ),
                    "values": _named(
                        _list(_ref("line"), "The allowed texts."), "path", "Allowed texts by path.", least=0
                    ),
                }
            ),
            "anyOf": [{"required": ["key"]}, {"required": ["named"]}],
        },
        "reconciliation": {
            "description": "Entries (bills) against lines (orders), by the month.",
            **_closed(
                {
                    "of": _ref("collection-name", "The collection of that which is billed, such as subscriptions."),
                    "entries": {"description": "The booked side, one entry a month.", **_closed(entries, list(entries))},
                    "lines": {
                        "description": "The counted side, which the entries should add up to.",
                        **_closed(lines, ("collection", "link", "date", "amount")),
                    },
                    "tolerance": {
                        "type": "number", "minimum": 0,
                        "description": "Difference up to which the two sides agree. 0 by default.",
                    },
                },
                ("of", "entries", "lines"),
            ),
        },
    }  # fmt: skip


def _figures() -> Schema:
    """Describe the forms of a figure."""
    types = {
        "description": "A type of findings of this report, several, or all.",
        "anyOf": [{"const": ALL}, _ref("finding"), _list(_ref("finding"), "Types of findings.")],
    }
    where = _ref("field-values", "Only findings whose fields have these values.")
    unless = _ref("field-values", "Leaves out findings whose fields have all of these values.")
    documents = {
        "documents": _ref(
            "collection-name", "Counts the documents of this collection for which the conditions hold."
        ),
        "where": _ref("conditions", "The conditions."),
    }
    by = {"by": _ref("path", "Counts by the text at this path.")}
    linked = {
        "sum": _ref("link", "Sums this amount, such as bills.total."),
        "through": _list(
            _ref("link"), "References that lead, one after the other, to the collection of 'unmatched'."
        ),
        "unmatched": _ref("link", "The reference that finds nothing there, or is missing."),
    }
    counting: Schema = {
        "count": {
            "description": "Counts findings.",
            **_closed({"count": types, "where": where, "unless": unless}, ["count"]),
        },
        "documents": {"description": "Counts documents.", **_closed(documents, list(documents))},
        "undated": {
            "description": "Counts the lines of a reconciliation that have no readable date.",
            **_closed({"undated": _ref("name", "A reconciliation.")}, ["undated"]),
        },
    }
    field = _ref("field", "Sums this field of the findings.")
    others: Schema = {
        "sum": {
            "description": "Sums a field of findings.",
            **_closed({"sum": field, "of": types, "where": where, "unless": unless}, ["sum", "of"]),
        },
        "sum-linked": {
            "description": "Sums an amount over documents that lead to one without a partner.",
            **_closed(linked, list(linked)),
        },
        "documents-by": {
            "description": "Counts documents by a text.",
            **_closed({**documents, **by}, [*documents, *by]),
        },
    }
    named = {f"figure-{name}": schema for name, schema in {**counting, **others}.items()}
    return {
        **named,
        "figure": {"description": "A number of a summary.", "oneOf": [_ref(name) for name in named]},
        "counting-figure": {
            "description": "A number of a total: a count.",
            "oneOf": [_ref(f"figure-{name}") for name in counting],
        },
    }


def _report() -> Schema:
    return {
        "description": "A report.",
        **_closed(
            {
                "title": _ref("line", "Its heading."),
                "purpose": _ref("text", "What it finds, in a sentence or two."),
                "cadence": {"enum": list(CADENCES), "description": "How often it is due."},
                "document": _ref("name", "Name of its document; year and month are added: NAME_2026_01.md."),
                "checks": {
                    "type": "array", "items": _ref("check"), "minItems": 1,
                    "description": "Its checks, in the order in which their findings are shown.",
                },
                "total": _named(
                    _ref("counting-figure"), "name", "The number that stands for the whole report: name and figure.",
                    most=1,
                ),
                "summary": _named(_ref("figure"), "name", "The numbers that sum it up, by name.", least=0),
                "actions": _list(_ref("line"), "What to do each time, as a checklist."),
            },
            ("title", "cadence", "document", "checks", "total"),
        ),
    }  # fmt: skip


_TARGETS: Final[Mapping[TargetType, str]] = {
    TargetType.LINK: "link",
    TargetType.REFERENCE: "link",
    TargetType.COLLECTION: "collection-name",
    TargetType.COLLECTIONS: "text",
    TargetType.RECONCILIATION: "name",
}


def _check(kind: Kind) -> Schema:
    """Describe one kind of check."""
    target = _TARGETS[kind.target]
    named = [name for name, option in kind.options.items() if option.type is OptionType.NAMED_REFERENCE]
    linked = [name for name, option in kind.options.items() if option.type is OptionType.LINKED_CONDITIONS]
    required = [name for name, option in kind.options.items() if option.required]
    return {
        "title": kind.name,
        "description": f"The check {kind.name}.",
        **_closed(
            {
                kind.name: _ref(target, f"What the check is about: {kind.target.value}."),
                **{name: _option(option) for name, option in kind.options.items()},
                **_common(),
            },
            (kind.name, "finding", "severity", "description", *required),
        ),
        "dependentRequired": {"money-unless": ["money"], **{name: named for name in linked}},
    }


def _common() -> Schema:
    """Describe what every check has."""
    money = {
        "over": _ref("name", "Kind of money of a positive amount."),
        "under": _ref("name", "Kind of money of a negative amount."),
    }
    return {
        "finding": _ref("finding", "The type of its findings, such as UNBILLED_ORDER."),
        "severity": {"enum": list(SEVERITIES), "description": "How bad its findings are."},
        "description": _ref(
            "line", "One line a finding, with fields in braces: Order {order_id} is unbilled."
        ),
        "money": {
            "description": "The kind of money at stake; two kinds where the amount can be negative.",
            "anyOf": [_ref("name"), _closed(money, list(money))],
        },
        "money-unless": _ref(
            "field-values", "No money is at stake in findings whose fields have these values."
        ),
        "repair": _ref("text", "How to repair it, for intact explain."),
    }


def _option(option: Option) -> Schema:
    """Describe one option by its type."""
    about = option.about
    match option.type:
        case OptionType.CHOICE:
            return {"enum": list(option.choices), "description": about}
        case OptionType.INTEGER:
            return {"type": "integer", "minimum": 0, "description": about}
        case OptionType.VALUES:
            return _list(_ref("line"), about)
        case OptionType.PATHS | OptionType.DATES:
            return _list(_ref("path"), about)
        case OptionType.SHOW:
            return _named(_ref("path"), "field", about)
        case OptionType.NAMED_REFERENCE:
            return _named(_ref("link"), "field", about, most=1)
        case _:
            return _ref(_OPTIONS[option.type], about)


_OPTIONS: Final[Mapping[OptionType, str]] = {
    OptionType.CONDITIONS: "conditions",
    OptionType.LINKED_CONDITIONS: "conditions",
    OptionType.PATH: "each-path",
    OptionType.AMOUNT: "each-path",
    OptionType.DATE: "path",
    OptionType.REFERENCE: "link",
    OptionType.TEXT: "line",
    OptionType.NAME: "field",
}
