#!/bin/sh
# wasm2c.sh <wasm2c> <sha256> <in.wasm> <out.c>: turns the engine into C, if it is the one we know.
set -eu
given=$(sha256sum "$3" | cut -d' ' -f1)
if [ "$given" != "$2" ]; then
    echo "the engine $3 is not the one that was reviewed:" >&2
    echo "  expected sha256 $2" >&2
    echo "  found           $given" >&2
    exit 1
fi
exec "$1" -n quickjs -o "$4" "$3"
