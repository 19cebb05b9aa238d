"""Which rules of a model are what they were when they last judged: what others find is not comparable."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from intact.core.terms import UNREADABLE
from intact.findings.changes import ModelChange
from intact.findings.records import Finding

Rules = Mapping[tuple[str, str, str], str]
"""A digest for each report, check and finding type; of a figure under a check that begins with ``figure``, no type."""

TABLE: Final = (
    "changed (report TEXT, check_ TEXT, type TEXT, is_new INTEGER NOT NULL, was TEXT NOT NULL,"
    " PRIMARY KEY (report, check_, type)) WITHOUT ROWID"
)
"""The temporary table of what is not comparable; ``was`` is the digest of the rule that judged last."""

_FIGURE: Final = "figure "


def compare(
    database: sqlite3.Connection,
    audit: int,
    rules: Rules,
    made: Collection[str],
    judged: Iterable[tuple[str, str, str]],
) -> ModelChange | None:
    """Hold a model against what the history knows of it, fill :data:`TABLE`, and remember the model.

    A rule that could not judge in full is remembered as changed until it has. A rule of a report that was not made
    stays as it was: its findings are of the rule that was.

    Args:
        database: The open history, in a transaction.
        audit: Which audit.
        rules: Those of the whole model.
        made: The reports that the run has made.
        judged: The report, check and type of what has judged in full.

    Returns:
        What is new, changed and gone since the run before; None for nothing, and where the history knows no rules yet.
    """
    stored = database.execute(
        "SELECT report, check_, type, digest, judged FROM rule WHERE audit = ?", (audit,)
    )
    known = {(report, check, type_): (digest, last) for report, check, type_, digest, last in stored}
    reports = {report for report, _, _ in rules}
    here = rules if not known else {key: digest for key, digest in rules.items() if key[0] in made}
    gone = [key for key in known if key not in rules and (key[0] in made or key[0] not in reports)]
    new = [key for key in here if known and key not in known]
    changed = [key for key, digest in here.items() if known.get(key, (digest,))[0] != digest]
    last = {key: known[key][1] if key in known else "" for key in here} if known else dict(here)
    unlike = [(*key, not last[key], last[key]) for key, digest in here.items() if last[key] != digest]
    unlike += [(*key, False, known[key][1]) for key in gone]
    database.executemany("INSERT INTO temp.changed VALUES (?, ?, ?, ?, ?)", unlike)
    done = {*judged, *(key for key in here if not key[2])}
    database.executemany(
        "DELETE FROM rule WHERE audit = ? AND report = ? AND check_ = ? AND type = ?",
        ((audit, *key) for key in gone),
    )
    database.executemany(
        "INSERT OR REPLACE INTO rule VALUES (?, ?, ?, ?, ?, ?)",
        ((audit, *key, digest, digest if key in done else last[key]) for key, digest in here.items()),
    )
    return _change(new, changed, gone)


class Unlike:
    """Which rules of a model are not those that last judged in full; none where the history knows no rules yet.

    Args:
        database: The open history.
        audit: Which audit.
        rules: Those of the whole model; None where they are not known.
    """

    def __init__(self, database: sqlite3.Connection, audit: int, rules: Rules | None) -> None:
        stored = database.execute("SELECT report, check_, type, judged FROM rule WHERE audit = ?", (audit,))
        known = {(report, check, type_): judged for report, check, type_, judged in stored}
        self._rules = {key for key, digest in (rules or {}).items() if known and known.get(key) != digest}
        self._checks = {(report, check if type_ else "") for report, check, type_ in self._rules}

    def __contains__(self, finding: Finding) -> bool:
        """Tell whether a finding is of such a rule; a value that cannot be read is of any rule of its check."""
        if finding.type == UNREADABLE:  # of no one rule: any may need the value
            return (finding.report, finding.check) in self._checks
        return (finding.report, finding.check, finding.type) in self._rules


def _change(
    new: Collection[tuple[str, str, str]],
    changed: Collection[tuple[str, str, str]],
    gone: Collection[tuple[str, str, str]],
) -> ModelChange | None:
    counts = [sum(not _is_figure(key) for key in keys) for keys in (new, changed, gone)]
    figures = sum(_is_figure(key) for key in (*new, *changed, *gone))
    change = ModelChange(counts[0], counts[1], counts[2], figures)
    return None if change == ModelChange() else change


def _is_figure(key: tuple[str, str, str]) -> bool:
    return key[1].startswith(_FIGURE)
