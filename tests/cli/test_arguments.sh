#!/bin/sh
# The command line: options, help, output, formats.
. "${srcdir:-.}/tests/cli/support.sh"

succeeds() {
    ask "$@"
    [ "$code" -eq 0 ] || fail "$*: exit code $code"
    [ -s "$scratch/err" ] && fail "$*: something on standard error"
}
prints() { # PATTERN: the last output matches
    grep -q -e "$1" "$scratch/out" || fail "no '$1' in the output"
}

succeeds --version
prints '^edgeworth [0-9]*\.[0-9]*\.[0-9]*$'
succeeds help
prints 'derive'
succeeds --help
succeeds help derive
prints '--quantity NAME'
succeeds derive --help
prints '--quantity NAME'
succeeds help activations
prints 'leaky_relu'

# Both spellings of an option, and values that begin with a minus.
succeeds derive --quantity V
cp "$scratch/out" "$scratch/first"
prints '^V\[l+1\] = '
succeeds derive --quantity=V --quiet
cmp -s "$scratch/first" "$scratch/out" || fail "--x=V is not --x V"
refused 2 "order: '-1'" derive --order -1
refused 2 "order: '-1'" derive --order=-1
rm "$scratch/first"

succeeds derive --format latex
prints '\\end{document}'
succeeds derive --format json
prints '"rhs":'
succeeds derive --format csv
prints '^lhs,rhs,latex$'
succeeds derive --format c
prints '_equations_rhs\[[0-9]*\] = {'

succeeds derive --quantity V -o "$scratch/file"
[ -s "$scratch/out" ] && fail "-o still prints"
grep -q '^V' "$scratch/file" || fail "-o wrote nothing"
rm "$scratch/file"

refused 2 '\-\-speed: unknown option' derive --speed 3
refused 2 '\-x: unknown option' derive -x
refused 2 '\-\-depth: not an option of this command' derive --depth 3
refused 2 "'file': unexpected argument" derive file
refused 2 'takes no value' derive --quiet=yes
refused 2 'takes no value' derive --ntk=yes
refused 2 "format: 'yaml'" derive --format yaml
refused 2 "quantity: 'X'" derive --quantity X
refused 2 'order' derive --order 0

for words in '' 'explain' 'help explain' 'help derive more' 'derive --order' 'derive -o'; do
    # shellcheck disable=SC2086
    ask $words
    [ "$code" -eq 2 ] || fail "'$words': exit code $code"
    [ -s "$scratch/out" ] && fail "'$words': something on standard output"
    [ "$(wc -l <"$scratch/err")" -eq 1 ] || fail "'$words': not one line"
done

# Standard output that cannot be written: a full disk, a closed pipe.
if [ -w /dev/full ]; then
    code=0
    "$program" derive >/dev/full 2>"$scratch/err" || code=$?
    [ "$code" -eq 4 ] || fail "full disk: exit code $code"
    grep -q 'edgeworth derive: cannot write standard output' "$scratch/err" || fail "full disk"
fi
{
    sleep 0.3
    "$program" derive 2>"$scratch/err"
    echo $? >"$scratch/code"
} | true
[ "$(cat "$scratch/code")" = 4 ] || fail "closed pipe: exit code $(cat "$scratch/code")"
rm -f "$scratch/code"

# Ctrl-C: exit code 130, no partial file, the old one as it was.
printf 'precious' >"$scratch/existing"
"$program" validate --activation tanh --output "$scratch/existing" >"$scratch/out" 2>"$scratch/err" &
job=$!
sleep 0.7
kill -INT $job
code=0
wait $job || code=$?
[ "$code" -eq 130 ] || fail "interrupted: exit code $code"
grep -q '^edgeworth validate: cancelled$' "$scratch/err" || fail "interrupted: no message"
[ "$(cat "$scratch/existing")" = precious ] || fail "interrupted: the output file was changed"
rm "$scratch/existing"
for left in "$scratch"/existing*; do
    [ -e "$left" ] && fail "interrupted: $left was left behind"
done

# Files that cannot be written.
ask derive --output "$scratch/missing/file"
[ "$code" -eq 4 ] || fail "unwritable file: exit code $code"
grep -q 'cannot write .*missing/file: No such file or directory' "$scratch/err" || fail "unwritable"
ask derive --output "$scratch"
[ "$code" -eq 4 ] || fail "a directory as output: exit code $code"
finish
