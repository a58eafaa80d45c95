#!/bin/bash
# test/graphql/run.sh NAME: NAME.test.mjs with the packages that the lock file pins. CALLS and WRIT name our programs.
set -euo pipefail
cd "$(dirname "$0")"

# By one of those that run beside each other.
(
    exec 9<package-lock.json
    flock 9
    cmp -s package-lock.json node_modules/.installed-lock 2>/dev/null || {
        npm ci --silent --no-audit --no-fund --ignore-scripts
        cp package-lock.json node_modules/.installed-lock
    }
)
exec node --test --test-timeout=500000 "$1.test.mjs"
