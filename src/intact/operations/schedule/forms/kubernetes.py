"""CronJobs of Kubernetes, with the volume that keeps their history."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final

from intact.core.distribution import requirement
from intact.ledger.identity import VARIABLE
from intact.operations.schedule.forms.order import Order, ScheduledRun, about, expression
from intact.operations.schedule.forms.yaml import dumped

STATE: Final = "/var/lib/intact"
"""Where the history is in a container, and what is written there stays."""

_DATA: Final = "/data"
_FILES: Final = "/etc/intact"
_READ: Final = ("--model", "--baseline", "--alerts", "--config")
"""Options that name a file of the machine on which the manifests are printed."""

_USER: Final = 10001  # nobody's, and not root


def files(order: Order) -> Mapping[str, str]:
    """Write a claim for a volume, and a CronJob for each run."""
    head = (
        f"# Before `kubectl apply`: the image {order.image} has intact in it, and starts it. Build and push it:\n"
        f"#   FROM python:3.13\n#   RUN pip install '{requirement(version=order.version)}'\n"
        '#   ENTRYPOINT ["intact"]\n'
    )
    if order.server:
        head += (
            "# The server comes from a secret:\n"
            f"#   kubectl create secret generic {order.name} --from-env-file=FILE\n"
            f"# where FILE has the line {VARIABLE}=mongodb://...\n"
        )
    if order.source is not None:
        head += (
            f"# What is audited comes from a volume: the claim {order.name}-data has to be there, and hold"
            f" {_base(order.source)}.\n"
        )
    if files := _files(order):
        given = " ".join(shlex.quote(f"--from-file={name}={path}") for path, name in files.items())
        head += (
            "# Files of this machine come from a secret; after a change make it again:\n"
            f"#   kubectl create secret generic {order.name}-files {given}\n"
        )
    if order.writes:
        head += (
            f"# Only below {STATE} what is written stays. Mount a volume at each of these, or name others:\n"
            f"#   {' '.join(map(shlex.quote, order.writes))}\n"
        )
    texts = [dumped(_volume(order))]
    texts += [f"# {about(run)}\n" + dumped(_job(order, run)) for run in order.runs]
    return {f"{order.name}.yaml": head + "---\n" + "---\n".join(texts)}


def _volume(order: Order) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": order.name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
    }


def _job(order: Order, run: ScheduledRun) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": f"{order.name}-{run.cadence.value}",
            "labels": {"app.kubernetes.io/name": "intact"},
        },
        "spec": {
            "schedule": expression(run),
            "timeZone": run.times.zone.key,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 6 * 3600,
            "jobTemplate": {
                "spec": {
                    # An audit with findings ends with 1: to make it again would find the same.
                    "backoffLimit": 0,
                    "template": {"spec": _pod(order, run)},
                }
            },
        },
    }


def _pod(order: Order, run: ScheduledRun) -> dict[str, Any]:
    environment: list[dict[str, Any]] = [
        {"name": "INTACT_HISTORY", "value": f"{STATE}/history.sqlite"},
        {"name": "HOME", "value": STATE},
    ]
    if order.server:
        secret = {"secretKeyRef": {"name": order.name, "key": VARIABLE}}
        environment.append({"name": VARIABLE, "valueFrom": secret})
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "intact",
                "image": order.image,
                "args": [each.replace("$(", "$$(") for each in _arguments(order, run)],
                "workingDir": STATE,
                "env": environment,
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "3Gi"}},
                "volumeMounts": [
                    {"name": "state", "mountPath": STATE},
                    *(
                        {"name": name, "mountPath": at, "readOnly": True}
                        for name, at in _mounted(order).items()
                    ),
                    {"name": "temporary", "mountPath": "/tmp"},  # noqa: S108 - of the container, its own
                ],
            }
        ],
        "volumes": [
            {"name": "state", "persistentVolumeClaim": {"claimName": order.name}},
            *(
                {
                    "name": name,
                    "persistentVolumeClaim": {"claimName": f"{order.name}-{name}", "readOnly": True},
                }
                if at == _DATA
                else {"name": name, "secret": {"secretName": f"{order.name}-{name}"}}
                for name, at in _mounted(order).items()
            ),
            {"name": "temporary", "emptyDir": {}},
        ],
    }


def _base(path: str) -> str:
    return PurePath(path).name


def _files(order: Order) -> dict[str, str]:
    """Return the files that the container has to have: their names there by their paths here."""
    found: dict[str, str] = {}
    for run in order.runs:
        for option, value in pairwise(order.arguments(run)):
            if option in _READ and PurePath(value).is_absolute():
                found[value] = option.removeprefix("--") + PurePath(value).suffix
    return found


def _mounted(order: Order) -> dict[str, str]:
    """Return what is mounted beside the state, to be read: each volume with its place."""
    return {
        **({"data": _DATA} if order.source is not None else {}),
        **({"files": _FILES} if _files(order) else {}),
    }


def _arguments(order: Order, run: ScheduledRun) -> list[str]:
    """Return the arguments of a run, with paths of the container."""
    files, words = _files(order), list(order.arguments(run))
    for number, (option, value) in enumerate(pairwise(words)):
        if option in _READ and value in files:
            words[number + 1] = f"{_FILES}/{files[value]}"
    if order.source is not None:
        words[1] = f"{_DATA}/{_base(order.source)}"
    return words
