"""YAML that looks as people write it."""

from __future__ import annotations

import io

from ruamel.yaml import YAML


def dumped(value: object) -> str:
    """Write a value as YAML 1.2, a line for each word."""
    writer = YAML()
    writer.default_flow_style = False
    writer.width = 4096  # a command is not to be broken
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(value, text)
    return text.getvalue()
