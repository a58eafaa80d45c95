#!/bin/bash
# test/openapi/run.sh: requests.test.mjs with the packages that the lock file pins. REQUESTS names our program.
set -euo pipefail
cd "$(dirname "$0")"

./documents
exec node --test --test-timeout=500000 requests.test.mjs
