"""Which collection a file of an export holds: ``shop.orders.json`` is ``orders``, as Compass names it.

The name may be that of a collection with a point in it, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable


def collection_names(
    stems: Iterable[str], declared: Collection[str] = (), database: str | None = None
) -> dict[str, tuple[str | None, str]]:
    """Return the database, where the name tells it, and the collection of each file.

    A name with a point in it can be read in two ways, since names of collections may have points too. A declared
    collection of the whole name is that one. Else what comes before the first point is a database, if the user named
    it, or if what follows is declared; then it is one for all files.

    Args:
        stems: What the names of the files begin with.
        declared: The collections that the model declares.
        database: The database that the user named.
    """
    parts = {stem: stem.partition(".") for stem in stems}
    databases = {
        before
        for stem, (before, _, after) in parts.items()
        if stem not in declared and before and after and (before == database or after in declared)
    }
    return {
        stem: (before, after) if after and before in databases and stem not in declared else (None, stem)
        for stem, (before, _, after) in parts.items()
    }
