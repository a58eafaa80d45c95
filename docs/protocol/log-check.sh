#!/bin/bash
# log-check.sh N SEGMENT: whether the hash of line N (2 or later) follows from that line and the one before it, as
# docs/protocol/log.md says; with sha256sum and its neighbours alone.
set -euo pipefail
export LC_ALL=C

hash_of_input() {
    sha256sum | cut -c -64 | tr a-f A-F | basenc --base16 -d | basenc --base64url -w 0 | tr -d =
}

before=$(sed -n "$(($1 - 1))p" "$2")
line=$(sed -n "$1p" "$2" | tr -d '\0')
header=${line#\[}
header=${header%%\}*}'}'
body=${line:$((${#header} + 2))}
body=${body%,\"*}
if [ "${body:0:1}" = '"' ]; then
    digest=${body:1:43} # It was erased.
else
    digest=$(printf '%s' "$body" | hash_of_input)
fi
found=${line: -45:43}
expected=$(printf '["%s",%s,"%s"]' "${before: -45:43}" "$header" "$digest" | hash_of_input)
if [ "$found" != "$expected" ]; then
    printf 'line %s: its hash is %s and should be %s\n' "$1" "$found" "$expected"
    exit 1
fi
printf 'line %s follows: %s\n' "$1" "$found"
