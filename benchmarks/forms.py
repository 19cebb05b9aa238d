"""What it costs to write a million findings, on top of the audit that makes them.

A dump of orders, each of a customer who does not exist, gives a finding an order. The same audit is run without a file
and with one of each form for machines.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import bson
from benchmarks.contenders import check_command
from benchmarks.measure import Contender, Run, in_turn

ALONE: Final = "no file"
SUFFIXES: Final = (".ndjson", ".csv", ".csv.zip", ".parquet", ".json")
_DAY: Final = datetime(2025, 10, 1, tzinfo=UTC)
# One of everything, without a fault and with every field that the model asks: otherwise rules are not evaluated.
_WHOLE: Final[dict[str, dict[str, object]]] = {
    "customers_v2": {"id": "there", "user_id": "there", "name": "Asha", "phone": "9731020013", "status": "active"},
    "users": {"id": "there", "customer_v2_id": "there", "email": "asha@example.com", "role": "customer"},
    "subscriptions_v2": {"id": "there", "customer_id": "there", "status": "active"},
    "orders": {
        "id": "there", "subscription_id": "there", "customer_id": "there", "status": "delivered", "billed": True,
        "items": [{"total": 10}], "delivery_date": _DAY,
    },
    "delivery_statuses": {"id": "there", "order_id": "there", "customer_id": "there", "status": "delivered",
        "confirmed_at": _DAY},
    "billing_records": {"id": "there", "subscription_id": "there", "period_date": _DAY, "total_amount": 10},
}  # fmt: skip
_ID: Final = 1 << 80
_AT_ONCE: Final = 10_000


@dataclass(frozen=True)
class Forms:
    """What was measured.

    Attributes:
        findings: How many findings the audit makes.
        runs: The runs by form; :data:`ALONE` is the audit without a file.
        sizes: MB (10**6 bytes) of the files, by form.
        failed: What ended as it should not, by form.
    """

    findings: int = 0
    runs: dict[str, list[Run]] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def measure(data: Path, findings: int, repeat: int, memory: str) -> Forms:
    """Audit with and without files, in turn.

    Args:
        data: Where dumps are kept.
        findings: How many findings to make.
        repeat: How many rounds.
        memory: Budget of the engine.
    """
    folder = dump(data, findings)
    files = {suffix: folder.parent / f"{folder.name}{suffix}" for suffix in SUFFIXES}
    every = [_contender(ALONE, memory), *(_contender(name, memory, file) for name, file in files.items())]
    try:
        runs, failed = in_turn(every, folder, repeat)
        sizes = {name: file.stat().st_size / 1e6 for name, file in files.items() if file.exists()}
    finally:
        for file in files.values():
            file.unlink(missing_ok=True)
    return Forms(findings, runs, sizes, failed)


def _contender(name: str, memory: str, file: Path | None = None) -> Contender:
    def command(folder: Path) -> Sequence[str]:
        written = ["--output", str(file)] if file else []
        # A history would be more than half of the audit, and its cost would hide that of the forms.
        return [*check_command(str(folder), memory), "--fail-on", "none", "--no-history", *written]

    return Contender(name, command, expected=frozenset({0}))


def dump(data: Path, findings: int) -> Path:
    """Give the dump whose audit makes so many findings; it is written unless it is there."""
    folder = data / f"findings-{findings}"
    if (folder / "orders.bson").exists():
        return folder
    print(f"  {folder.name}: writing it", file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in _WHOLE.items():
        (folder / f"{name}.bson").write_bytes(
            bson.encode({"_id": bson.ObjectId(b"\0" * 12), "created_at": _DAY} | document)
        )
    part = folder / "orders.bson.part"
    with part.open("wb") as file:
        file.write((folder / "orders.bson").read_bytes())
        for first in range(0, findings, _AT_ONCE):
            some = range(first, min(first + _AT_ONCE, findings))
            file.write(b"".join(bson.encode(_order(number)) for number in some))
    part.replace(folder / "orders.bson")
    return folder


def _order(number: int) -> dict[str, object]:
    """Give an order of a customer who is gone; a thousand orders share one."""
    return {
        "_id": bson.ObjectId((_ID + number).to_bytes(12, "big")),
        "id": f"order-{number:08}",
        "subscription_id": "there",
        "customer_id": f"gone-{number // 1000:06}",
        "status": "confirmed",
    }
