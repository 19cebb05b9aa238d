"""What the user may do, and what an operator can type to change that."""

from __future__ import annotations

import json
from collections.abc import Iterator

from intact.audit.doctor.inspection import LiveInspection, listing
from intact.audit.doctor.records import Level, Line
from intact.sources.mongodb.facts import NO_RIGHT, Rights, Unknown


def rights(case: LiveInspection) -> Iterator[Line]:
    """Judge what the user may read, list and change: what was tried counts, and not what the server claims."""
    held = case.survey.rights
    refused = unreadable(case)
    lines = [line for line in (refused, _unlisted(case, held), _claims(case, held)) if line]
    yield from lines
    if not lines:
        yield Line("rights", Level.OK, "the user may read what is needed, and change nothing")


def unreadable(case: LiveInspection) -> Line | None:
    """Say which collections could not be read when that was tried; None where that is none."""
    refused = {name: tried for name, tried in case.survey.reading.items() if isinstance(tried, Unknown)}
    if not refused:
        return None
    names = [name for name in case.wanted if name in refused]
    stops = len(names) == len(case.wanted)
    means = (
        "No collection of the model can be read."
        if stops
        else f"{case.checks_on(names)} cannot be made, or not in full."
    )
    reasons = sorted({each.why for each in refused.values()})
    if reasons == [NO_RIGHT]:
        what, remedy = f"the user may not read {listing(names)}", grant(case.database)
    else:
        what, remedy = f"no document of {listing(names)} could be read: {'; '.join(reasons)}", ""
    return Line("rights", Level.PROBLEM, what, means, remedy, stops=stops)


def _claims(case: LiveInspection, held: Rights | Unknown) -> Line | None:
    """Say what the server claims of the user, where that is worth a word; None where it is not."""
    seen = [name for name, tried in case.survey.reading.items() if tried is True]
    worked = (
        f"Documents of {listing(seen)} could be read." if seen else "Whether they can be read shows then."
    )
    if isinstance(held, Unknown):
        level = Level.NOTE if seen else Level.PROBLEM
        return Line("rights", level, f"what the user may do is not known: {held.why}", worked)
    if not held.logged_in and case.survey.names_user:
        return Line("rights", Level.NOTE, "the server does not say who is logged in", worked)
    if not held.logged_in:
        what = "the server asks for no user and no password"
        return Line("rights", Level.NOTE, what, "Whoever reaches it can read and change everything.")
    wronged = [name for name in seen if not held.may("find", case.database, name)]
    if wronged:
        what = f"the server says that the user may not read {listing(wronged)}, and lets it be read"
        return Line("rights", Level.NOTE, what, "What else the user may do is not known.")
    return _may_write(case, held)


def grant(database: str) -> str:
    """Return the command for mongosh that lets a user read a database."""
    role = f'{{role: "read", db: {json.dumps(database)}}}'
    return f'db.getSiblingDB("admin").grantRolesToUser("<user>", [{role}])'


def _unlisted(case: LiveInspection, held: Rights | Unknown) -> Line | None:
    allowed = not isinstance(held, Unknown) and held.may("listCollections", case.database, "")
    if not isinstance(case.survey.entries, Unknown) or isinstance(held, Unknown) or allowed:
        return None
    return Line(
        "rights",
        Level.PROBLEM,
        f"the user may not list the collections of {case.database}",
        "Views and collations are not known, and an empty collection cannot be told from a missing one.",
        grant(case.database),
    )


def _may_write(case: LiveInspection, held: Rights) -> Line | None:
    actions = sorted(held.writes(case.database))
    if not actions:
        return None
    what = f"the user may also change data ({listing(actions)})"
    return Line("rights", Level.NOTE, what, "An audit only reads: a user who can do no more is safer.")
