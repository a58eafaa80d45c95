#!/bin/bash
# test/mcp/run.sh NAME: NAME.test.mjs against the binary that WRIT names, with the clients that the lock file pins.
set -euo pipefail
cd "$(dirname "$0")"

# The pinned packages of a folder, by one test of those that run. Again only when its lock file changed.
install() (
    exec 9<"$1/package-lock.json"
    flock 9
    cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock" 2>/dev/null && return
    # npm 11 refuses a lock file without the optional packages of other systems; its install takes the same versions.
    (cd "$1" && { npm ci --silent --no-audit --no-fund --ignore-scripts ||
        npm install --no-save --silent --no-audit --no-fund --ignore-scripts; })
    cp "$1/package-lock.json" "$1/node_modules/.installed-lock"
)

install .
[[ "$1" != conformance* ]] || install conformance
[ "$1" != inspector ] || { install conformance && install inspector; }
patience=200000 # of a file too: on a busy machine
[[ "$1" != conformance* && "$1" != adding && "$1" != auth ]] || patience=280000 # one test is a whole suite; and one waits often
exec node --test --test-timeout="$patience" "$1.test.mjs"
