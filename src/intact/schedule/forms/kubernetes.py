"""CronJobs of Kubernetes, with the volume that keeps their history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from intact.schedule.forms.order import Order, Run, about, expression
from intact.schedule.forms.yaml import dumped
from intact.schedule.source import VARIABLE

STATE: Final = "/var/lib/intact"
"""Where the history is in a container, and what is written there stays."""

_USER: Final = 10001  # nobody's, and not root


def files(order: Order) -> Mapping[str, str]:
    """Write a claim for a volume, and a CronJob for each run."""
    head = (
        f"# The image {order.image} has intact in it, and starts it: for example\n"
        '#   FROM python:3.13-slim\n#   COPY . /src\n#   RUN pip install /src\n#   ENTRYPOINT ["intact"]\n'
    )
    if order.source is None:
        head += (
            "# The server comes from a secret:\n"
            f"#   kubectl create secret generic {order.name} --from-env-file=FILE\n"
            f"# where FILE has the line {VARIABLE}=mongodb://...\n"
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


def _job(order: Order, run: Run) -> dict[str, Any]:
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


def _pod(order: Order, run: Run) -> dict[str, Any]:
    environment: list[dict[str, Any]] = [
        {"name": "INTACT_HISTORY", "value": f"{STATE}/history.sqlite"},
        {"name": "HOME", "value": STATE},
    ]
    if order.source is None:
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
                "args": [each.replace("$(", "$$(") for each in order.arguments(run)],
                "env": environment,
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "3Gi"}},
                "volumeMounts": [
                    {"name": "state", "mountPath": STATE},
                    {"name": "temporary", "mountPath": "/tmp"},  # noqa: S108 - of the container, its own
                ],
            }
        ],
        "volumes": [
            {"name": "state", "persistentVolumeClaim": {"claimName": order.name}},
            {"name": "temporary", "emptyDir": {}},
        ],
    }
