"""What the user may do, and what an operator can type to change that."""

from __future__ import annotations

import json
from collections.abc import Iterator

from intact.diagnosis.case import LiveCase, listing
from intact.diagnosis.types import Level, Line
from intact.sources.mongo_facts import Rights, Unknown


def rights(case: LiveCase) -> Iterator[Line]:
    """Judge what the user may read, list and change."""
    held = case.survey.rights
    if isinstance(held, Unknown):
        what = f"what the user may do is not known: {held.why}"
        yield Line("rights", Level.PROBLEM, what, "Whether a collection may be read shows when it is read.")
        return
    if not held.logged_in:
        what = "the server asks for no user and no password"
        yield Line("rights", Level.NOTE, what, "Whoever reaches it can read and change everything.")
        return
    lines = [line for line in (unreadable(case), _unlisted(case, held), _may_write(case, held)) if line]
    yield from lines
    if not lines:
        yield Line("rights", Level.OK, "the user may read what is needed, and change nothing")


def unreadable(case: LiveCase) -> Line | None:
    """Say which collections the user may not read; None where that is none, or not known."""
    held = case.survey.rights
    if isinstance(held, Unknown):
        return None
    names = [name for name in case.wanted if not held.may("find", case.database, name)]
    if not names:
        return None
    stops = len(names) == len(case.wanted)
    means = (
        "No collection of the model can be read."
        if stops
        else f"{case.checks_on(names)} cannot be made, or not in full."
    )
    what = f"the user may not read {listing(names)}"
    return Line("rights", Level.PROBLEM, what, means, grant(case.database), stops=stops)


def grant(database: str) -> str:
    """Give the command for mongosh that lets a user read a database."""
    role = f'{{role: "read", db: {json.dumps(database)}}}'
    return f'db.getSiblingDB("admin").grantRolesToUser("<user>", [{role}])'


def _unlisted(case: LiveCase, held: Rights) -> Line | None:
    if not isinstance(case.survey.entries, Unknown) or held.may("listCollections", case.database, ""):
        return None
    return Line(
        "rights",
        Level.PROBLEM,
        f"the user may not list the collections of {case.database}",
        "Views and collations are not known, and an empty collection cannot be told from a missing one.",
        grant(case.database),
    )


def _may_write(case: LiveCase, held: Rights) -> Line | None:
    actions = sorted(held.writes(case.database))
    if not actions:
        return None
    what = f"the user may also change data ({listing(actions)})"
    return Line("rights", Level.NOTE, what, "An audit only reads: a user who can do no more is safer.")
