"""A sample business: milk delivered daily by subscription, of any size, with faults planted on request.

The data are consistent unless faults are asked for, and deterministic by seed. They are written as a
mongodump directory (:func:`write_dump`), a mongodump archive (:func:`write_archive`) or Extended JSON lines
(:func:`write_extended_json`), or taken as Python documents (:class:`Business`). Each comes with the list of
what was planted (:class:`Planted`), by which an audit can be checked: its findings must have exactly the
identities (:func:`identity`) of those planted.

On the command line: ``python -m tests.sample_data --help``.
"""

from __future__ import annotations

from tests.sample_data.archive import write_archive
from tests.sample_data.business import Business
from tests.sample_data.demo import DEMO_AS_OF, DEMO_FAULTS, DEMO_ORDERS, DEMO_SEED
from tests.sample_data.dump import write_dump
from tests.sample_data.errors import SampleError
from tests.sample_data.extended_json import write_extended_json
from tests.sample_data.faults import FAULTS
from tests.sample_data.planted import Identity, Planted, PlantedFinding, identity

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
