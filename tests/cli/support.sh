# Sourced by the program's tests, which run in the build directory: check functions and a directory
# of their own.
set -u
program=${EW_PROGRAM:-./edgeworth}
failures=0
scratch=$(mktemp -d "${TMPDIR:-.}/cli-test-XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT

fail() {
    failures=$((failures + 1))
    echo "FAIL: $*"
    sed 's/^/    stderr: /' "$scratch/err"
}

# ask ARGUMENTS...: run the program, its output in $scratch/out and err, its exit code in $code.
ask() {
    code=0
    "$program" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
}

# refused CODE PATTERN ARGUMENTS...: this exit code; one line on standard error (expressions: two
# more, the source and a caret) that begins with the program's and the command's name and matches
# PATTERN; nothing on standard output; an existing output file unchanged.
refused() {
    want=$1 pattern=$2
    shift 2
    printf 'precious' >"$scratch/existing"
    ask "$@" --output "$scratch/existing"
    [ "$code" -eq "$want" ] || fail "$*: exit code $code, not $want"
    [ -s "$scratch/out" ] && fail "$*: something on standard output"
    [ "$(cat "$scratch/existing")" = precious ] || fail "$*: the output file was changed"
    head -n 1 "$scratch/err" | grep -q "^edgeworth $1: .*$pattern" || fail "$*: no '$pattern'"
    case $(wc -l <"$scratch/err") in
    1) ;;
    3) sed -n 3p "$scratch/err" | grep -q '^ *^$' || fail "$*: no caret line" ;;
    *) fail "$*: not one line" ;;
    esac
    for left in "$scratch"/existing.*; do
        [ -e "$left" ] && fail "$*: $left was left behind"
    done
}

# refused_at COLUMN: the last refusal had a caret under this column of its source line.
refused_at() {
    at=$(sed -n 3p "$scratch/err" | tr -d '\n' | wc -c)
    [ "$at" -eq "$1" ] || fail "caret in column $at, not $1"
}

finish() {
    [ "$failures" -eq 0 ] || echo "$failures failed"
    [ "$failures" -eq 0 ]
    exit
}
