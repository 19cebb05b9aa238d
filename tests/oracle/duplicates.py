"""Report 5: customers, users and keys that are there twice, and keys that are not there."""

from typing import Any, Final

import phonenumbers

from tests.oracle.records import (
    NAMES,
    Database,
    Issue,
    Record,
    Report,
    Unreadable,
    by_id,
    elements,
    group_issue,
    issue,
)
from tests.oracle.values import (
    Identity,
    digits,
    id_json,
    identity,
    is_blank,
    is_null,
    is_text,
    order,
    read_date,
    shown_json,
    trim,
    whole,
)

REFERENCES: Final = (
    ("orders", "subscription_id", "subscriptions_v2"),
    ("orders", "customer_id", "customers_v2"),
    ("customers_v2", "user_id", "users"),
    ("users", "customer_v2_id", "customers_v2"),
    ("subscriptions_v2", "customer_id", "customers_v2"),
    ("delivery_statuses", "order_id", "orders"),
    ("delivery_statuses", "customer_id", "customers_v2"),
    ("billing_records", "subscription_id", "subscriptions_v2"),
)
"""Which field of which collection names a record of which other."""


def duplicates(db: Database, region: str) -> Report:
    """Report 5: phones, emails and ids that several documents share, and documents without an id."""
    unreadable = Unreadable()
    issues: list[Issue] = []
    for phone, members in _groups(db.records["customers_v2"], "phone", region):
        names = [shown_json(member.get("name")) for member in members]
        fields = {
            "phone": phone,
            "customer_names": names,
            "action": "Manual review: keep one, archive others",
        }
        fields |= _group_fields(members, "phone", "customer_ids", unreadable)
        fields |= _references(db, members, fields["keep"])
        issues.append(group_issue("DUPLICATE_CUSTOMER_PHONE", "MEDIUM", members, **fields))
    for email, members in _groups(db.records["users"], "email", region):
        fields = {"email": email, "action": "Critical: prevents login, need to merge accounts"}
        fields |= _group_fields(members, "email", "user_ids", unreadable)
        fields |= _references(db, members, fields["keep"])
        issues.append(group_issue("DUPLICATE_USER_EMAIL", "HIGH", members, **fields))
    for name in NAMES:
        issues += _keys(db, db.records[name])

    issues += unreadable.issues()
    report = Report("total_duplicates", len(issues), issues, {})
    report.summary = {
        "duplicate_phones": report.count("DUPLICATE_CUSTOMER_PHONE"),
        "duplicate_emails": report.count("DUPLICATE_USER_EMAIL"),
        "duplicate_ids": report.count("DUPLICATE_ID"),
        "missing_ids": report.count("MISSING_ID"),
        "unreadable_values": report.count("UNREADABLE_VALUE"),
    }
    return report


def compared_phone(value: Any, region: str) -> Any:
    """Give the phone as it is compared: E.164, other trimmed text, or the value; None where it is blank."""
    number = whole(value)
    if number is not None:
        value = digits(number)
    if not is_text(value):
        return None if is_null(value) else value
    text = _as_spreadsheets_write(trim(value))
    if not any(character.isdecimal() for character in text):
        return None
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(parsed):
        return text
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"{written};ext={parsed.extension}" if parsed.extension else written


def _as_spreadsheets_write(text: str) -> str:
    """Give the digits where a spreadsheet made the text of a whole number: with .0 at its end, or with an exponent."""
    body = text.removeprefix("+")
    before, point, after = body.partition(".")
    if before[:1] not in set("123456789") or not set(body.lower()) <= set("0123456789.e+"):
        return text
    if before.isdecimal() and point and set(after) == {"0"} and (len(after) < 3 or len(before) > 6):
        return text.partition(".")[0]
    mantissa, letter, exponent = text.lower().partition("e")
    power = exponent.removeprefix("+")
    one_digit_first = len(mantissa) == 1 or (mantissa[1:2] == "." and mantissa[2:].isdecimal())
    if not letter or not power.isdecimal() or len(power) > 2 or not one_digit_first:
        return text
    digits, zeros = mantissa.replace(".", ""), int(power) + 1 - len(mantissa.replace(".", ""))
    if zeros < 0:  # digits behind the point, which have to be zeros
        return digits[:zeros] if not digits[zeros:].strip("0") else text
    return digits + "0" * zeros


def compared_email(value: Any) -> Any:
    """Give the email as it is compared: trimmed and case-folded, or the value; None where it is blank."""
    if is_null(value) or is_blank(value):
        return None
    return trim(value).casefold() if is_text(value) else value


def _groups(records: list[Record], field: str, region: str) -> list[tuple[Any, list[Record]]]:
    """Group the records whose phone or email compares equal, two and more."""
    groups: dict[Identity, tuple[Any, list[Record]]] = {}
    for record in records:
        value = record.get(field)
        compared = compared_phone(value, region) if field == "phone" else compared_email(value)
        if compared is not None:
            groups.setdefault(identity(compared), (shown_json(compared), []))[1].append(record)
    return [(value, by_id(members)) for value, members in groups.values() if len(members) > 1]


def _group_fields(members: list[Record], field: str, ids: str, unreadable: Unreadable) -> dict[str, Any]:
    raw = {identity(member.get(field)) for member in members}
    latest = max(members, key=lambda member: (_last_change(member, unreadable), order(member.get("_id"))))
    return {
        "count": len(members),
        ids: [member.named for member in members],
        "keep": latest.named,
        "exact": len(raw) == 1,
    }


def _references(db: Database, members: list[Record], keep: Any) -> dict[str, Any]:
    """List what refers to the records, but for what refers to the one that is kept: look into every document."""
    found = []
    for collection, field, to in REFERENCES:
        if to != members[0].collection:
            continue
        for key in set().union(*(member.keys for member in members)):
            ids = []
            for record in db.records[collection]:
                held = [each for each in elements(record.get(field)) if identity(each) == key]
                if held:
                    value = id_json(held[0])
                    ids.append(record.named)
            if ids and value != keep:
                found.append(
                    {"collection": collection, "field": field, "value": value, "count": len(ids), "ids": ids}
                )
    if not any(to == members[0].collection for _, _, to in REFERENCES):
        return {}
    fields = {"references_total": sum(each["count"] for each in found), "references": found}
    return fields if keep is None else fields | _per_member(db, members, keep)


def _per_member(db: Database, members: list[Record], keep: Any) -> dict[str, Any]:
    """Say how many documents refer to each record, and to which most do if it is not the one that is kept."""
    counts = [_referring(db, member) for member in members]
    fields: dict[str, Any] = {"references_per_member": counts}
    kept = next(count for member, count in zip(members, counts, strict=True) if member.named == keep)
    if kept < max(counts):
        fields["most_referred_to"] = members[counts.index(max(counts))].named
    return fields


def _referring(db: Database, member: Record) -> int:
    """Count the documents that refer to one record, by whatever field."""
    return sum(
        any(
            identity(each) in member.keys
            for collection, field, to in REFERENCES
            if (collection, to) == (name, member.collection)
            for each in elements(record.get(field))
        )
        for name in NAMES
        for record in db.records[name]
    )


def _last_change(record: Record, unreadable: Unreadable) -> tuple[int, int]:
    """Give a sorting key for `updated_at`, else `created_at`, else none at all."""
    for field in ("updated_at", "created_at"):
        value = record.get(field)
        if is_null(value):
            continue
        moment = read_date(value)
        if moment is not None:
            return 1, moment.ms
        unreadable.add(record, field, value)
    return 0, 0


def _keys(db: Database, records: list[Record]) -> list[Issue]:
    """Find keys that are missing, and keys that several records share."""
    issues: list[Issue] = []
    groups: dict[Identity, list[Record]] = {}
    for record in records:
        key = record.get("id")
        if is_null(key) or is_blank(key):
            missing = issue("MISSING_ID", "HIGH", record)
            del missing[NAMES[record.collection]]
            issues.append(missing)
        else:
            groups.setdefault(identity(key), []).append(record)
    for members in groups.values():
        if len(members) > 1:
            fields = {"id": id_json(members[0].get("id")), "count": len(members)}
            fields |= _references(db, members, None)
            issues.append(group_issue("DUPLICATE_ID", "CRITICAL", members, **fields))
    return issues
