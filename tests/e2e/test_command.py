"""How the command ends: 0, 1, 2 and 3, each on real dumps, without a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bson
import pytest

from tests.support.small import AS_OF, PHANTOM, SECOND_BILL, Database, small


def write(directory: Path, data: Database) -> Path:
    (directory / "shop").mkdir()
    for name, documents in data.items():
        (directory / "shop" / f"{name}.bson").write_bytes(b"".join(map(bson.encode, documents)))
    return directory


def no_users() -> Database:
    data = small()
    del data["users"]
    return data


def ends(source: Path) -> tuple[int, str]:
    """Run the command, and give its exit code and what it said on stderr."""
    command = [sys.executable, "-m", "intact", "check", str(source), "--quiet", "--as-of", AS_OF.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stderr


@pytest.mark.spread(2)
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (small, 0),
        (lambda: small(delivery_statuses=[PHANTOM]), 1),
        (lambda: small(billing_records=[SECOND_BILL]), 1),
        (no_users, 3),
    ],
    ids=["nothing", "a phantom", "a double billing", "a collection less"],
)
def test_a_dump_with_this_ends_with(make: Callable[[], Database], code: int, tmp_path: Path) -> None:
    assert ends(write(tmp_path, make())) == (code, "")


def test_a_dump_with_nothing_of_the_model_in_it_ends_with_2_and_one_sentence(tmp_path: Path) -> None:
    code, said = ends(write(tmp_path, {"invoices": [{"_id": 1}]}))
    assert code == 2
    assert said.startswith("intact: ")
    assert len(said.splitlines()) == 1
    assert "invoices" in said


def test_a_dump_that_breaks_off_ends_with_3_where_nothing_certain_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path, small(delivery_statuses=[PHANTOM]))
    orders = path / "shop" / "orders.bson"
    orders.write_bytes(orders.read_bytes()[:-7])
    assert ends(path)[0] == 3
