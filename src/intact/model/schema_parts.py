"""Pieces of the JSON Schema of model files: words, what a model declares, and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from intact.model.node_reader import FIELD, FINDING, NAME
from intact.model.specs import ALL

Schema = dict[str, object]

_PART = r"(?![0-9]+(\[\])?(\.|$))(?!\$)((?!\[\])[^.])+"
_PATH = rf"^{_PART}(\.{_PART})*$"
_EACH = rf"^{_PART}(\[\])?(\.{_PART}(\[\])?)*$"
_LINE = r"^[^\r\n]*\S[^\r\n]*$"


def ref(name: str, about: str = "") -> Schema:
    """Refer to a definition, with a description of its own."""
    found: Schema = {"$ref": f"#/$defs/{name}"}
    return {**found, "description": about} if about else found


def list_of(of: Schema, about: str, least: int = 1) -> Schema:
    """Describe a list of different things, ``least`` of them at least."""
    return {"type": "array", "items": of, "minItems": least, "uniqueItems": True, "description": about}


def closed(properties: Mapping[str, object], required: Sequence[str] = ()) -> Schema:
    """An object that has nothing but these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def named(values: Schema, names: str, about: str, least: int = 1, most: int | None = None) -> Schema:
    """An object whose names are the user's."""
    return {
        "type": "object",
        "description": about,
        "propertyNames": ref(names),
        "additionalProperties": values,
        "minProperties": least,
        **({} if most is None else {"maxProperties": most}),
    }


def words() -> Schema:
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
        "allowed": {**string, "pattern": rf"^$|{_LINE}", "description": "An allowed text; it may be empty."},
        "path": {**string, "pattern": _PATH, "description": "A path in a document, such as address.city."},
        "date": {
            "description": "Path of a date; `as: day` where dates of midnight in UTC are calendar days.",
            "anyOf": [
                ref("path"),
                closed(
                    {
                        "path": ref("path", "Path of the date."),
                        "as": {
                            "enum": ["instant", "day"],
                            "description": "Whether it is a moment, which lies in the month of the model's time"
                            " zone, or a day, which is the same in every time zone.",
                        },
                    },
                    ("path",),
                ),
            ],
        },
        "each-path": {
            **string,
            "pattern": _EACH,
            "description": "A path, which may go through an array: items[].total.",
        },
        "amount": _priced("each-path", "Path of an amount; through an array it is summed."),
        "amount-link": _priced("link", "An amount, such as bills.total."),
        "link": {
            **string,
            "pattern": r"^[\s\S]+\.[^.]+",
            "description": "A collection and a path, such as orders.status.",
        },
        "values": {
            "description": "A value, or a list of values of which one is to be met. Letter case of texts does"
            " not count; null means missing or null.",
            "anyOf": [literal, list_of(literal, "Values of which one is to be met.")],
        },
        "conditions": named(
            ref("values"),
            "path",
            "Conditions that must all hold: path and value, such as {status: pending}.",
        ),
        "field-values": named(
            ref("values"),
            "field",
            "Conditions on the fields of findings that must all hold: name and value.",
        ),
    }


def _priced(path: str, about: str) -> Schema:
    """Describe an amount: its path, or its path and that of its currency."""
    currency = ref(
        "each-path", "Path of its currency, of the document or of the same element: items[].currency."
    )
    long = closed({"path": ref(path, "The amount."), "currency": currency}, ("path",))
    return {"description": about, "anyOf": [ref(path), long]}


def declarations() -> Schema:
    """Describe collections and reconciliations."""
    link = ref("each-path", "Path of a declared reference to the collection of which the reconciliation is.")
    currency = ref(
        "each-path", "Path of the currency of the amount, a text such as EUR. By default that of the model."
    )
    entries = {
        "currency": currency,
        "collection": ref("collection-name", "The collection of the entries, such as bills."),
        "link": link,
        "period": ref("date", "Path of the date or month that an entry is for."),
        "amount": ref("amount", "Path of the amount; through an array it is summed."),
        "where": ref("conditions", "Only entries for which these conditions hold."),
        "unless": ref("conditions", "Leaves out entries for which all of these hold: {status: cancelled}."),
    }
    lines = {
        "currency": currency,
        "collection": ref("collection-name", "The collection of the lines, such as orders."),
        "link": link,
        "date": ref("date", "Path of the date, whose month is the period."),
        "amount": ref("amount", "Path of the amount; through an array it is summed."),
        "where": ref("conditions", "Only lines for which these conditions hold."),
        "unless": ref("conditions", "Leaves out lines for which all of these hold."),
        "named": ref(
            "field", "What findings call the number of lines, such as delivered_orders. By default lines."
        ),
        "marked": ref("path", "Path of a flag that says that a line has been booked."),
        "marked-named": ref("field", "What findings call the number of those. By default lines_marked."),
    }
    return {
        "collection": {
            "description": "A collection.",
            **closed(
                {
                    "key": ref("path", "Path of the key by which references find a document, such as id or _id."),
                    "named": ref("field", "What findings call the key, such as order_id. By default as it is called."),
                    "noun": ref("line", "What people call a document, such as order."),
                    "plural": ref("line", "What they call several, where it is not as in English: people."),
                    "references": named(
                        ref("collection-name", "The collection that the path refers to."), "each-path",
                        "References to other collections: path, and the collection whose key it holds.", least=0,
                    ),
                    "personal": list_of(
                        ref("each-path"),
                        "Paths of personal values, such as phone: masked in reports unless asked for.",
                    ),
                    "dated": ref("date", "Path of the date that a document is of, such as created_at."),
                    "optional": list_of(
                        ref("each-path"),
                        "Paths that may rightly have a value in no document. Without a value in any, a path that is not"
                        " among them leaves undecided what rests on it.",
                    ),
                    "values": named(
                        list_of(ref("allowed"), "The allowed texts."), "path", "Allowed texts by path.", least=0
                    ),
                }
            ),
            "anyOf": [{"required": ["key"]}, {"required": ["named"]}],
        },
        "reconciliation": {
            "description": "Entries (bills) against lines (orders), by the month.",
            **closed(
                {
                    "of": ref("collection-name", "The collection of what is billed, such as subscriptions."),
                    "entries": {
                        "description": "The booked side, one entry a month.",
                        **closed(entries, ("collection", "link", "period", "amount")),
                    },
                    "lines": {
                        "description": "The counted side, which the entries should add up to.",
                        **closed(lines, ("collection", "link", "date", "amount")),
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


def figures() -> Schema:
    """Describe the forms of a figure."""
    types = {
        "description": "A type of findings of this report, several, or all.",
        "anyOf": [{"const": ALL}, ref("finding"), list_of(ref("finding"), "Types of findings.")],
    }
    where = ref("field-values", "Only findings whose fields have these values.")
    unless = ref("field-values", "Leaves out findings whose fields have all of these values.")
    documents = {
        "documents": ref(
            "collection-name", "Counts the documents of this collection for which the conditions hold."
        ),
        "where": ref("conditions", "The conditions."),
    }
    by = {"by": ref("path", "Counts by the text at this path.")}
    linked = {
        "sum": ref("amount-link", "Sums this amount, such as bills.total."),
        "through": list_of(
            ref("link"), "References that lead, one after the other, to the collection of 'unmatched'."
        ),
        "unmatched": ref("link", "The reference that finds nothing there, or is missing."),
    }
    counting: Schema = {
        "count": {
            "description": "Counts findings.",
            **closed({"count": types, "where": where, "unless": unless}, ["count"]),
        },
        "documents": {"description": "Counts documents.", **closed(documents, list(documents))},
        "undated": {
            "description": "Counts the lines of a reconciliation that have no readable date.",
            **closed({"undated": ref("name", "A reconciliation.")}, ["undated"]),
        },
    }
    field = ref("field", "Sums this field of the findings.")
    others: Schema = {
        "sum": {
            "description": "Sums a field of findings.",
            **closed({"sum": field, "of": types, "where": where, "unless": unless}, ["sum", "of"]),
        },
        "sum-linked": {
            "description": "Sums an amount over documents that lead to one without a partner.",
            **closed(
                {**linked, "currency": ref("each-path", "Path of the currency of the amount.")}, list(linked)
            ),
        },
        "documents-by": {
            "description": "Counts documents by a text.",
            **closed({**documents, **by}, [*documents, *by]),
        },
    }
    forms = {f"figure-{name}": schema for name, schema in {**counting, **others}.items()}
    return {
        **forms,
        "figure": {"description": "A number of a summary.", "oneOf": [ref(name) for name in forms]},
        "counting-figure": {
            "description": "A number of a total: a count.",
            "oneOf": [ref(f"figure-{name}") for name in counting],
        },
    }
