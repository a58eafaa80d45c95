#!/bin/bash
# The main job on real files: a program uses tools of a server that is not ours, its write waits for you, and
# afterwards everything that happened is read back and proven. `make quickstart` builds first and then runs this.
#
#     examples/quickstart.sh [--yes]     --yes answers as the person who typed it
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/build/quickstart
yes=()
[ "${1:-}" != --yes ] || yes=(--yes)

if [ ! -t 0 ] || [ ! -t 1 ]; then
    if [ -z "${WRIT_QUICKSTART_AGAIN:-}" ]; then
        echo 'quickstart: no terminal here, and a write waits for a person: running again in a terminal of its'
        echo '            own, with --yes, which answers as you who typed this and is recorded as such.'
        command -v script >/dev/null || { echo 'quickstart: script(1) of bsdutils is missing' >&2; exit 75; }
        export WRIT_QUICKSTART_AGAIN=1
        exec script -qec "$(printf '%q --yes' "$0")" /dev/null </dev/null
    fi
fi

[ -z "${WRIT_QUICKSTART_AGAIN:-}" ] || stty cols 120 2>/dev/null || true

# Everything of this run stays below build/quickstart; your own data folder is not touched. A socket's path
# has at most 107 bytes.
export WRIT_HOME=$work/data
[ ${#WRIT_HOME} -le 90 ] || WRIT_HOME=/tmp/writ-quickstart-$(id -u)
unset XDG_DATA_HOME XDG_RUNTIME_DIR XDG_CONFIG_HOME || true
writ=$root/build/writ
documents=$work/documents
server=$work/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js

[ -x "$writ" ] || { echo 'quickstart: build/writ is missing; run: make quickstart' >&2; exit 75; }

show() {
    printf '\n$ writ'
    for word in "$@"; do
        case $word in
        *[!a-zA-Z0-9_./:=@%+,-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$writ" "$@"
}

# The pinned server, with all it needs, by its lock file. Again only when that changed.
install_server() {
    cmp -s "$root/examples/package-lock.json" "$work/node_modules/.quickstart-lock" && return
    echo 'quickstart: installing @modelcontextprotocol/server-filesystem (pinned) from npm'
    cp "$root/examples/package.json" "$root/examples/package-lock.json" "$work/"
    (cd "$work" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    cp "$root/examples/package-lock.json" "$work/node_modules/.quickstart-lock"
}

mkdir -p "$work"
chmod 700 "$work"
install_server
rm -rf "$documents"
cp -r "$root/examples/documents" "$documents"

trap '"$writ" down >/dev/null 2>&1 || true' EXIT
show up
if ! "$writ" sources show docs >/dev/null 2>&1; then
    show sources add docs ${yes[@]+"${yes[@]}"} -- node "$server" "$documents"
fi
show sources
show policy apply "$root/examples/policy.yaml"
show exec "$root/examples/compare.ts" ${yes[@]+"${yes[@]}"} \
    --input "{\"folder\":\"$documents\",\"report\":\"report.md\"}"
printf '\n$ cat %s\n' "$documents/report.md"
cat "$documents/report.md"
show log show last
show audit verify
