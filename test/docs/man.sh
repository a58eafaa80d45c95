#!/bin/bash
# Every manual page is well-formed mdoc: mandoc says so, or groff without a warning.
set -euo pipefail
cd "$(dirname "$0")/../.."

lint() {
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning "$1" 2>&1
    else
        { groff -mdoc -T utf8 -ww "$1" >/dev/null; } 2>&1
    fi
}

command -v mandoc >/dev/null || command -v groff >/dev/null || {
    echo 'neither mandoc nor groff is here' >&2
    exit 77
}
failed=0
for page in man/*.[1-9]; do
    told=$(lint "$page" || true)
    [ -z "$told" ] && continue
    printf '%s\n' "$told"
    failed=1
done
# shellcheck disable=SC2016 # the script that is printed, not ours
# Each command of the program has a word in its page.
for command in $("$1" completion bash | sed -n 's/^  \[ "$COMP_CWORD" -eq 1 \] && words="\(.*\)"$/\1/p'); do
    grep -q "^\.It Cm $command\$" man/writ.1 || {
        printf 'man/writ.1 does not name %s\n' "$command"
        failed=1
    }
done
exit $failed
