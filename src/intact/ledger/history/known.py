"""What the history knows of findings, asked for one by one: by a query each, or of many by one for all."""

from __future__ import annotations

from typing import Final

from intact.ledger.history.store import Store

STANDS: Final = "(s.until IS NULL OR s.how IS 'model')"
"""Whether a finding is there, or would be for all that is known: nobody has looked since its rule was changed."""

Spans = tuple[int, bool, int]
"""When a finding was first found, whether it is there still, and when it last appeared."""

FEW: Final = 500
"""After so many questions all answers are fetched at once."""

MOST: Final = 300_000
"""Unless there are more than so many: they are held in memory, some 150 bytes each."""


class Known:
    """Answers when a finding was there.

    Args:
        store: The open history.
        audit: Which audit.
    """

    def __init__(self, store: Store, audit: int) -> None:
        self._store = store
        self._audit = audit
        self._asked = 0
        self._all: dict[str, dict[bytes, Spans]] | None = None

    def of(self, report: str, fingerprint: bytes) -> Spans | None:
        """Return when a finding was there; None for one that no run has found.

        Raises:
            HistoryError: If the history cannot be read.
        """
        if self._all is not None:
            return self._all.get(report, {}).get(fingerprint)
        self._asked += 1
        if self._asked == FEW:
            self._fetch()
        with self._store.errors():
            first, is_open, last = self._store.database.execute(
                f"SELECT min(s.since), max({STANDS}), max(s.since) FROM finding f JOIN span s ON s.finding = f.id"
                " WHERE f.audit = ? AND f.report = ? AND f.fingerprint = ?",
                (self._audit, report, fingerprint),
            ).fetchone()
        return None if first is None else (first, bool(is_open), last)

    def _fetch(self) -> None:
        with self._store.errors():
            database = self._store.database
            ((number,),) = database.execute("SELECT count(*) FROM finding WHERE audit = ?", (self._audit,))
            if number > MOST:
                return
            # In the order of span, so that nothing has to be sorted; each answer is held once, however many have it.
            rows = database.execute(
                f"SELECT f.report, f.fingerprint, min(s.since), max({STANDS}), max(s.since)"
                " FROM span s CROSS JOIN finding f ON f.id = s.finding WHERE f.audit = ? GROUP BY s.finding",
                (self._audit,),
            )
            found: dict[str, dict[bytes, Spans]] = {}
            once: dict[Spans, Spans] = {}
            for report, fingerprint, first, is_open, last in rows:
                spans = (first, bool(is_open), last)
                found.setdefault(report, {})[fingerprint] = once.setdefault(spans, spans)
            self._all = found
