"""intact: an fsck for a document database.

>>> import intact
>>> report = intact.check("dump/")  # doctest: +SKIP
>>> report.headline.total_critical_issues  # doctest: +SKIP
0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from intact.distribution import conflict as _conflict
from intact.errors import EngineError, IntactError, ModelError, OutputError, SourceError, UsageError
from intact.version import __version__

if TYPE_CHECKING:
    from intact.diagnosis import Diagnosis, doctor, doctor_async
    from intact.findings.types import Finding, Outcome, Report, Section, Status
    from intact.model.types import Model
    from intact.run import check, check_async

__all__ = [
    "Diagnosis",
    "EngineError",
    "Finding",
    "IntactError",
    "Model",
    "ModelError",
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
    "Diagnosis": "diagnosis",
    "Finding": "findings.types",
    "Model": "model.types",
    "Outcome": "findings.types",
    "Report": "findings.types",
    "Section": "findings.types",
    "Status": "findings.types",
    "check": "run",
    "check_async": "run",
    "doctor": "diagnosis",
    "doctor_async": "diagnosis",
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
