"""The indexes that matter: by them an audit looks documents up again."""

from __future__ import annotations

from intact.audit.doctor.inspection import LiveInspection, listing
from intact.audit.doctor.records import Level, Line
from intact.core.paths import EACH, Path
from intact.model.specs import Model
from intact.sources.mongodb.facts import Surveyed, Unknown


def looked_up(model: Model, collection: str) -> tuple[Path, ...]:
    """The paths by which documents of a collection are looked up again: its key, and what refers to others."""
    declared = model.collections[collection]
    links = [
        link
        for each in model.reconciliations.values()
        for name, link in (
            (each.entries.collection, each.entries.link),
            (each.lines.collection, each.lines.link),
        )
        if name == collection
    ]
    key = () if declared.key is None else (declared.key,)
    return tuple(dict.fromkeys((*key, *declared.references, *links)))


def unindexed(case: LiveInspection, name: str) -> tuple[str, ...] | None:
    """The paths of a collection that no index serves; None where its indexes are not known."""
    surveyed = case.survey.collections.get(name)
    if surveyed is None or isinstance(surveyed.indexed, Unknown):
        return None
    return tuple(str(path) for path in looked_up(case.model, name) if _dotted(path) not in surveyed.indexed)


def _dotted(path: Path) -> str:
    """A path as an index writes it: without the steps into arrays."""
    return ".".join(step for step in path.steps if step != EACH)


def indexes(case: LiveInspection) -> Line | None:
    """Judge whether documents can be looked up again without reading whole collections; None where nothing is read."""
    known = {name: unindexed(case, name) for name in case.survey.collections}
    if not known:
        return None
    if dark := [name for name, paths in known.items() if paths is None]:
        what = f"the indexes of {listing(dark)} are not known"
        means = "Documents are looked up by scans there: more reading where there are many candidates."
        return Line("indexes", Level.NOTE, what, f"{means} {_why(case.survey.collections[dark[0]])}")
    paths = [f"{name}.{path}" for name, missing in known.items() for path in missing or ()]
    if not paths:
        return Line("indexes", Level.OK, "every key and reference has one")
    means = "Only where something is looked at again: that is then one more scan of the collection each, no look-ups."
    return Line("indexes", Level.NOTE, f"none for {listing(paths)}", means)


def _why(surveyed: Surveyed) -> str:
    return f"({surveyed.indexed.why.capitalize()}.)" if isinstance(surveyed.indexed, Unknown) else ""
