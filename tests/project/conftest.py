"""The official BSON corpus, which lies in PyMongo's source distribution."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pymongo
import pytest

CACHE = Path(__file__).parents[2] / ".cache"


@pytest.fixture(scope="session")
def corpus() -> dict[str, dict[str, Any]]:
    """The files of the corpus by name: from ``INTACT_BSON_CORPUS``, ``.cache/bson_corpus``, or fetched with pip."""
    folder = Path(os.environ.get("INTACT_BSON_CORPUS") or CACHE / "bson_corpus")
    if not folder.is_dir():
        try:
            fetch(folder)
        except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
            pytest.skip(f"the BSON corpus could not be fetched from PyMongo's source distribution: {error}")
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def fetch(folder: Path) -> None:
    """Download the source distribution of the PyMongo that is installed, and take the corpus out of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run(
            [*command, f"pymongo=={pymongo.version}", "--dest", place],
            check=True,
            capture_output=True,
            timeout=600,
        )
        found = Path(place) / "corpus"
        found.mkdir()
        with tarfile.open(next(Path(place).glob("*.tar.gz"))) as archive:
            for member in archive.getmembers():
                if "/test/bson_corpus/" in member.name and (file := archive.extractfile(member)):
                    (found / Path(member.name).name).write_bytes(file.read())
        if not folder.exists():  # another process may have been faster
            shutil.move(found, folder)
