"""Where model files are: shipped with intact by name, or anywhere by path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from intact.core.errors import ModelError
from intact.model.names import suggestion

MAX_BYTES = 4_000_000
"""A larger file is no model."""

_SUFFIXES = (".yml", ".yaml", ".json")


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a model, and what messages call its file."""

    text: str
    file: str


def shipped() -> Mapping[str, str]:
    """Return the models that come with intact: title by name."""
    titles = {}
    for file in _shipped_files():
        title = re.search(r"^title: *(.+?) *$", file.read_text(encoding="utf-8"), re.MULTILINE)
        titles[file.name.removesuffix(".yml")] = title[1].strip("\"'") if title else ""
    return titles


def source_text(name: str) -> str:
    """Return the text of a shipped model, to be copied and changed.

    Raises:
        ModelError: If there is none of that name.
    """
    for file in _shipped_files():
        if file.name == f"{name}.yml":
            return file.read_text(encoding="utf-8")
    raise ModelError(f"no model '{name}' comes with intact", hint=suggestion(name, _names()))


def find(name_or_path: str | os.PathLike[str]) -> SourceText:
    """Read the text of a model.

    Raises:
        ModelError: If there is none, or it cannot be read.
    """
    text = os.fspath(name_or_path)
    if isinstance(name_or_path, str) and text in _names():
        return SourceText(source_text(text), f"{text}.yml")
    path = Path(text)
    looks_like_name = isinstance(name_or_path, str) and not text.endswith(_SUFFIXES) and path.name == text
    if looks_like_name and not path.exists():
        hint = suggestion(text, _names())
        raise ModelError(f"no model '{text}' comes with intact, and there is no such file", hint=hint)
    return SourceText(_read(path), str(name_or_path))


def _read(path: Path) -> str:
    """Read a file as text, or say in a sentence why that cannot be done."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        beside = [each.name for each in _beside(path)]
        raise ModelError("there is no such model file", where=where, hint=_near_file(path, beside)) from None
    except IsADirectoryError:
        raise ModelError("this is a directory, not a model file", where=where) from None
    except PermissionError:
        raise ModelError("there is no permission to read this model file", where=where) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"this model file cannot be read: {reason}", where=where) from None
    if len(data) > MAX_BYTES:
        raise ModelError("this is too large for a model file", where=where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ModelError(
            "this is not UTF-8 text", where=f"{where}:{line}", hint="Save the model as UTF-8."
        ) from None
    if not text.strip():
        raise ModelError("the model file is empty", where=where)
    return text


def _near_file(path: Path, beside: list[str]) -> str:
    hint = suggestion(path.name, beside)
    return hint if hint.startswith("Did") else ""


def _beside(path: Path) -> Iterator[Path]:
    """Yield the model files in the directory where one was looked for."""
    try:
        yield from (each for each in path.parent.iterdir() if each.suffix in _SUFFIXES)
    except (OSError, ValueError):
        return


def _shipped_files() -> list[Traversable]:
    folder = resources.files("intact.model") / "models"
    return sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yml")), key=lambda file: file.name
    )


def _names() -> list[str]:
    return [file.name.removesuffix(".yml") for file in _shipped_files()]
