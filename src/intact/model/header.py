"""What stands at the top of a model: version, name, currency, region, time zone."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from typing import Final

from intact.model.names import suggestion
from intact.model.nodes import Node, Scalar, TableNode, shortened
from intact.model.scope import Scope

VERSION: Final = 1
"""The version of the model format that this release reads."""

TOP: Final = (
    "intact", "name", "title", "about", "currency", "region", "timezone", "collections", "reconciliations",
    "fail-on", "headline", "reports",
)  # fmt: skip
TOP_NEEDED: Final = ("intact", "name", "title", "collections", "reports")


@dataclass(frozen=True, slots=True)
class Header:
    """The top of a model, with nothing where it could not be read."""

    name: str
    title: str
    about: str
    currency: str | None
    region: str | None
    timezone: str


def read_header(scope: Scope, top: TableNode) -> Header:
    """Read the top of a model.

    Raises:
        ModelError: If it is written for a later release, whose names are not known here.
    """
    given = top.entries
    if "intact" in given:
        _version(scope, given["intact"])
    return Header(
        name=scope.name(given["name"], "the name of a model") or "" if "name" in given else "",
        title=scope.text(given["title"], "a title") or "" if "title" in given else "",
        about=scope.text(given["about"], "'about'", lines=True) or "" if "about" in given else "",
        currency=_currency(scope, given["currency"]) if "currency" in given else None,
        region=_region(scope, given["region"]) if "region" in given else None,
        timezone=_timezone(scope, given["timezone"]) if "timezone" in given else "UTC",
    )


def _version(scope: Scope, node: Node) -> None:
    value = node.value if isinstance(node, Scalar) else None
    if type(value) is not int or value < 1:
        scope.expected(node, f"the version of the model format, which is {VERSION}, for 'intact'")
    elif value > VERSION:
        message = f"this model is written in format {value}; this release of intact reads format {VERSION}"
        scope.problems.add(node.line, message, "Install a newer release of intact.")
        scope.problems.check()


def _currency(scope: Scope, node: Node) -> str | None:
    text = scope.text(node, "'currency'")
    if text is None or re.fullmatch("[A-Z]{3}", text):
        return text
    hint = f"Did you mean '{text.upper()}'?" if re.fullmatch("[A-Za-z]{3}", text) else ""
    scope.problems.add(
        node.line,
        f"'{shortened(text)}' is no currency; expected three capital letters such as INR (ISO 4217)",
        hint,
    )
    return None


def _region(scope: Scope, node: Node) -> str | None:
    text = scope.text(node, "'region'")
    if text is None:
        return None
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - only models with a region need it

    if text in SUPPORTED_REGIONS:
        return text
    hint = f"Did you mean '{text.upper()}'?" if text.upper() in SUPPORTED_REGIONS else ""
    message = f"'{shortened(text)}' is no region with phone numbers; expected two capital letters such as IN (ISO 3166)"
    scope.problems.add(node.line, message, hint)
    return None


_NO_ZONES: Final = frozenset({"localtime", "Factory"})
"""Names that the zone files have and that mean another zone on each machine, or none."""


def _timezone(scope: Scope, node: Node) -> str:
    text = scope.text(node, "'timezone'")
    if text is None or text == "UTC":
        return "UTC"
    try:
        zoneinfo.ZoneInfo(text if text not in _NO_ZONES else "")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        hint = (
            suggestion(text, sorted(known))
            if known
            else "This machine has no time zones: pip install tzdata."
        )
        scope.problems.add(node.line, f"'{shortened(text)}' is no time zone", hint)
    return text
