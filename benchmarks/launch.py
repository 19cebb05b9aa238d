"""Start a program from a small process, and write what it took.

On Linux the peak memory of a process is at least that of the one that started it, so it is not started by the
benchmark, which holds libraries, but by this.

    python -I -S launch.py FILE.json PROGRAM ARGUMENT...
"""

import json
import os
import sys
import time

target, *command = sys.argv[1:]
began = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - began
unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is bytes on macOS, KiB elsewhere
took = {
    "wall": wall,
    "processor": usage.ru_utime + usage.ru_stime,
    "memory": usage.ru_maxrss * unit / 1e6,
    "code": os.waitstatus_to_exitcode(status),
}
with open(target, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib is larger than all else here
    json.dump(took, file)
