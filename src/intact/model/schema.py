"""The JSON Schema of model files, for editors; made from the same kinds of checks that the loader follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from intact.core.distribution import SCHEMAS
from intact.model.header import VERSION
from intact.model.reports import CADENCES
from intact.model.rules import SEVERITY_NAMES
from intact.model.schema_parts import Schema, closed, declarations, figures, list_of, named, ref, words
from intact.model.specs import Kind, Option, OptionType, TargetType

URL: Final = f"{SCHEMAS}/model-{VERSION}.json"


def json_schema(kinds: Sequence[Kind]) -> Schema:
    """Return the JSON Schema (2020-12) of a model file with these kinds of checks."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": URL,
        "title": f"intact model, format {VERSION}",
        "description": "What must hold in a document database, and the reports that say where it does not.",
        **closed(_top(), ("intact", "name", "title", "collections", "reports")),
        "$defs": {
            **words(),
            **declarations(),
            **figures(),
            "report": _report(),
            "check": {
                "description": "A check, by its kind and what it is about.",
                "oneOf": [ref(f"check-{kind.name}") for kind in kinds],
            },
            **{f"check-{kind.name}": _check(kind) for kind in kinds},
        },
    }


def _top() -> Schema:
    """Describe what stands at the top."""
    return {
        "intact": {"const": VERSION, "description": "Version of the model format."},
        "name": ref("name", "Short name of the model, such as delivery."),
        "title": ref("line", "What the model is about, as a heading."),
        "about": ref("text", "What the model is about, in a sentence or two."),
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
        "timezone": ref(
            "line", "Time zone whose calendar months are the periods, such as Asia/Kolkata. UTC by default."
        ),
        "collections": named(
            ref("collection"), "collection-name", "The collections that the reports are about, by name."
        ),
        "reconciliations": named(
            ref("reconciliation"),
            "name",
            "What is booked by the month against what was counted, by name.",
            least=0,
        ),
        "fail-on": list_of(
            ref("finding"),
            "Types of findings that make a run fail. By default all that is critical or high.",
            least=0,
        ),
        "headline": list_of(
            ref("line", "A figure, as report.figure."),
            "Figures that the number on top adds up, as report.figure. By default the totals of all reports.",
        ),
        "reports": named(ref("report"), "name", "The reports, by name."),
    }


def _report() -> Schema:
    return {
        "description": "A report.",
        **closed(
            {
                "title": ref("line", "Its heading."),
                "purpose": ref("text", "What it finds, in a sentence or two."),
                "cadence": {"enum": list(CADENCES), "description": "How often it is due."},
                "document": ref("name", "Name of its document; year and month are added: NAME_2026_01.md."),
                "checks": {
                    "type": "array", "items": ref("check"), "minItems": 1,
                    "description": "Its checks, in the order in which their findings are shown.",
                },
                "total": named(
                    ref("counting-figure"), "name", "The number that stands for the whole report: name and figure.",
                    most=1,
                ),
                "summary": named(ref("figure"), "name", "The numbers that sum it up, by name.", least=0),
                "actions": list_of(
                    {"oneOf": [ref("line"), closed({"done": ref("line", "What the run itself does.")}, ["done"])]},
                    "What to do each time, as a checklist. What the run itself does stands as `done: …`.",
                ),
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
    needed = [name for name, option in kind.options.items() if option.type is OptionType.NAMED_REFERENCE]
    linked = [name for name, option in kind.options.items() if option.type is OptionType.LINKED_CONDITIONS]
    required = [name for name, option in kind.options.items() if option.required]
    with_money = bool(kind.amounts) or kind.target is TargetType.RECONCILIATION
    return {
        "title": kind.name,
        "description": f"The check {kind.name}.",
        **closed(
            {
                kind.name: ref(target, f"What the check is about: {kind.target.value}."),
                **{name: _option(option) for name, option in kind.options.items()},
                **_common(with_money=with_money),
                **(_NAMED if kind.target in (TargetType.LINK, TargetType.REFERENCE) else {}),
            },
            (kind.name, "finding", "severity", "description", *required),
        ),
        "dependentRequired": {
            **dict.fromkeys(linked, needed),
            **({"money-unless": ["money"]} if with_money else {}),
            **{
                name: list(kind.amounts)
                for name, option in kind.options.items()
                if option.type is OptionType.CURRENCY
            },
            **({"money": list(kind.amounts)} if len(kind.amounts) == 1 else {}),
        },
    }


def _common(*, with_money: bool) -> Schema:
    """Describe what every check has; money only where there can be an amount."""
    money = {
        "over": ref("name", "Kind of money of a positive amount."),
        "under": ref("name", "Kind of money of a negative amount."),
    }
    common: Schema = {
        "finding": ref("finding", "The type of its findings, such as UNBILLED_ORDER."),
        "severity": {"enum": list(SEVERITY_NAMES), "description": "How bad its findings are."},
        "description": ref(
            "line", "One line a finding, with fields in braces: Order {order_id} is unbilled."
        ),
        "what": ref("text", "What a finding means, in place of what the check says of itself."),
        "why": ref("text", "Why it matters, in place of what the check says of itself."),
        "repair": ref("text", "How to repair it, in place of what the check says of itself."),
    }
    if with_money:
        common["money"] = {
            "description": "The kind of money at stake; two kinds where the amount can be negative.",
            "anyOf": [ref("name"), closed(money, list(money))],
        }
        common["money-unless"] = ref(
            "field-values", "No money is at stake in findings whose fields have these values."
        )
    return common


def _option(option: Option) -> Schema:
    """Describe one option by its type."""
    about = option.about
    match option.type:
        case OptionType.CHOICE:
            return {"enum": list(option.choices), "description": about}
        case OptionType.INTEGER:
            return {"type": "integer", "minimum": 0, "description": about}
        case OptionType.VALUES:
            return list_of(ref("allowed"), about)
        case OptionType.DATES:
            return list_of(ref("date"), about)
        case OptionType.SHOW:
            return named(ref("path"), "field", about)
        case OptionType.NAMED_REFERENCE:
            return named(ref("link"), "field", about, most=1)
        case _:
            return ref(_OPTIONS[option.type], about)


_NAMED: Final[Schema] = {"as": ref("field", "What findings call the value at the path.")}

_OPTIONS: Final[Mapping[OptionType, str]] = {
    OptionType.CONDITIONS: "conditions",
    OptionType.LINKED_CONDITIONS: "conditions",
    OptionType.AMOUNT: "amount",
    OptionType.DATE: "date",
    OptionType.CURRENCY: "each-path",
    OptionType.REFERENCE: "link",
    OptionType.TEXT: "line",
    OptionType.NAME: "field",
}
