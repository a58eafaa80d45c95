#!/bin/bash
# test/field/sample.sh FIELD COMPILE [OPTION...]: one in 47 of the directory, GitHub's, and the examples of another hand.
set -euo pipefail
program=$1
shift
documents=$(dirname "$0")/../openapi/documents

"$documents" # Installs where it must; what fails there fails here.
{ "$documents" github; "$documents" sample; "$documents" readme; } | "$program" "$@"
