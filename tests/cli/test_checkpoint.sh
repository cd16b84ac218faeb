#!/bin/sh
# Checkpoints: an interrupted sampling goes on where it was and ends with the bytes of one that was
# not interrupted; a checkpoint that is damaged, of another run or not writable is refused and kept.
. "${srcdir:-.}/tests/cli/support.sh"
check=$scratch/check.json
drawn() { # samples in the checkpoint
    grep -o '"samples":[0-9]*,"bad_layer"' "$check" | sed 's/[^0-9]//g' | awk '{s += $1} END {print s + 0}'
}

# interrupt SIGNAL COMMAND...: start, wait for a checkpoint newer than $scratch/mark, send the signal.
# $code as ask has it.
interrupt() {
    signal=$1
    shift
    touch "$scratch/mark"
    "$program" "$@" >"$scratch/out" 2>"$scratch/err" &
    child=$!
    tries=0
    while [ $tries -lt 500 ] && [ ! "$check" -nt "$scratch/mark" ]; do
        sleep 0.02
        tries=$((tries + 1))
    done
    kill -"$signal" $child 2>/dev/null
    code=0
    wait $child 2>/dev/null || code=$?
}

# resumed WANT COMMAND...: killed twice, with other numbers of threads, then left to end.
resumed() {
    want=$1
    shift
    rm -f "$check"
    interrupt KILL "$@" --checkpoint "$check" --threads 2
    [ "$code" -eq 137 ] || fail "kill -9: exit code $code"
    once=$(drawn)
    [ "$once" -gt 0 ] || fail "kill -9: nothing in the checkpoint"
    interrupt INT "$@" --checkpoint "$check" --threads 1
    [ "$code" -eq 130 ] || fail "Ctrl-C: exit code $code"
    [ "$(drawn)" -gt "$once" ] || fail "Ctrl-C: $(drawn) samples after $once"
    grep -q "cancelled: $check has $(drawn) samples, and the same command goes on$" "$scratch/err" ||
        fail "Ctrl-C: no message"
    ask "$@" --checkpoint "$check" --threads 2
    [ "$code" -eq 0 ] || fail "resumed: exit code $code"
    cmp -s "$scratch/out" "$want" || fail "resumed: other bytes"
    cp "$check" "$scratch/done"
    ask "$@" --checkpoint "$check"
    cmp -s "$scratch/out" "$want" || fail "done: other bytes"
    cmp -s "$check" "$scratch/done" || fail "done: the checkpoint changed"
    [ -e "$check.new" ] && fail "a file was left behind"
}

run="--activation tanh --depth 6 --width 128 --ntk --format json"
[ -n "${EW_SANITIZED:-}" ] && run="$run --width 32"
run="$run --samples 60000"
ask sample $run
mv "$scratch/out" "$scratch/sampled"
resumed "$scratch/sampled" sample $run

# What is refused leaves the file as it is.
kept() { # PATTERN OPTIONS...
    cp "$check" "$scratch/before"
    pattern=$1
    shift
    refused 2 "$pattern" "$@" --checkpoint "$check"
    cmp -s "$check" "$scratch/before" || fail "$*: the checkpoint was changed"
}
kept 'check.json: of another run: seed: not given there, 7 here$' sample $run --seed 7
kept 'check.json: of another run: depth: 6 there, 7 here$' sample $run --depth 7
# shellcheck disable=SC2086
kept 'check.json: of another run: ntk: given there, not given here$' \
    sample $(echo "$run" | sed 's/ --ntk//')
kept 'check.json: of another command: sample, not validate$' validate --activation tanh
kept 'check.json: of another run: shard: not given there, 1/2 here$' sample $run --shard 1/2
kept 'observed excludes checkpoint' validate --activation relu --observed "${srcdir:-.}/examples/measured.csv"
cp "$check" "$scratch/good"
size=$(wc -c <"$check")
at=3
while [ $at -lt "$size" ]; do
    byte=$(dd if="$scratch/good" bs=1 skip=$at count=1 2>/dev/null)
    other=7
    [ "$byte" = 7 ] && other=8
    { head -c $at "$scratch/good"; printf $other; tail -c +$((at + 2)) "$scratch/good"; } >"$check"
    kept 'check.json: damaged' sample $run
    at=$((at + size / 20))
done
head -c $((size / 2)) "$scratch/good" >"$check"
kept 'check.json: damaged, or no file of samples' sample $run
: >"$check"
kept 'check.json: damaged, or no file of samples' sample $run
refused 4 'cannot write' sample $run --checkpoint "$scratch/none/check.json"

# No room: told at once, and the checkpoint from before is intact.
rm -f "$check"
interrupt INT sample $run --checkpoint "$check"
cp "$check" "$scratch/before"
code=0
(ulimit -f 4 && exec "$program" sample $run --checkpoint "$check") >"$scratch/out" 2>"$scratch/err" || code=$?
[ "$code" -eq 4 ] || fail "no room: exit code $code"
grep -q '^edgeworth sample: cannot write .*check.json: ' "$scratch/err" || fail "no room: no message"
[ "$(wc -l <"$scratch/err")" -eq 1 ] || fail "no room: not one line"
[ -s "$scratch/out" ] && fail "no room: something on standard output"
cmp -s "$check" "$scratch/before" || fail "no room: the checkpoint was changed"
[ -e "$check.new" ] && fail "no room: a file was left behind"
ask sample $run --checkpoint "$check"
cmp -s "$scratch/out" "$scratch/sampled" || fail "after no room: other bytes"

# One checkpoint serves all the samplings of a validation.
run="--activation relu --depth 2,3 --width 40,60,80,120,160 --samples 40000 --seed 1 --format json"
[ -n "${EW_SANITIZED:-}" ] && run="$run --samples 10000"
ask validate $run
mv "$scratch/out" "$scratch/judged"
resumed "$scratch/judged" validate $run
[ "$(grep -o '"shift"' "$check" | wc -l)" -eq 5 ] || fail "not five samplings in the checkpoint"
kept 'check.json: of another run: width: ' validate $run --width 40,60,80,120

# So it does for those of mmd, some way into a batch; and for draws and neurons.
run="--activation tanh --depth 4 --width 30,60,120 --samples 50000 --format json"
[ -n "${EW_SANITIZED:-}" ] && run="$run --samples 5000"
ask mmd $run
mv "$scratch/out" "$scratch/judged"
resumed "$scratch/judged" mmd $run
kept 'check.json: of another run: length: not given there, 2 here$' mmd $run --length 2
run="--activation tanh --depth 4 --width 100 --samples 140000 --format json"
[ -n "${EW_SANITIZED:-}" ] && run="$run --samples 12000"
ask density $run
mv "$scratch/out" "$scratch/judged"
resumed "$scratch/judged" density $run
run="--activation tanh --depth 3 --width 64 --gram 1,1/2,1 --preactivations --samples 90000 --format json"
[ -n "${EW_SANITIZED:-}" ] && run="$run --samples 8000"
ask sample $run
mv "$scratch/out" "$scratch/judged"
resumed "$scratch/judged" sample $run

# A shard can be interrupted like any sampling.
run="--activation tanh --depth 3 --width 32 --samples 2000"
ask sample $run --shard 2/3 --output "$scratch/shard"
ask sample $run --shard 2/3 --checkpoint "$scratch/half" --output "$scratch/again"
cmp -s "$scratch/shard" "$scratch/again" || fail "a shard with a checkpoint: other bytes"
finish
