"""intact: an fsck for a document database.

>>> import intact
>>> report = intact.check("dump/")  # doctest: +SKIP
>>> report.headline.total_critical_issues  # doctest: +SKIP
0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from intact.core.distribution import conflict as _conflict
from intact.core.errors import EngineError, IntactError, ModelError, OutputError, SourceError, UsageError
from intact.core.version import __version__

if TYPE_CHECKING:
    from intact.audit.doctor import Diagnosis, doctor, doctor_async
    from intact.audit.options import Options
    from intact.audit.run import check, check_async
    from intact.findings.records import Finding, Outcome, Report, Section, Status
    from intact.model.specs import Model

__all__ = [
    "Diagnosis",
    "EngineError",
    "Finding",
    "IntactError",
    "Model",
    "ModelError",
    "Options",
    "Outcome",
    "OutputError",
    "Report",
    "Section",
    "SourceError",
    "Status",
    "UsageError",
    "__version__",
    "check",
    "check_async",
    "doctor",
    "doctor_async",
]

_HOMES = {
    "Diagnosis": "audit.doctor",
    "Finding": "findings.records",
    "Model": "model.specs",
    "Options": "audit.options",
    "Outcome": "findings.records",
    "Report": "findings.records",
    "Section": "findings.records",
    "Status": "findings.records",
    "check": "audit.run",
    "check_async": "audit.run",
    "doctor": "audit.doctor",
    "doctor_async": "audit.doctor",
}


def __getattr__(name: str) -> object:
    """Import on first use, so that the command line answers ``--help`` at once."""
    if name in _HOMES:
        try:
            return getattr(import_module(f"intact.{_HOMES[name]}"), name)
        except ImportError as error:
            if told := _conflict(error):
                raise ImportError(told) from error
            raise
    raise AttributeError(f"module 'intact' has no attribute {name!r}")
