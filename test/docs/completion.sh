#!/bin/bash
# What a shell offers after some words: in bash, and in zsh and fish where they are installed.
#
#     completion.sh WRIT
#
# Each line of `asked` is what is typed, then what must be among the offers, or (after !) must not.
set -euo pipefail

asked='
writ au|audit
writ sources a|add approve auth !remove
writ audit |verify export
writ audit verify --j|--json
writ help |sources audit exec
writ completion |bash zsh fish
writ exec --pr|--preview
writ sources show |tracker
writ tools describe tr|tracker.issues.list
writ sources add x --al|--allow-host
writ tools search a --source |tracker !--limit
writ tools search a --effect |read write destructive !--limit
writ tools search a --effect w|write !read
writ sources approve tr|tracker !tracker.issues.list
writ sources approve tracker tr|tracker.issues.list
writ sources reject tracker tracker.issues.list tracker.|tracker.issues.list
writ sources diff tracker |tracker.issues.list
writ policy why tracker.issues.list --effect |read write destructive
'

folder=$(mktemp -d)
export WRIT_HOME="$folder/home" HOME="$folder"
PATH=$(dirname "$(realpath "$1")"):$PATH
trap 'script -qec "writ down --no-start" /dev/null >/dev/null || true; rm -rf "$folder"' EXIT
cat >"$folder/api.json" <<'END'
{"openapi":"3.1.0","info":{"title":"t","version":"1"},"servers":[{"url":"https://t.example"}],
 "paths":{"/a":{"get":{"operationId":"issues/list","responses":{"200":{"description":"d"}}}}}}
END
script -qec "writ sources add tracker $folder/api.json --yes" /dev/null >"$folder/added" || { cat "$folder/added"; exit 1; }

for shell in bash fish zsh; do writ completion "$shell" >"$folder/$shell"; done

in_bash() {
    # shellcheck disable=SC2016,SC2317 # for the shell that is asked, which is told by name
    bash --norc -c '. "$1"; read -ra COMP_WORDS <<<"$2"; [[ $2 != *" " ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _writ; printf "%s\n" "${COMPREPLY[@]}"' - "$folder/bash" "$1"
}

in_fish() {
    # shellcheck disable=SC2016,SC2317
    fish --no-config -c '. "$argv[1]"; complete -C "$argv[2]"' -- "$folder/fish" "$1" | cut -f 1
}

# zsh says what it offers to its line editor alone, which leaves out what does not begin with the word: so the
# function that the offers come from is asked, as _bash_complete asks it.
in_zsh() {
    # shellcheck disable=SC2016,SC2317
    zsh -f -c 'autoload -Uz compinit && compinit -D; . "$1"; COMP_WORDS=(${=2}); last=${COMP_WORDS[-1]}
        [[ $2 != *" " ]] || { COMP_WORDS+=(""); last=; }; COMP_CWORD=$((${#COMP_WORDS} - 1))
        emulate sh; _writ; emulate zsh; print -l -- ${(M)COMPREPLY:#$last*}' - "$folder/zsh" "$1"
}

judge() { # the shell, what was typed, what is wanted, what is offered
    local word
    for word in $3; do
        if [[ $word == !* ]]; then
            ! grep -qxF -- "${word#!}" <<<"$4" && continue
        elif grep -qxF -- "$word" <<<"$4"; then
            continue
        fi
        printf '%s: "%s" offers %s; wanted: %s\n' "$1" "$2" "$(tr '\n' ' ' <<<"$4")" "$3"
        return 1
    done
}

failed=0
for shell in bash fish zsh; do
    if ! command -v "$shell" >/dev/null; then
        printf '%s: SKIPPED, it is not installed\n' "$shell"
        continue
    fi
    while IFS='|' read -r typed wanted; do
        [ -z "$typed" ] || judge "$shell" "$typed" "$wanted" "$("in_$shell" "$typed")" || failed=1
    done <<<"$asked"
done
exit $failed
