"""The project file ``intact.yml``: what daily commands would say each time, read before the command line is.

What is given by hand wins, then what the environment says (``INTACT_SOURCE``, ``INTACT_MODEL``, ``INTACT_HISTORY``,
``INTACT_ALERTS``), then the file. It holds no password: a server that wants one is named in the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from intact.cli.job import value_of
from intact.cli.options import PROJECT_MODEL
from intact.core.distribution import SCHEMAS

if TYPE_CHECKING:
    from intact.model.problems import Problems

NAME: Final = "intact.yml"
VERSION: Final = 1

KEYS: Final = {
    "source": "What is audited: the path of a dump or an archive, or a MongoDB URI without a password.",
    "model": "What must hold: a shipped model by name, or the path of a model file.",
    "history": "The history's file.",
    "baseline": "The file of accepted findings.",
    "alerts": "The file that says who is told of what.",
    "reports": "The folder in which each run keeps its reports.",
}
"""What the file may name, each a text."""

_ENVIRONMENT: Final = {
    "source": "INTACT_SOURCE",
    "model": "INTACT_MODEL",
    "history": "INTACT_HISTORY",
    "alerts": "INTACT_ALERTS",
}
_OPTIONS: Final = {f"--{key}": key for key in KEYS} | {"source": "source"}
_NOT_THERE: Final = {("baseline check", "source")}  # without a source it looks at the file alone
_LARGEST: Final = 100_000
_URI: Final = re.compile(r"mongodb(\+srv)?://(?P<user>[^/@]*:[^/@]*@)?", re.IGNORECASE)
_META: Final = "intact.project"
"""Under which the path of the file that was read is noted in the command's context."""


def config_option(command: click.Command) -> click.Command:
    """Return a command, and those below it, the option ``--config`` if the file can say anything to it."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            config_option(each)
    if any(_key(command, param) for param in command.params):
        command.params.append(
            click.Option(
                ["--config"],
                metavar="FILE",
                is_eager=True,
                expose_value=False,
                callback=_read,
                help=f"The project file. Default: {NAME} in the working directory or the nearest one above it.",
            )
        )
    return command


def used() -> Path | None:
    """Return the project file that the command which runs has read; None if there is none."""
    found: Path | None = click.get_current_context().meta.get(_META)
    return found


def _key(command: click.Command, param: click.Parameter) -> str:
    """Return the key of the file that can be a parameter's default; empty if none can."""
    if (command.name, param.name) == ("serve", "directory"):
        return "reports"
    return next((_OPTIONS[opt] for opt in param.opts if opt in _OPTIONS), "")


def _read(context: click.Context, param: click.Parameter, value: str | None) -> None:
    """Let what the file says be the defaults of the command."""
    del param
    path = Path(value) if value is not None else nearest(Path.cwd())
    if path is None or context.resilient_parsing:
        return
    said = read(path)
    context.meta[_META] = path.absolute()
    context.meta[PROJECT_MODEL] = said.get("model")
    called = " ".join(context.command_path.split()[1:])
    defaults = {
        param.name: said[key]
        for param in context.command.params
        if (key := _key(context.command, param)) in said
        and (called, key) not in _NOT_THERE
        and not os.environ.get(_ENVIRONMENT.get(key, ""))
    }
    context.default_map = {**(context.default_map or {}), **defaults}


def nearest(folder: Path) -> Path | None:
    """Return the project file of a folder, or of the nearest one above it; None if there is none."""
    return next((each / NAME for each in (folder, *folder.parents) if (each / NAME).is_file()), None)


def said_to(arguments: Sequence[str]) -> dict[str, str]:
    """Return what the project file says to a command line that cannot be read; of a faulty file what is right in it."""
    from intact.core.errors import ModelError
    from intact.model.problems import Problems

    named = value_of(arguments, "--config")
    path = Path(named) if named is not None else nearest(Path.cwd())
    if path is None:
        return {}
    try:
        return _said(path, Problems(str(path)))
    except ModelError:  # it is what the command fails by, or it is not needed
        return {}


def read(path: Path) -> dict[str, str]:
    """Return what a project file says; its relative paths are relative to the file.

    Raises:
        ModelError: If it cannot be read or says what cannot be understood, with each mistake's line.
    """
    from intact.model.problems import Problems

    problems = Problems(str(path))
    said = _said(path, problems)
    problems.check()
    return said


def _said(path: Path, problems: Problems) -> dict[str, str]:
    from intact.core.errors import ModelError
    from intact.model.node_reader import NodeReader
    from intact.model.nodes import Scalar, compose

    try:
        node = compose(_text(path), problems)
    except ModelError as error:
        message = error.message.replace("a model file", "a project file").replace("a model", "a project file")
        raise ModelError(message, where=error.where, hint=error.hint) from error
    table = NodeReader(problems).table(node, "a project file", ("intact", *KEYS))
    said = {}
    for key, each in table.entries.items() if table else ():
        if key == "intact" and not (isinstance(each, Scalar) and each.value == VERSION):
            problems.add(each.line, f"'intact' is the version of the format, and can only be {VERSION}")
        elif key in KEYS and not (isinstance(each, Scalar) and isinstance(each.value, str) and each.value):
            problems.add(each.line, f"'{key}' has to be a text")
        elif key in KEYS and isinstance(each, Scalar):
            if key == "source" and (uri := _URI.match(str(each.value))) and uri["user"]:
                hint = "Name the server in the environment: INTACT_SOURCE=mongodb://..."
                problems.add(each.line, "a password has no place in a project file", hint)
            said[key] = _resolved(path, key, str(each.value))
    return said


def _text(path: Path) -> str:
    from intact.core.errors import ModelError

    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ModelError("this is too large for a project file", where=str(path))
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError("this is not UTF-8 text", where=str(path), hint="Save it as UTF-8.") from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ModelError(f"the project file cannot be read ({reason})", where=str(path)) from error


def _resolved(path: Path, key: str, text: str) -> str:
    """Return a path as seen from the file; a URI, standard input and a shipped model's name stay as they are."""
    from intact.model import shipped

    if (key == "source" and (text == "-" or _URI.match(text))) or (key == "model" and text in shipped()):
        return text
    return os.path.normpath(path.absolute().parent / Path(text).expanduser())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of project files (draft 2020-12)."""
    version = {"description": "Version of the format.", "const": VERSION}
    texts = {key: {"description": about, "type": "string", "minLength": 1} for key, about in KEYS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{SCHEMAS}/project-{VERSION}.json",
        "title": "Project file of intact",
        "type": "object",
        "additionalProperties": False,
        "properties": {"intact": version, **texts},
    }
