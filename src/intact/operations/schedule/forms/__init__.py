"""What other schedulers need to run intact: one file a scheduler, each from an order to files by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from intact.operations.schedule.forms import cron, github, kubernetes, systemd
from intact.operations.schedule.forms.order import Order, order_of

__all__ = ["FORMS", "Order", "order_of"]

FORMS: Final[Mapping[str, Callable[[Order], Mapping[str, str]]]] = {
    "cron": cron.files,
    "systemd": systemd.files,
    "kubernetes": kubernetes.files,
    "github": github.files,
}
