"""``python -m intact``."""

from __future__ import annotations

from intact.cli import main

if __name__ == "__main__":
    main()
