"""The program: its commands, and how it ends.

Exit codes: 0 nothing at or above ``--fail-on``; 1 something is; 2 the run failed or was asked for wrongly; 3
nothing at that level, but part of it could not be checked; 130 interrupted. No traceback reaches a user who
did not ask for one.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from intact.cli.alerts import alerts
from intact.cli.baseline import baseline
from intact.cli.check import check
from intact.cli.demo import demo
from intact.cli.doctor import doctor
from intact.cli.explain import explain
from intact.cli.failures import failure_of
from intact.cli.history import history
from intact.cli.interruption import INTERRUPTED, interruptible, own_process, say_interrupted
from intact.cli.model import model
from intact.cli.project import config_option
from intact.cli.schedule import schedule
from intact.cli.serve import serve
from intact.cli.terminal import drop_unwritten, print_into_nothing
from intact.cli.version import print_version

COMMANDS: Final[tuple[click.Command, ...]] = (
    check,
    doctor,
    demo,
    model,
    explain,
    history,
    baseline,
    alerts,
    schedule,
    serve,
)
"""All commands, in the order of the help."""

FAILED: Final = 2


class App(click.Group):
    """The group of commands; it ends the process as the exit codes say."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in their own order."""
        del ctx
        return [command.name for command in COMMANDS if command.name]

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Run the command line and end the process."""
        _open_closed_streams()
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        try:
            with interruptible():
                code = _ended(lambda: super(App, self).main(arguments, *rest, **extra), arguments)
        except KeyboardInterrupt:  # while the signals were only being taken over, or were given back
            say_interrupted()
            code = INTERRUPTED
        sys.exit(code)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the command line; what is printed while doing so may find no reader."""
        with _told_from_failures():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it prints may find no reader."""
        from intact.core.distribution import stranger

        if said := stranger():
            click.echo(f"intact: {said}", err=True)
        with _told_from_failures():
            return super().invoke(ctx)


def _open_closed_streams() -> None:
    """Let what goes to a stream that the caller has closed (``>&-``) go nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open until the end


class _NobodyReadsError(Exception):
    """What is printed has no reader any more (``| head``). Click would end such a process with 1."""


@contextlib.contextmanager
def _told_from_failures() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _NobodyReadsError from error


def _ended(run: Callable[[], Any], arguments: Sequence[str]) -> int:
    """Run, and give the exit code; say on stderr what went wrong, if anything did."""
    try:
        result = run()
    except (click.exceptions.Abort, KeyboardInterrupt):
        say_interrupted()
        return INTERRUPTED
    except _NobodyReadsError:
        print_into_nothing()
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence instead of a traceback
        with contextlib.suppress(OSError):  # stderr on a full disk: the exit code has to say it
            click.echo(failure_of(error, arguments), err=True)
        drop_unwritten()
        return FAILED
    return result if isinstance(result, int) else 0


app = App(
    name="intact",
    commands={command.name: config_option(command) for command in COMMANDS if command.name},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
    help="An fsck for a document database.\n\n"
    "Declare once what must hold between collections; intact audits a live MongoDB or a mongodump in one "
    "pass, only reads, and says what is broken, what it costs and how to repair it.",
    epilog="Start with `intact demo`, then `intact check SOURCE`. "
    "`intact COMMAND --help` shows a command's options.",
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=print_version,
            help="Show the version, the projector and the engine, and exit.",
        )
    ],
)


def run() -> NoReturn:
    """Run the command line of this process."""
    with own_process():
        app.main(prog_name="intact")
