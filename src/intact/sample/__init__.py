"""A sample business: milk delivered daily by subscription, of any size, with faults planted on request.

The data are consistent unless faults are asked for, and deterministic by seed. They are written as a
mongodump directory (:func:`write_dump`), a mongodump archive (:func:`write_archive`) or Extended JSON lines
(:func:`write_extended_json`), or taken as Python documents (:class:`Business`). Each comes with the list of
what was planted (:class:`Planted`), by which an audit can be checked: its findings must have exactly the
identities (:func:`identity`) of those planted.

On the command line: ``python -m intact.sample --help``.
"""

from __future__ import annotations

from intact.sample.archive import write_archive
from intact.sample.business import Business
from intact.sample.demo import DEMO_AS_OF, DEMO_FAULTS, DEMO_ORDERS, DEMO_SEED
from intact.sample.dump import write_dump
from intact.sample.errors import SampleError
from intact.sample.extended_json import write_extended_json
from intact.sample.faults import FAULTS
from intact.sample.planted import Identity, Planted, PlantedFinding, identity

FAULT_KINDS = tuple(FAULTS)
"""Every kind of fault that can be planted, by the type of finding that it causes."""

business = Business
"""The business as a stream of ``(collection, documents)``, for any form that is not offered here."""

__all__ = [
    "DEMO_AS_OF",
    "DEMO_FAULTS",
    "DEMO_ORDERS",
    "DEMO_SEED",
    "FAULT_KINDS",
    "Business",
    "Identity",
    "Planted",
    "PlantedFinding",
    "SampleError",
    "business",
    "identity",
    "write_archive",
    "write_dump",
    "write_extended_json",
]
