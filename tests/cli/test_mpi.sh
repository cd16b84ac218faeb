#!/bin/sh
# Processes of mpirun share a sampling: the same bytes for any number of them, one voice, and a lost one
# costs nothing that the checkpoint has.
. "${srcdir:-.}/tests/cli/support.sh"
grep -q '^#define HAVE_MPI 1' config.h 2>/dev/null && command -v mpirun >/dev/null 2>&1 || exit 77

team() { # N ARGUMENTS...: as ask does, with N processes
    n=$1
    shift
    code=0
    timeout 60 mpirun -q -n "$n" --oversubscribe --allow-run-as-root --bind-to none "$program" "$@" \
        >"$scratch/out" 2>"$scratch/err" || code=$?
}

same() { # ARGUMENTS...
    ask "$@"
    mv "$scratch/out" "$scratch/want"
    for n in 1 2 3; do
        team $n "$@"
        [ "$code" -eq 0 ] || fail "$n processes: $*: exit code $code"
        cmp -s "$scratch/out" "$scratch/want" || fail "$n processes: $*: other bytes"
    done
}
same sample --activation tanh --depth 3 --width 32 --ntk --samples 3000 --format json
same validate --activation relu --depth 2 --samples 4000 --format json
same density --activation tanh --depth 3 --width 16 --samples 1000 --format json
same mmd --activation relu --depth 2 --width 5,10,20 --samples 1000 --format json
same sample --activation tanh --depth 3 --width 16 --preactivations --samples 1000 --format json
same expect --activation relu --integrand 's^2'

# Shards of teams; a file that is written.
run="--activation erf --depth 3 --width 32 --samples 3000"
ask sample $run
mv "$scratch/out" "$scratch/want"
team 2 sample $run --shard 1/2 --output "$scratch/a"
team 3 sample $run --shard 2/2 --output "$scratch/b" --threads 2
ask merge "$scratch/b" "$scratch/a"
cmp -s "$scratch/out" "$scratch/want" || fail "shards of teams: other bytes"

# One line and one exit code, whoever finds the fault.
failing() { # CODE PATTERN ARGUMENTS...
    want=$1 pattern=$2
    shift 2
    team 3 "$@"
    [ "$code" -eq "$want" ] || fail "$*: exit code $code, not $want"
    [ "$(grep -c '^edgeworth' "$scratch/err")" -eq 1 ] || fail "$*: not one line"
    grep -q "^edgeworth $1: .*$pattern" "$scratch/err" || fail "$*: no '$pattern'"
    [ -s "$scratch/out" ] && fail "$*: something on standard output"
}
failing 3 'overflow from layer' sample --activation 'z^3' --depth 30 --samples 100
failing 3 'overflow from layer' density --activation 'z^3' --depth 12 --width 4 --samples 1000
failing 2 'depth' sample --activation relu --depth 0
echo '{}' >"$scratch/damaged"
failing 2 'damaged: no file of samples' sample $run --checkpoint "$scratch/damaged"
[ "$(cat "$scratch/damaged")" = '{}' ] || fail "the damaged checkpoint was changed"

# A process is killed; one process goes on alone, then a team from its checkpoint.
run="--activation tanh --depth 4 --width 64 --ntk --samples 200000 --format json"
check=$scratch/check
ask sample $run
mv "$scratch/out" "$scratch/want"
# (A busy machine needs longer than mpirun waits of itself to say what was saved.)
mpirun -n 3 --oversubscribe --allow-run-as-root --bind-to none --mca odls_base_sigkill_timeout 30 \
    "$program" sample $run --checkpoint "$check" \
    >"$scratch/out" 2>"$scratch/err" &
child=$!
tries=0
while [ $tries -lt 500 ] && [ ! -e "$check" ]; do
    sleep 0.02
    tries=$((tries + 1))
done
kill -9 "$(ps -o pid= --ppid $child | sed -n 2p)"
code=0
wait $child || code=$?
[ "$code" -ne 0 ] || fail "a lost process: exit code 0"
grep -q "^edgeworth sample: cancelled: $check has [0-9]* samples" "$scratch/err" || fail "a lost process: no message"
[ -s "$scratch/out" ] && fail "a lost process: something on standard output"
timeout -s KILL 0.3 "$program" sample $run --checkpoint "$check" >/dev/null 2>&1
team 2 sample $run --checkpoint "$check"
cmp -s "$scratch/out" "$scratch/want" || fail "after a lost process: other bytes"
finish
