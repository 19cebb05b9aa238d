"""Run the sample code of the user's document on a server, with a handle of Motor's as their application has one.

python run_sample_code.py URI DATABASE
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from sample_code import generate_consistency_report


async def audit(uri: str, database: str) -> dict[str, Any]:
    """Make the report; what it prints is not kept."""
    with contextlib.redirect_stdout(io.StringIO()):
        report: dict[str, Any] = await generate_consistency_report(AsyncIOMotorClient(uri)[database])
    return report


if __name__ == "__main__":
    report = asyncio.run(audit(sys.argv[1], sys.argv[2]))
    counts = {name: len(section["issues"]) for name, section in report["reports"].items()}
    print(json.dumps({"findings": counts}))
