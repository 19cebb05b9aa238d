"""Public reports about duplicates: telephone numbers, mailboxes, accounts that were deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.public import audit, public


def groups(
    name: str, collection: str, path: str, compare: str, region: str = "IN", **options: Any
) -> dict[Any, Any]:
    data = {collection: public(name)[collection]}
    rule = {"duplicate-value": f"{collection}.{path}", "compare": compare, "ids": "ids", **options}
    report = audit(data, {collection: {"named": "row"}}, [rule], region=region)
    assert not report.not_evaluated
    return {str(each.fields[path]): each.fields["ids"] for each in report["all"].issues}


@pytest.mark.parametrize(
    ("collection", "region", "expected"),
    [
        ("india", "IN", {"+919312345678": [1, 2, 3, 4], "+919198765432": [5, 6]}),
        ("britain", "GB", {"+441614960000": [1, 2, 3]}),
        ("italy", "IT", {"+390612345678": [1, 2]}),
        ("america", "US", {"+12125550100;ext=5": [1, 3]}),
    ],
)
def test_phone_numbers_are_one_however_they_are_written_and_two_by_their_extension(
    collection: str, region: str, expected: dict[str, list[int]]
) -> None:
    assert groups("phone-numbers", collection, "phone", "phone", region) == expected


def test_mailboxes_are_compared_as_text() -> None:
    assert groups("mailboxes", "users", "email", "text") == {"muster@example.com": [1, 2]}


def test_an_address_is_one_accounts_alone_among_those_that_are_not_deleted() -> None:
    found = groups("duplicates-among-live", "users", "email", "text", where={"deleted_at": None})
    assert found == {"b@example.com": [3, 4], "d@example.com": [7, 8]}
