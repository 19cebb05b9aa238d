"""What is personal in a finding: masked from the moment it is made, and never part of its fingerprint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from intact.checks.base import Draft
from intact.core.paths import EACH
from intact.core.values import CUT, JsonValue, shown
from intact.findings.masking import Mask, replaced_within
from intact.model.specs import Collection, Link, Model, Rule

Leads = Sequence[Sequence[str]]
"""Field names that lead to places in a document."""


def masked(
    draft: Draft, copied: Mapping[str, Leads], collection: Collection, mask: Mask | None
) -> Mapping[str, JsonValue]:
    """Return a draft's fields, personal values masked: from here on nobody sees them."""
    if mask is None or not (draft.taken or copied):
        return draft.fields
    personal = {name for name, path in draft.taken.items() if collection.is_personal(path)}
    fields = {name: mask(value) if name in personal else value for name, value in draft.fields.items()}
    for name, leads in copied.items():
        cut = str(fields[name]).endswith(CUT)  # a document that was cut is a text
        fields[name] = mask(fields[name]) if cut else replaced_within(fields[name], leads, mask)
    return fields


def copied(rule: Rule | None, draft: Draft, model: Model) -> dict[str, Leads]:
    """Return the fields that may hold a copy of a document instead of a reference, with what in it is personal."""
    found: dict[str, Leads] = {}
    collection = model.collections[draft.collection]
    paths = dict(draft.taken)
    if rule is not None and isinstance(rule.target, Link):
        paths[rule.named] = rule.target.path
    for name, path in paths.items():
        target, value = collection.references.get(path), draft.fields.get(name)
        if target is None or not (isinstance(value, dict | list) or str(value).endswith(CUT)):
            continue
        if personal := model.collections[target].personal:
            found[name] = [[step for step in each.steps if step != EACH] for each in personal]
    return found


def impersonal(identity: tuple[str | None, ...], copied: Mapping[str, Leads]) -> tuple[str | None, ...]:
    """Return what names a fault without the personal values of copies: these could be guessed from a fingerprint."""
    leads = [lead for some in copied.values() for lead in some]
    if not leads:
        return identity
    return tuple(each and "\n".join(_without(part, leads) for part in each.split("\n")) for each in identity)


def _without(text: str, leads: Leads) -> str:
    """Return the canonical text of a document without what is personal in it; any other text as it is."""
    if not text.startswith(("${", "$[")):
        return text
    value = shown(text)
    bare = replaced_within(value, leads, lambda _: None)
    return text if bare == value else "$" + json.dumps(bare, ensure_ascii=False, separators=(",", ":"))
