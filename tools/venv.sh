#!/bin/sh
# Makes a virtual environment with a Python of 3.11 or later, or says what is missing.
#   tools/venv.sh FOLDER      PYTHON=... names the Python to take; otherwise the first that will do is taken.
set -eu
venv=$1

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0 # it is there and works
fi

without_pip=
for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    # A name on the PATH proves nothing (pyenv's shims are names without a Python): only running it does.
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        rm -rf "$venv"
        exec "$python" -m venv "$venv"
    fi
    without_pip=$python
done

if [ -n "$without_pip" ]; then
    version=$("$without_pip" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "intact needs a virtual environment, and $without_pip cannot make one: its ensurepip is missing." >&2
    echo "On Debian and Ubuntu: sudo apt install python$version-venv" >&2
else
    echo "intact needs Python 3.11 or later, and none was found (tried: ${PYTHON:-python3, python3.13, python3.12, python3.11})." >&2
    echo "Install one, or name it: make PYTHON=/path/to/python3" >&2
fi
exit 1
