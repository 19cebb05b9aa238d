"""``bson.decode_all`` of every file: the least that a script of one's own has to do before it can check anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bson

if __name__ == "__main__":
    documents = 0
    for path in sorted(Path(sys.argv[1]).rglob("*.bson")):
        documents += len(bson.decode_all(path.read_bytes()))
    print(json.dumps({"documents": documents}))
