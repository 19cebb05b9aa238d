#!/bin/sh
# Prints the path of a tool, if it is on the PATH and works; otherwise nothing, and the exit status is 1.
#   tools/working.sh TOOL
# A name on the PATH proves nothing: rustup's cargo without a toolchain, a java that only says where to get one, a
# browser that does not start are names too. What is needed of a tool is tried, and none may wait for an answer.
set -u
tool=$1
path=$(command -v "$tool") || exit 1

case $tool in
java | javac) set -- "$tool" -version ;;
cargo-fmt) set -- cargo fmt --version ;;
cargo-clippy) set -- cargo clippy --version ;;
*secantusd-py) set -- "$tool" --help ;;
# Its version it gives without being able to open a page.
chromium* | google-chrome*) set -- "$tool" --headless --no-sandbox --disable-gpu --dump-dom about:blank ;;
*) set -- "$tool" --version ;;
esac

if command -v timeout >/dev/null; then set -- timeout 60 "$@"; fi
"$@" </dev/null >/dev/null 2>&1 || exit 1
echo "$path"
