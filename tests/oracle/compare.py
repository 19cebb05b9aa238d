"""Holds a report against the oracle: what is missing, what is too much, and what is not the same."""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

AMOUNTS: Final = frozenset(
    {
        "amount", "billed", "billed_to_customers_without_login", "calculated", "difference",
        "revenue_at_risk", "revenue_at_risk_negative", "total_billed", "total_overcharge",
    }
)  # fmt: skip
"""Fields that hold money: compared as numbers, a float as what its shortest text says."""

SHOWN: Final = frozenset(
    {"confirmed_at", "customer_names", "customer_phone", "email", "phone", "status", "value"}
)
"""Fields that are only shown: a date may be ISO 8601 text or Extended JSON there."""

OPTIONAL: Final = frozenset({"after_as_of", "amount_complete", "elsewhere", "near_match", "stale"})
"""Fields that are only there when they have something to say."""

_IDENTIFYING: Final[dict[str, tuple[str, ...]]] = {
    "CUSTOMER_USER_NOT_FOUND": ("user_id",),
    "USER_CUSTOMER_NOT_FOUND": ("customer_v2_id",),
    "CUSTOMER_USER_LINK_MISMATCH": ("customer_id", "user_id"),
    "INVALID_SUBSCRIPTION_REFERENCE": ("subscription_id",),
    "INVALID_ORDER_REFERENCE": ("order_id",),
    "INVALID_CUSTOMER_REFERENCE": ("customer_id",),
    "DUPLICATE_ID": ("id",),
    "DOUBLE_BILLING": ("subscription_id", "period"),
    "BILLING_AMOUNT_MISMATCH": ("subscription_id", "period"),
    "UNBILLED_PERIOD": ("subscription_id", "period"),
    "UNREADABLE_VALUE": ("field",),
}


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """List where a report document differs from what `audit` expects; empty where it does not."""
    found: list[str] = []
    reports = actual.get("reports", {})
    found += [
        f"reports: unexpected report {name}" for name in sorted(set(reports) - set(expected["reports"]))
    ]
    for name, report in expected["reports"].items():
        if name not in reports:
            found.append(f"reports: no report {name}")
            continue
        found += _report_differences(name, report, reports[name])
    return found + _headline_differences(expected, actual.get("headline", {}))


def _report_differences(name: str, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for key, value in expected.items():
        if key == "issues":
            found += _issues_differences(name, value, actual.get("issues", []))
        elif key == "summary":
            for field, figure in value.items():
                got = actual.get("summary", {}).get(field, _ABSENT)
                if not _same(field, _unordered(figure), _unordered(got)):
                    found.append(f"{name}: summary.{field}: expected {_show(figure)}, got {_show(got)}")
        elif not _same(key, value, actual.get(key, _ABSENT)):
            found.append(f"{name}: {key}: expected {_show(value)}, got {_show(actual.get(key, _ABSENT))}")
    return found


def _unordered(figure: Any) -> Any:
    """Give counts by name in one order: in which one a summary lists them does not matter."""
    return dict(sorted(figure.items())) if isinstance(figure, Mapping) else figure


def _headline_differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    found = []
    for name, key in (
        ("documents_affected", "documents_affected"),
        ("total_critical_issues", "total_critical_issues_found"),
    ):
        got = actual.get(key, _ABSENT)
        if not _same(key, expected[name], got):
            found.append(f"headline: {key}: expected {_show(expected[name])}, got {_show(got)}")
    money = actual.get("money_at_stake", {})
    for kind in sorted(set(expected["money_at_stake"]) | set(money)):
        left, right = expected["money_at_stake"].get(kind, Decimal(0)), money.get(kind, 0)
        if not _same_amount(left, right):
            found.append(f"headline: money_at_stake.{kind}: expected {_show(left)}, got {_show(right)}")
    return found


# -------------------------------------------------------------------------------------------- issues


def _issues_differences(
    report: str, expected: list[Mapping[str, Any]], actual: list[Mapping[str, Any]]
) -> list[str]:
    left, right = _by_identity(expected), _by_identity(actual)
    found = []
    for key in sorted(set(left) | set(right)):
        wanted, got = left.get(key, []), right.get(key, [])
        for one, other in zip(wanted, got, strict=False):
            found += [f"{report}: {_label(one)}: {line}" for line in _issue_differences(one, other)]
        found += [f"{report}: missing {_label(one)}: {_show(one)}" for one in wanted[len(got) :]]
        found += [f"{report}: unexpected {_label(one)}: {_show(one)}" for one in got[len(wanted) :]]
    return found


def _by_identity(issues: list[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Put issues under their type, documents and identifying fields; those under one in a stable order."""
    table: dict[str, list[Mapping[str, Any]]] = {}
    for issue in issues:
        fields = ("type", "collection", "document_id", "document_ids", *_IDENTIFYING.get(issue["type"], ()))
        key = repr([_canonical(issue.get(field)) for field in fields])
        table.setdefault(key, []).append(issue)
    for same in table.values():
        same.sort(key=lambda issue: repr(sorted((name, repr(_canonical(issue[name]))) for name in issue)))
    return table


def _issue_differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    found = []
    choices = expected.get("_values")
    if choices is not None:
        pair = {name: actual.get(name, _ABSENT) for name in ("value", "value_type")}
        if not any(all(_same(name, each[name], pair[name]) for name in pair) for each in choices):
            found.append(f"value, value_type: expected one of {_show(choices)}, got {_show(pair)}")
    chosen = {"value", "value_type"} if choices is not None else set()
    for name in sorted((set(expected) | (OPTIONAL & set(actual))) - chosen):
        if name.startswith("_"):
            continue
        absent = None if name in OPTIONAL else _ABSENT
        left, right = expected.get(name, absent), actual.get(name, absent)
        if not _same(name, left, right):
            found.append(f"{name}: expected {_show(left)}, got {_show(right)}")
    return found


def _label(issue: Mapping[str, Any]) -> str:
    where = issue.get("document_id", issue.get("document_ids"))
    extra = "".join(
        f" {field}={_show(issue.get(field))}" for field in _IDENTIFYING.get(str(issue.get("type")), ())
    )
    return f"{issue.get('type')} {issue.get('collection')} {_show(where)}{extra}"


# -------------------------------------------------------------------------------------------- values

_ABSENT: Final = object()


def _same(name: str, expected: Any, actual: Any) -> bool:
    if expected is _ABSENT or actual is _ABSENT:
        return expected is actual
    if name in AMOUNTS and expected is not None:
        return _same_amount(expected, actual)
    if name == "references":
        return _same_references(expected, actual)
    if name in SHOWN:
        return _canonical(_plain_dates(expected)) == _canonical(_plain_dates(actual))
    return _canonical(expected) == _canonical(actual)


def _same_references(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> bool:
    """Compare what refers to records: the order is not settled, and of many documents some are named."""
    left = {
        repr([_canonical(each[name]) for name in ("collection", "field", "value")]): each for each in expected
    }
    for each in actual:
        wanted = left.pop(repr([_canonical(each[name]) for name in ("collection", "field", "value")]), None)
        if wanted is None or wanted["count"] != each["count"] or len(each["ids"]) != min(20, wanted["count"]):
            return False
        if any(each["ids"].count(one) > wanted["ids"].count(one) for one in each["ids"]):
            return False
    return not left or len(actual) == 100


def _same_amount(expected: Decimal, actual: Any) -> bool:
    if isinstance(actual, bool) or not isinstance(actual, int | float | Decimal):
        return False
    if isinstance(actual, float):
        return _as_float(expected) == actual
    return expected == Decimal(actual)


def _as_float(amount: Decimal) -> float:
    """Give the double next to an amount; an amount that no double can hold is infinite."""
    try:
        return float(amount)
    except OverflowError:
        return math.copysign(math.inf, amount)


def _plain_dates(value: Any) -> Any:
    """Replace Extended JSON dates by their text."""
    if isinstance(value, Mapping):
        if set(value) == {"$date"}:
            return value["$date"]
        return {name: _plain_dates(inner) for name, inner in value.items()}
    return [_plain_dates(inner) for inner in value] if isinstance(value, list | tuple) else value


def _canonical(value: Any) -> tuple[str, Any]:
    """Give a form in which two JSON values are equal exactly if they show the same value."""
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, int | float | Decimal):
        return _canonical_number(value)
    if isinstance(value, Mapping):
        if set(value) == {"$numberDecimal"}:
            return _canonical_decimal(Decimal(value["$numberDecimal"]))
        if set(value) == {"$numberDouble"}:
            return _canonical_number(float(value["$numberDouble"]))
        return ("object", [(name, _canonical(inner)) for name, inner in value.items()])
    if isinstance(value, list | tuple):
        return ("array", [_canonical(inner) for inner in value])
    return ("text", value)


def _canonical_number(value: Any) -> tuple[str, Any]:
    """Give the shortest text of a number: 5, 5.0 and Decimal("5") are one, and a double is its repr."""
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        return ("number", str(float(value)))
    if isinstance(value, int):
        double = _as_float(Decimal(value))
        exact = math.isfinite(double) and int(double) == value
        return ("number", _text(Decimal(repr(double)) if exact else Decimal(value)))
    return ("number", _text(Decimal(repr(value)) if isinstance(value, float) else value))


def _canonical_decimal(value: Decimal) -> tuple[str, Any]:
    if not value.is_finite():
        return _canonical_number(value)
    if value == value.to_integral_value():
        return _canonical_number(int(value))
    double = float(value)
    return _canonical_number(double) if Fraction(double) == Fraction(value) else ("decimal", _text(value))


def _text(value: Decimal) -> str:
    """Write a number without regard to how its zeros were written."""
    sign, figures, exponent = value.as_tuple()
    bare = "".join(map(str, figures)).lstrip("0")
    if not bare:
        return "0"
    short = bare.rstrip("0")
    return f"{'-' if sign else ''}{short}E{int(exponent) + len(bare) - len(short)}"


def _show(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{n}: {_show(v)}" for n, v in value.items() if not n.startswith("_")) + "}"
    return "[" + ", ".join(map(_show, value)) + "]" if isinstance(value, list | tuple) else repr(value)
