"""Letters on their way, through Apprise: each target in a thread of its own, none for longer than it is given."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from intact.core.distribution import install_hint
from intact.core.errors import AlertsError
from intact.model.names import suggestion
from intact.operations.alerts.notifications import Notification
from intact.operations.alerts.variables import without

SECONDS: Final = 30.0
"""How long a target may take, unless told otherwise."""

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+-]*)://.")
_LONGEST: Final = 200
_LOGGER: Final = logging.getLogger("apprise")

_CAUSES: Final = (
    (re.compile("refused", re.IGNORECASE), "the connection was refused"),
    (re.compile("timed? ?out", re.IGNORECASE), "it did not answer in time"),
    (
        re.compile("resolve|Name or service|nodename|getaddrinfo|No address", re.IGNORECASE),
        "its name is not known",
    ),
    (re.compile("certificate|SSL", re.IGNORECASE), "its certificate or its encryption cannot be trusted"),
    (re.compile("unreachable", re.IGNORECASE), "its network cannot be reached"),
    (re.compile("Connection (aborted|reset)|broken pipe|RemoteDisconnected", re.IGNORECASE), "it hung up"),
)


def _apprise() -> ModuleType:
    try:
        with _unwarned():
            import apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise AlertsError(
            "alerts are sent through Apprise, which is not installed",
            hint=install_hint("alerts"),
        ) from error
    return apprise


def url_mistake(url: str) -> tuple[str, str] | None:
    """Say what is wrong with the URL of a target, and what to do; None where Apprise takes it.

    Raises:
        AlertsError: If Apprise is not installed.
    """
    apprise = _apprise()
    scheme = _SCHEME.match(url)
    if not scheme:
        return "has no URL of Apprise", "It begins like mailto://, slack:// or json://."
    with _unwarned():
        known = apprise.manager_plugins.NotificationManager().schemas()
    if scheme[1].lower() not in known:
        return f"is of no service that Apprise knows ('{scheme[1]}')", suggestion(scheme[1], sorted(known))
    with _unwarned():
        plugin = _plugin(apprise, url)
    if plugin is None:
        return (
            f"has a URL that is not one of {scheme[1]}://, as Apprise writes it",
            "A secret with / or @ in it is put in with ${NAME|quote}.",
        )
    return None


def _plugin(apprise: ModuleType, url: str) -> Any:
    # In the thread that asks, which is a daemon: Apprise's own would keep the process until the receiver answers.
    asset = apprise.AppriseAsset(async_mode=False, service_timeout=0)
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


@contextlib.contextmanager
def _unwarned() -> Iterator[None]:
    """Keep the warnings of Apprise and its services off the terminal: they are for those who write them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def send_all(
    letters: Mapping[str, Notification], urls: Mapping[str, str], secrets: Sequence[str], seconds: float
) -> dict[str, str]:
    """Send letters, all at the same time.

    Args:
        letters: By the name of their target.
        urls: Where to, by the same names.
        secrets: What may not be said.
        seconds: How long to wait for all of them together.

    Returns:
        What went wrong with each, a clause; an empty text where nothing did. Who did not answer in time may have got it
        all the same.
    """
    apprise = _apprise()
    with _unwarned(), _heard() as heard:
        works = {name: _Work(apprise, urls[name], letter, heard) for name, letter in letters.items()}
        for work in works.values():
            work.start()
        ends = time.monotonic() + seconds
        for work in works.values():
            work.join(max(0.0, ends - time.monotonic()))
        return {name: without(work.outcome(), secrets)[:_LONGEST] for name, work in works.items()}


class _Work(threading.Thread):
    """One letter. A daemon: a receiver that never ends its answer does not keep the process."""

    def __init__(self, apprise: ModuleType, url: str, letter: Notification, heard: _Heard) -> None:
        super().__init__(name="intact-alert", daemon=True)
        self._apprise = apprise
        self._url = url
        self._letter = letter
        self._heard = heard
        self._result: str | None = None

    def run(self) -> None:
        """Send it."""
        try:
            self._result = self._sent()
        except Exception as error:  # noqa: BLE001 - whatever a service's plugin raises is why it was not sent
            self._result = _why([f"{type(error).__name__}: {error}"])

    def _sent(self) -> str:
        apprise, letter = self._apprise, self._letter
        plugin = _plugin(apprise, self._url)
        if plugin is None:
            return "its URL is not one that Apprise takes"
        if "overflow=" not in self._url:
            plugin.overflow_mode = apprise.OverflowMode.TRUNCATE  # the worst comes first
        service = apprise.Apprise()
        service.add(plugin)
        sent = service.notify(
            title=letter.title,
            body=letter.body,
            notify_type=apprise.NotifyType(letter.mood),
            body_format=apprise.NotifyFormat.TEXT,
        )
        return "" if sent else _why(self._heard.of(threading.get_ident()))

    def outcome(self) -> str:
        """Say how it ended."""
        return "it did not answer in time" if self._result is None else self._result


class _Heard(logging.Handler):
    """What Apprise says while it sends, by thread."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._said: dict[int, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what tells why something failed."""
        text = record.getMessage()
        if record.levelno >= logging.WARNING or "xception" in text:
            self._said.setdefault(record.thread or 0, []).append(text)

    def of(self, thread: int) -> list[str]:
        """Return what was said in a thread."""
        return self._said.get(thread, [])


@contextlib.contextmanager
def _heard() -> Iterator[_Heard]:
    """Listen to Apprise, which says why it failed in its log only; nothing of it reaches the terminal."""
    handler, level, propagates = _Heard(), _LOGGER.level, _LOGGER.propagate
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.DEBUG)
    _LOGGER.propagate = False
    try:
        yield handler
    finally:
        _LOGGER.removeHandler(handler)
        _LOGGER.setLevel(level)
        _LOGGER.propagate = propagates


def _why(said: Sequence[str]) -> str:
    """Make a clause of what Apprise said."""
    text = " ".join(said)
    for pattern, clause in _CAUSES:
        if pattern.search(text):
            return clause
    found = re.search(r"error ?= ?(\d{3})", text)
    if found:
        return f"it answered with the status {found[1]}"
    return said[0].rstrip(".") if said else "Apprise could not send it, and does not say why"
