"""The native projector, and whether there is one to test; what to say where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from intact.core import native
from intact.core.paths import Path
from intact.project import Column
from intact.project.native import NativeProjector
from tests.support.tools import working


def missing() -> str:
    """Why the native projector cannot be tested here; empty where it can."""
    if native.MODULE is not None:
        return ""
    if not working("cargo"):
        return (
            "the native projector: there is no cargo that works to build it with (https://rustup.rs has it)"
        )
    return f"the native projector: {native.REASON} (make native builds it)"


def native_projector(columns: Sequence[Column], counted: Sequence[Path] = ()) -> NativeProjector:
    """Make one, whatever the environment asks for."""
    assert native.MODULE is not None, missing()
    return NativeProjector(native.MODULE, columns, counted)
