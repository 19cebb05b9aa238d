"""An alerts file, read: every mistake with its line, and what is right beside it stays in force."""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from intact.core.errors import AlertsError, ModelError
from intact.core.terms import SEVERITIES
from intact.model.names import suggestion
from intact.model.node_reader import FINDING, NodeReader
from intact.model.nodes import Items, Node, Scalar, TableNode, compose, entries, kind_of, shortened
from intact.model.problems import Problems
from intact.operations.alerts.config import (
    CAUSE,
    DAYS,
    FINGERPRINT,
    TYPE,
    Config,
    Digest,
    Names,
    Quiet,
    Snooze,
    Target,
    Word,
)
from intact.operations.alerts.sending import url_mistake
from intact.operations.alerts.variables import Variables, secrets_of

VARIABLE: Final = "INTACT_ALERTS"
"""Environment variable that names the file."""

SWITCH: Final = "dead-mans-switch"

TOP: Final = (
    "intact", "name", "timezone", "link", SWITCH, "quiet", "targets", "snooze",
)  # fmt: skip
"""What a file may say."""

TARGET: Final = (
    "url", "types", "severity", "reports", "at-once", "digest", "quiet", "failures", "all-clear",
)  # fmt: skip
"""What it may say of a target."""

_MAX_BYTES: Final = 1_000_000
_DAILY: Final = Digest(None, time())
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def load(path: Path) -> Config:
    """Read an alerts file.

    Returns:
        What it says, without what is wrong in it; ``problems`` says what that is.

    Raises:
        AlertsError: If nothing of it can be read.
    """
    text = _text(path)
    problems = Problems(str(path))
    try:
        node = compose(text, problems)
    except ModelError as error:
        message = error.message.replace("a model file", "an alerts file").replace("a model", "an alerts file")
        raise AlertsError(message, where=error.where, hint=error.hint) from error
    return _Loader(path, problems).config(node)


def _text(path: Path) -> str:
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise AlertsError("there is no such alerts file", where=where) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise AlertsError(f"the alerts file cannot be read ({reason})", where=where) from None
    if len(data) > _MAX_BYTES:
        raise AlertsError("this is too large for an alerts file", where=where)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AlertsError(
            "this is not UTF-8 text", where=f"{where}:{line}", hint="Save it as UTF-8."
        ) from None


@dataclass(slots=True)
class _Loader:
    """Reads one file. Each target has problems of its own: one that is misspelt does not silence the others."""

    path: Path
    problems: Problems
    said: list[ModelError] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def config(self, node: Node) -> Config:
        reader = NodeReader(self.problems)
        top = reader.table(node, "an alerts file", TOP, ["targets"])
        given = {} if top is None else dict(top.entries)
        if "intact" in given:
            self._version(reader, given["intact"])
        if "timezone" in given:
            self.zone = self._timezone(reader, given["timezone"])
        name = reader.text(given["name"], "'name'") if "name" in given else None
        quiet = self._quiet(reader, given["quiet"]) if "quiet" in given else None
        link = self._url(reader, given.get("link"), "'link'", ("http", "https"), hide=False)
        switch = self._url(reader, given.get(SWITCH), f"'{SWITCH}'", ("http", "https"))
        snoozes = self._snoozes(reader, given["snooze"]) if "snooze" in given else ()
        targets = self._targets(reader, given["targets"], quiet) if "targets" in given else ()
        self._collect(self.problems)
        self.said.sort(key=lambda error: int(error.where.rpartition(":")[2]))
        return Config(
            file=str(self.path),
            identity=name or str(self.path.resolve()),
            zone=self.zone,
            targets=targets,
            snoozes=snoozes,
            link=link,
            switch=switch,
            problems=tuple(str(each) for each in self.said),
            secrets=tuple(dict.fromkeys(self.secrets)),
            words=tuple(self.words),
        )

    def _collect(self, problems: Problems) -> None:
        try:
            problems.check()
        except ModelError as error:
            self.said += error.problems

    def _version(self, reader: NodeReader, node: Node) -> None:
        if not (isinstance(node, Scalar) and node.value == 1):
            reader.problems.add(
                node.line,
                f"expected the version of the format, which is 1, for 'intact', found {kind_of(node)}",
            )

    def _timezone(self, reader: NodeReader, node: Node) -> ZoneInfo:
        text = reader.text(node, "'timezone'")
        try:
            return ZoneInfo(text or "UTC")
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            hint = suggestion(text or "", sorted(zoneinfo.available_timezones()))
            reader.problems.add(node.line, f"'{shortened(text or '')}' is no time zone; times are UTC", hint)
            return self.zone

    def _url(
        self,
        reader: NodeReader,
        node: Node | None,
        what: str,
        schemes: Sequence[str] = (),
        *,
        hide: bool = True,
    ) -> str:
        """Read a URL, with what the environment gives it; empty where it cannot be read."""
        text = None if node is None else reader.text(node, what)
        if node is None or text is None:
            return ""
        variables = Variables(reader.problems)
        url = variables.filled(text, node.line)
        self.secrets += variables.secrets if hide or url is None else []
        if url is None:
            return ""
        if hide:
            self.secrets += secrets_of(url)
        if schemes and url.partition("://")[0].lower() not in schemes:
            reader.problems.add(node.line, f"expected a URL that begins with https:// or http:// for {what}")
            return ""
        return url

    def _targets(self, reader: NodeReader, node: Node, quiet: Quiet | None) -> tuple[Target, ...]:
        table = reader.table(node, "'targets'")
        if table is not None and not table.entries:
            reader.problems.add(node.line, "there is no target, so nobody is told")
        targets = []
        for name, line, each in entries(table):
            own = Problems(str(self.path))
            target = self._target(NodeReader(own), name, line, each)
            if len(own):
                self._collect(own)
            elif target is not None:
                targets.append(target if target.quiet else replace(target, quiet=quiet))
        return tuple(targets)

    def _target(self, reader: NodeReader, name: str, line: int, node: Node) -> Target | None:
        """Read one target; None, or with problems noted, where it is wrong."""
        reader.fits(name, line, "the name of a target")
        if name == SWITCH:
            reader.problems.add(line, f"'{name}' cannot be the name of a target", "Give it another name.")
        table = reader.table(node, "a target", TARGET, ["url"])
        if table is None:
            return None
        given = table.entries
        url = self._url(reader, given.get("url"), "'url'")
        mistake = url_mistake(url) if url else None
        if mistake:
            reader.problems.add(given["url"].line, f"the target '{name}' {mistake[0]}", mistake[1])
        return Target(
            name=name,
            line=line,
            url=url,
            types=self._names(reader, given.get("types"), "type"),
            severity=self._severity(reader, given.get("severity")),
            reports=self._names(reader, given.get("reports"), "report"),
            at_once=self._at_once(reader, given.get("at-once"), "'at-once'"),
            digest=self._digest(reader, given["digest"]) if "digest" in given else _DAILY,
            quiet=self._quiet(reader, given["quiet"]) if "quiet" in given else None,
            failures=self._flag(reader, given.get("failures"), "'failures'"),
            all_clear=self._flag(reader, given.get("all-clear"), "'all-clear'"),
        )

    def _flag(self, reader: NodeReader, node: Node | None, what: str) -> bool:
        if node is None:
            return True
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        reader.expected(node, f"true or false for {what}")
        return True

    def _names(self, reader: NodeReader, node: Node | None, kind: str) -> frozenset[str]:
        if node is None:
            return frozenset()
        found = reader.items(node, f"a list of {kind}s") or ()
        names = [
            (
                reader.name(each, "a finding type", FINDING)
                if kind == "type"
                else reader.name(each, "a report"),
                each,
            )
            for each in found
        ]
        self.words += [Word(kind, name, each.line) for name, each in names if name]
        return frozenset(name for name, _ in names if name)

    def _severity(self, reader: NodeReader, node: Node | None) -> str:
        text = None if node is None else reader.text(node, "'severity'")
        if node is None or text is None:
            return SEVERITIES[-1]
        if text.upper() not in SEVERITIES:
            names = [each.lower() for each in SEVERITIES]
            reader.problems.add(node.line, f"'{shortened(text)}' is no severity", suggestion(text, names))
        return text.upper()

    def _at_once(self, reader: NodeReader, node: Node | None, what: str) -> Names | None:
        """Read types and severities, or ``all`` or ``none``."""
        if node is None:
            return None
        if isinstance(node, Scalar):
            word = reader.choice(
                node, f"{what} (a list of types and severities, or all, or none)", ["all", "none"]
            )
            return Names(all=word == "all")
        names: set[str] = set()
        for each in reader.items(node, f"a list of types and severities for {what}") or ():
            text = reader.text(each, what)
            if text is None:
                continue
            if text.upper() in SEVERITIES:
                names.add(text.upper())
            elif reader.fits(text, each.line, "a finding type or a severity", FINDING):
                names.add(text)
                self.words.append(Word("type", text, each.line))
        return Names(frozenset(names))

    def _digest(self, reader: NodeReader, node: Node) -> Digest | None:
        """Read ``daily 08:00``, ``weekly monday 08:00`` or ``none``."""
        text = reader.text(node, "'digest'")
        words = (text or "").lower().split()
        how, *rest = words or [""]
        day: int | None = None
        if how == "weekly":
            day = DAYS.index(rest.pop(0)) if rest and rest[0] in DAYS else 0
        at = self._clock(rest.pop(0)) if rest else time()
        if how in ("daily", "weekly") and at is not None and not rest:
            return Digest(day, at)
        if text is not None and words != ["none"]:
            hint = suggestion(how, ["daily", "weekly", "none"]) if how not in ("daily", "weekly") else ""
            reader.problems.add(
                node.line,
                f"'{shortened(text)}' is no time for a digest",
                hint or "Write it like daily 08:00, or weekly monday 08:00.",
            )
        return None

    def _clock(self, text: str) -> time | None:
        found = _CLOCK.fullmatch(text)
        return time(int(found[1]), int(found[2])) if found else None

    def _quiet(self, reader: NodeReader, node: Node) -> Quiet | None:
        """Read ``22:00-07:00``, or that as ``hours`` with an ``except``."""
        but = Names()
        if isinstance(node, TableNode):
            table = reader.table(node, "'quiet'", ("hours", "except"), ["hours"])
            given = {} if table is None else table.entries
            but = self._at_once(reader, given.get("except"), "'except'") or but
            if "hours" not in given:
                return None
            node = given["hours"]
        text = reader.text(node, "'quiet'")
        if text is None:
            return None
        begin, _, end = text.partition("-")
        times = self._clock(begin.strip()), self._clock(end.strip())
        if times[0] is None or times[1] is None or times[0] == times[1]:
            reader.problems.add(
                node.line, f"'{shortened(text)}' are no hours", "Write them like 22:00-07:00."
            )
            return None
        return Quiet(times[0], times[1], but)

    def _snoozes(self, reader: NodeReader, node: Node) -> tuple[Snooze, ...]:
        if isinstance(node, Items) and not node.items:
            return ()
        found = []
        for each in reader.items(node, "a list for 'snooze'") or ():
            table = reader.table(each, "a snooze", ("what", "until", "why"), ["what", "until"])
            given = {} if table is None else table.entries
            what = reader.text(given["what"], "'what'") if "what" in given else None
            until = reader.text(given["until"], "'until'") if "until" in given else None
            moment = None if until is None else moment_of(until, self.zone)
            if until is not None and moment is None:
                reader.problems.add(
                    given["until"].line, f"'{shortened(until)}' is no date", "Write it like 2026-01-31."
                )
            if what is not None and not snoozable(what):
                reader.problems.add(
                    given["what"].line,
                    f"'{shortened(what)}' is neither a finding type, nor a cause, nor a fingerprint",
                    "Write a cause like customer_id=c-17.",
                )
            elif what is not None and moment is not None:
                found.append(Snooze(what, moment))
        return tuple(found)


def snoozable(what: str) -> bool:
    """Say whether a text can stand for what is snoozed."""
    return any(pattern.fullmatch(what) for pattern in (FINGERPRINT, TYPE, CAUSE))


def moment_of(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a date's first moment, or a moment, of a time zone unless it names another; None where it is neither."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def default_file() -> Path | None:
    """Return the file that the environment names; None where it names none."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else None
