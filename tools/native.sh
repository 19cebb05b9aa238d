#!/bin/sh
# Builds the native projector and installs it into a virtual environment, or says in a sentence what is missing.
#   tools/native.sh VENV [--if-possible | --check]
# With --if-possible a missing or too old Rust is no failure: intact and its tests go on without. With --check nothing
# is built. Nor is it where neither a source nor the environment has changed since the last time.
set -eu
venv=$1
how=${2:-}
built=$venv/.native

without() {
    if [ "$how" = --check ]; then
        echo "$1"
        exit 1
    fi
    echo "The native projector was not built: it needs $1. Nothing is broken without: intact goes on with its projector in pure Python." >&2
    if [ "$how" = --if-possible ]; then exit 0; else exit 1; fi
}

if ! "${0%/*}/working.sh" cargo >/dev/null; then
    without "Rust's cargo, and there is none (https://rustup.rs has it)"
fi
version=$(cargo --version)
needed=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' native/Cargo.toml)
found=$(echo "$version" | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
if [ "${found:-9999}" -lt "$needed" ]; then
    without "Rust 1.$needed or later, and this is 1.$found (rustup update brings it, or https://rustup.rs)"
fi
if [ "$how" = --check ]; then exit 0; fi

if [ -e "$built" ] && "$venv/bin/python" -c 'from intact.core.native import MODULE; raise SystemExit(MODULE is None)' >/dev/null 2>&1 &&
    [ -z "$(find native/src native/Cargo.toml native/Cargo.lock native/pyproject.toml tools/native.sh -newer "$built")" ]; then
    exit 0 # it is there, and of these sources
fi

echo "Building the native projector into $venv; the first time takes a minute."
log=$venv/native.log
if ! VIRTUAL_ENV=$(cd "$venv" && pwd) "$venv/bin/python" -m maturin develop --release --manifest-path native/Cargo.toml >"$log" 2>&1; then
    cat "$log" >&2
    echo "The native projector could not be built; above is why." >&2
    exit 1
fi
touch "$built"
