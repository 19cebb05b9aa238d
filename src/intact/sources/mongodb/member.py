"""Which member of a deployment is read: the read preference, and one member for the whole run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.read_preferences import (
    Nearest,
    Primary,
    PrimaryPreferred,
    Secondary,
    SecondaryPreferred,
)
from pymongo.server_selectors import Selection

from intact.sources.mongodb.engine import is_router, set_name

STALENESS_SECONDS: Final = 90
"""How far behind a secondary may be that is read: the least that servers take."""

_HEARTBEAT_SECONDS: Final = 10

MODES: Final[Mapping[str, Any]] = {
    "primary": Primary,
    "primaryPreferred": PrimaryPreferred,
    "secondary": Secondary,
    "secondaryPreferred": SecondaryPreferred,
    "nearest": Nearest,
}
"""Read preferences by the names that MongoDB gives them."""


class _Pinned:
    """What makes a read preference stay with one member; mixed into the preference's own class.

    The driver chooses a member anew for each cursor. Members are at different times, so a run that is not as of one
    moment would mix them. While the member is there, all goes to it; if it is lost, another one takes its place.
    """

    member: tuple[str, int | None] | None = None
    moves = 0

    def __call__(self, selection: Selection) -> Selection:
        """Choose the member, out of those that the driver knows."""
        there = [each for each in selection.server_descriptions if each.address == self.member]
        if there and there[0].is_readable:
            return selection.with_server_descriptions(there)
        chosen: Selection = super().__call__(selection)  # type: ignore[misc]
        if not chosen.server_descriptions:
            return chosen
        first = chosen.server_descriptions[0]
        self.moves += self.member is not None
        self.member = first.address
        return chosen.with_server_descriptions([first])


_PINNED: Final = {
    kind: type(f"Pinned{kind.__name__}", (_Pinned, kind), {})
    for kind in MODES.values()
    if kind is not Primary
}


def pinned(preference: Any, hello: Mapping[str, Any]) -> Any:
    """Make a read preference stay with the member that has answered.

    Args:
        preference: A read preference of the driver; the primary is one member anyway.
        hello: How the member greets; only one of a replica set names itself.
    """
    kind = _PINNED.get(type(preference))
    if kind is None or not set_name(hello):
        return preference
    made = kind(preference.tag_sets, preference.max_staleness)
    host, _, port = str(hello.get("me", "")).rpartition(":")
    if host and port.isdecimal():
        made.member = (host.strip("[]").lower(), int(port))
    return made


def staleness(client: Any, hello: Mapping[str, Any]) -> int:
    """How many seconds a secondary may be behind, -1 where there can be none: on a standalone.

    The driver takes no less than its own heartbeat and ten seconds.
    """
    if not set_name(hello) and not is_router(hello):
        return -1
    heartbeat = getattr(getattr(client, "options", None), "heartbeat_frequency", _HEARTBEAT_SECONDS)
    return max(STALENESS_SECONDS, int(heartbeat) + _HEARTBEAT_SECONDS)
