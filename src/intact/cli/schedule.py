"""``intact schedule``: when which report is made."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from intact.cli.options import model_option, named
from intact.core.version import __version__

if TYPE_CHECKING:
    from intact.operations.schedule.claims import JobState
    from intact.operations.schedule.forms.order import Asked as _Asked
    from intact.operations.schedule.plan import Plan
    from intact.operations.schedule.times import Times

FORMS: Final = ("cron", "systemd", "kubernetes", "github")
"""Those of :data:`intact.operations.schedule.forms.FORMS`, named here too so that ``--help`` need not import them."""

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OURS: Final = ("model", "reports", "history", "no_history", "source")

_HELP: Final = """Make each report when it is due: daily, weekly or monthly, as the model says.

SOURCE is what `intact check` takes, except standard input. A server's URI better stands in INTACT_SOURCE or
MONGODB_URI.

\b
intact schedule run /backup/shop --with "--reports /var/lib/intact"
intact schedule print --for systemd   what others need to run it
intact schedule show                  what was done, and is being done
"""

_RUN_HELP: Final = """Run what is due, until told to end.

A small daemon. What was missed while it did not run is made up, once. Several daemons that share a history (--history)
do nothing twice at once; when one dies in the middle, the next does it anew. On SIGTERM a running audit is ended and
left to whoever comes next, and the exit code is 0. Each run is one line on standard output; what else is to become of
it --with says.
"""

_PRINT_HELP: Final = """Print what cron, systemd, Kubernetes or GitHub Actions need to run it.

Nothing that is printed has a credential in it: a server's URI comes from the environment or from a secret.
"""


def _clock(_: click.Context, __: click.Parameter, text: str) -> time:
    with suppress(ValueError):
        if len(text) == 5:
            return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of any day
    message = f"{text!r} is no time of the day; write it like 06:00."
    raise click.BadParameter(message)


def _words(_: click.Context, __: click.Parameter, text: str | None) -> list[str]:
    try:
        words = shlex.split(text or "")
    except ValueError as error:
        message = f"{text!r} cannot be read ({str(error).lower()})."
        raise click.BadParameter(message) from None
    _accepted(words)
    return words


def _accepted(words: Sequence[str]) -> Mapping[str, Any]:
    """Refuse what `intact check` would refuse, before anybody waits until morning for it; give what it would take."""
    from intact.cli.check import check

    try:
        context = check.make_context("intact check", list(words))
    except click.exceptions.Exit:
        message = "--help has no place in it."
        raise click.BadParameter(message) from None
    given = click.core.ParameterSource.COMMANDLINE
    for name in _OURS:
        if context.get_parameter_source(name) is given:
            what = "a source" if name == "source" else f"--{name.rstrip('s').replace('_', '-')}"
            message = f"{what} has no place in it: it is said, or follows from the model, beside it."
            raise click.BadParameter(message)
    return context.params


_OPTIONS: Final = (
    click.argument("source", required=False),
    model_option,
    click.option(
        "--at", callback=_clock, default="06:00", show_default=True, metavar="HH:MM", help="Time of the day."
    ),
    click.option(
        "--weekday",
        type=click.Choice(_WEEKDAYS, case_sensitive=False),
        default="monday",
        show_default=True,
        help="Of the weekly reports.",
    ),
    click.option(
        "--day",
        type=click.IntRange(1, 28),
        default=1,
        show_default=True,
        help="Of the month, of the monthly reports.",
    ),
    click.option(
        "--timezone",
        metavar="NAME",
        help="In which these are meant, such as Asia/Kolkata. Default: the model's.",
    ),
    click.option(
        "--with",
        "words",
        callback=_words,
        metavar="OPTIONS",
        help='More options of `intact check`, as one word: --with "--output /var/lib/intact --fail-on high".',
    ),
)


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group(help=_HELP)
def schedule() -> None:
    """Group the commands about the schedule."""


@schedule.command("print", help=_PRINT_HELP)
@_shared
@click.option("--for", "form", type=click.Choice(FORMS), required=True, help="Who is to run it.")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write files there instead.",
)
@click.option(
    "--image",
    default=f"intact:{__version__}",
    show_default=True,
    metavar="NAME",
    help="The container's image, for Kubernetes.",
)
def print_(  # noqa: PLR0913 - one parameter an option
    *,
    source: str | None,
    model: str,
    at: time,
    weekday: str,
    day: int,
    timezone: str | None,
    words: Sequence[str],
    form: str,
    into: Path | None,
    image: str,
) -> None:
    """Print lines, units, manifests or a workflow."""
    from intact.operations.schedule.forms import FORMS as WRITERS
    from intact.operations.schedule.forms import order_of
    from intact.operations.schedule.forms.order import joined
    from intact.operations.schedule.plan import plan_of

    plan = plan_of(model)
    if source == "-":
        raise click.UsageError("Standard input can be read only once; name a database, a dump or a file.")
    order = order_of(
        plan,
        _times(plan, at, weekday, day, timezone),
        program=_program(),
        image=image,
        version=__version__,
        **_asked(form, source, model, words),
    )
    files = WRITERS[form](order)
    if into is None:
        click.echo(joined(files), nl=False)
    else:
        _write(files, into)


@schedule.command(help=_RUN_HELP)
@_shared
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file in which runs, and who is doing what, are recorded. Default: what INTACT_HISTORY says, else one in "
    "your state folder.",
)
@click.option(
    "--name",
    metavar="NAME",
    help="By which daemons that share a history know that they do the same. Default: the model's and the source's.",
)
@click.option(
    "--alerts",
    metavar="FILE",
    help="The file that says who is told of what (see `intact alerts`): by each run, of runs that could not be made, "
    "and every 5 minutes of what waits. Default: what INTACT_ALERTS says, else nobody.",
)
@click.option("--at-once", is_flag=True, help="Make what was never made yet at once, not when it is due.")
def run(  # noqa: PLR0913 - one parameter an option
    *,
    source: str | None,
    model: str,
    at: time,
    weekday: str,
    day: int,
    timezone: str | None,
    words: Sequence[str],
    history: Path | None,
    name: str | None,
    alerts: str | None,
    at_once: bool,
) -> int:
    """Run the daemon."""
    from intact.cli.schedule_run import Wanted, run_daemon
    from intact.ledger.identity import subject_of
    from intact.operations.schedule.plan import Plans

    subject = subject_of(source, os.environ)
    plans = Plans(model)
    plan = plans()
    wanted = Wanted(
        source=source,
        model=model,
        model_named=named(model) is not None,
        name=name or f"{plan.model} {subject}",
        times=_times(plan, at, weekday, day, timezone),
        follow=timezone is None,
        history=history,
        alerts=alerts,
        at_once=at_once,
        words=words,
        given=_accepted(words),
    )
    return run_daemon(wanted, plans)


@schedule.command()
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The history's file. Default: what INTACT_HISTORY says, else one in your state folder.",
)
def show(*, history: Path | None) -> None:
    """Show what the daemons of a history have done last, and what they are doing."""
    from intact.findings.words import harmless
    from intact.ledger.history import Store, default_path
    from intact.operations.schedule.claims import states

    with Store(history or default_path(), make=False) as store:
        jobs = states(store)
    if not jobs:
        click.echo("No daemon has used this history.")
    for job in jobs:
        click.echo(harmless(f"{job.name}: {_progress(job)}"))


def _progress(job: JobState) -> str:
    """Say what is known of a job."""
    done = "never done"
    if job.done:
        due, ended, code = job.done
        done = f"last due {_when(due)}, ended {_when(ended)} with exit {code}"
    if job.owner:
        return f"{done}; taken by {job.owner}"
    if job.again and job.due:
        return f"{done}; that of {_when(job.due)} failed {job.tries} times, tried again {_when(job.again)}"
    return done


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _times(plan: Plan, at: time, weekday: str, day: int, timezone: str | None) -> Times:
    from intact.operations.schedule.times import WEEKDAYS, Times, zone_named

    return Times(zone_named(timezone or plan.timezone), at, WEEKDAYS.index(weekday), day)


def _asked(form: str, source: str | None, model: str, words: Sequence[str]) -> _Asked:
    """Return what a command says, with paths that hold where the scheduler runs it.

    What the project file names is left to that file, which the command names; it holds after the file has changed.
    Kubernetes does not see the file: there the command says what is in it.
    """
    from intact.cli import project
    from intact.cli.schedule_paths import READ, WRITTEN, absolute, folders_written, in_repository, located
    from intact.ledger.identity import is_server
    from intact.model import shipped

    from_file = click.core.ParameterSource.DEFAULT_MAP
    context = click.get_current_context()
    place = in_repository if form == "github" else absolute
    words = located(words, place, READ if form in {"github", "kubernetes"} else (*READ, *WRITTEN))
    config = project.used()
    said = project.read(config) if config else {}
    beside = [said["reports"]] if "reports" in said else []
    beside += [str(Path(said["history"]).parent)] if "history" in said else []
    if config and form == "kubernetes":
        words, config, beside = [*_spelled(said, words), *words], None, []
    writes = folders_written(words, beside)
    left = {
        each for each in ("source", "model") if config and context.get_parameter_source(each) is from_file
    }
    file = model not in shipped()
    return {
        "model": None if "model" in left else (place(model) if file else named(model)),
        "source": None if "source" in left or not source else source if is_server(source) else place(source),
        "server": "source" not in left and (not source or is_server(source)),
        "config": place(str(config)) if config and "--config" not in words else None,
        "history": said.get("history"),
        "options": words,
        "writes": writes,
    }


def _spelled(said: Mapping[str, str], words: Sequence[str]) -> list[str]:
    """Return options that say what a project file says beside source, model and history, unless the words do."""
    from intact.cli.schedule_paths import STATE, paths

    given = {"baseline": "baseline", "alerts": "alerts", "reports": "folder"}
    return [
        word
        for key, name in given.items()
        if key in said and not paths(words, [name])
        for word in (f"--{key}", str(STATE / "reports") if key == "reports" else said[key])
    ]


def _program() -> tuple[str, ...]:
    """Return how this very intact is started from anywhere."""
    beside = shutil.which("intact", path=str(Path(sys.executable).parent))
    return (beside,) if beside else (sys.executable, "-m", "intact")


def _write(files: Mapping[str, str], folder: Path) -> None:
    from intact.core.errors import OutputError

    for name, text in files.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputError(f"it cannot be written ({reason})", where=str(folder / name)) from error
        click.echo(str(folder / name))
