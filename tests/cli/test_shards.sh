#!/bin/sh
# Shards of a sampling, merged: the bytes of the single run, in any order, and nothing else is
# accepted.
. "${srcdir:-.}/tests/cli/support.sh"

draw() { # FILE OPTIONS...
    into=$1
    shift
    ask sample --activation tanh --depth 3 --width 16 --samples 700 --ntk --moments 3 "$@" --output "$into"
    [ "$code" -eq 0 ] || fail "sample $*: exit code $code"
}

for format in text json csv latex; do
    draw "$scratch/whole.$format" --format $format
done
for n in 1 2 3 7; do
    files=
    k=1
    while [ $k -le $n ]; do
        draw "$scratch/$k.of.$n" --shard $k/$n --threads $((k % 2 + 1))
        files="$scratch/$k.of.$n $files"
        k=$((k + 1))
    done
    ask merge $files --format json
    [ "$code" -eq 0 ] || fail "merge of $n: exit code $code"
    cmp -s "$scratch/out" "$scratch/whole.json" || fail "merge of $n: other bytes"
done
for format in text csv latex; do
    ask merge "$scratch/2.of.3" "$scratch/3.of.3" "$scratch/1.of.3" --format $format
    cmp -s "$scratch/out" "$scratch/whole.$format" || fail "merge as $format: other bytes"
done

# Two inputs, explicit weights, a seed beyond 2^63, one sample in all.
shared() { # COMMAND OPTIONS...
    ask "$@" --format json --output "$scratch/whole"
    want=$code
    ask "$@" --shard 1/2 --output "$scratch/a" --threads 2
    ask "$@" --shard 2/2 --output "$scratch/b"
    ask merge "$scratch/b" "$scratch/a" --format json
    [ "$code" -eq "$want" ] || fail "merge of $*: exit code $code, not $want"
    cmp -s "$scratch/out" "$scratch/whole" || fail "merge of $*: other bytes"
}
other() {
    shared sample "$@"
}
other --activation relu --gram 1,1/3,2 --sampler network --width 24 --samples 200
other --activation erf --samples 100 --seed 18446744073709551615 --directions perp
grep -q '"seed": *"18446744073709551615"' "$scratch/whole" || fail "a seed beyond 2^63 is not written"
other --activation relu --residual beta=1/2 --width 8 --depth 3 --samples 300
other --activation tanh --preactivations --gram 1,1/2,1 --width 8 --depth 2 --samples 203
other --activation tanh --preactivations --ensemble orthogonal --width 8 --depth 3 --samples 203
ask sample --activation relu --samples 1 --format json --output "$scratch/whole"
ask sample --activation relu --samples 1 --shard 1/1 --output "$scratch/a"
ask merge "$scratch/a" --format json
cmp -s "$scratch/out" "$scratch/whole" || fail "merge of one sample: other bytes"

# Histograms, and MMD^2 at several widths: what the shards have is enough for all that is made of it.
run="--activation tanh --depth 3 --width 12 --samples 407"
shared density $run
shared density $run --ensemble orthogonal --bins 7
refused 2 'shard: nothing is sampled without samples$' density --activation tanh --depth 3 --width 12 --shard 1/2
ask density $run --plot "$scratch/whole.svg" --shard 1/2 --output "$scratch/d"
[ -e "$scratch/whole.svg" ] && fail "a shard draws a figure"
refused 2 'b: of another run: ' merge "$scratch/d" "$scratch/b"
run="--activation relu --depth 2,3 --width 5,10,20,40 --samples 2000"
shared mmd $run --sampler network --seed 4
shared mmd $run --gram 1,1/2,1
# Its sums are of the same kind, but not those of this run.
ask mmd $run --gram 1,1/2,1 --samples 1000 --shard 2/2 --output "$scratch/d"
refused 2 'd: of another run: samples: ' merge "$scratch/a" "$scratch/d"
ask mmd $run --samples 1000 --checkpoint "$scratch/half"
[ "$code" -eq 0 ] || fail "mmd with a checkpoint: exit code $code"
ask merge "$scratch/half" --format json
mv "$scratch/out" "$scratch/want"
ask mmd $run --samples 1000 --format json
cmp -s "$scratch/out" "$scratch/want" || fail "mmd from its checkpoint: other bytes"

# Overflow is told by who has all the samples.
ask sample --activation 'z^3' --depth 30 --samples 100
mv "$scratch/err" "$scratch/want"
[ "$code" -eq 3 ] || fail "overflow: exit code $code"
for k in 1 2; do
    ask sample --activation 'z^3' --depth 30 --samples 100 --shard $k/2 --output "$scratch/$k"
    [ "$code" -eq 0 ] || fail "overflow, shard $k: exit code $code"
done
ask merge "$scratch/1" "$scratch/2"
[ "$code" -eq 3 ] || fail "overflow merged: exit code $code"
sed 's/^edgeworth merge/edgeworth sample/' "$scratch/err" | cmp -s - "$scratch/want" ||
    fail "overflow merged: told differently"

# Missing, repeated, foreign, unfinished, damaged, something else.
a=$scratch/1.of.3 b=$scratch/2.of.3 c=$scratch/3.of.3
refused 2 'shard 2 of 3 is missing$' merge "$a" "$c"
refused 2 'shards 1, 3 of 3 are missing$' merge "$b"
refused 2 "2.of.3: shard 2 of 3 again, after .*2.of.3$" merge "$a" "$b" "$b" "$c"
refused 2 "1.of.2: shard 1 of 2, and .*1.of.3 is one of 3$" merge "$a" "$scratch/1.of.2"
draw "$scratch/foreign" --shard 2/3 --seed 5
refused 2 'foreign: of another run: seed: 5 there, not given here$' merge "$a" "$scratch/foreign" "$c"
draw "$scratch/foreign" --shard 2/3 --cb 0 --cw 1
refused 2 'foreign: of another run: cw: 1 there, not given here$' merge "$a" "$scratch/foreign" "$c"
refused 2 'whole.json: no file of samples$' merge "$scratch/whole.json"
refused 2 'whole.csv: damaged, or no file of samples (line 1)$' merge "$scratch/whole.csv"
refused 4 'cannot read .*none: No such file' merge "$a" "$scratch/none"
refused 2 'SHARD.json...: none given' merge
sed 's/"edgeworth": "[^"]*"/"edgeworth": "0.0.1"/' "$a" >"$scratch/old"
refused 2 'old: damaged: the checksum does not fit$' merge "$scratch/old" "$b" "$c"
head -c 2000 "$a" >"$scratch/cut"
refused 2 'cut: damaged, or no file of samples' merge "$scratch/cut" "$b" "$c"
ask sample --activation relu --samples 100 --checkpoint "$scratch/check"
ask merge "$scratch/check" --format json
[ "$code" -eq 0 ] || fail "a checkpoint without shards is one of one: exit code $code"
ask validate --activation relu --depth 2 --samples 2000 --checkpoint "$scratch/judged"
refused 2 'judged: of another command: validate, which has no shards$' merge "$scratch/judged"

# A damaged byte anywhere in the file.
size=$(wc -c <"$b")
at=5
while [ $at -lt "$size" ]; do
    byte=$(dd if="$b" bs=1 skip=$at count=1 2>/dev/null)
    other=7
    [ "$byte" = 7 ] && other=8
    { head -c $at "$b"; printf $other; tail -c +$((at + 2)) "$b"; } >"$scratch/damaged"
    ask merge "$a" "$scratch/damaged" "$c"
    [ "$code" -eq 2 ] || fail "byte $at changed: exit code $code"
    [ -s "$scratch/out" ] && fail "byte $at changed: something on standard output"
    grep -q '^edgeworth merge: .*damaged: ' "$scratch/err" ||
        grep -q '^edgeworth merge: .*damaged, or no file of samples' "$scratch/err" ||
        fail "byte $at changed: no message"
    at=$((at + size / 40))
done

# Shares.
for bad in 0/3 4/3 3 /3 3/ 1/65 001/3 -1/3 1/3/3 x; do
    refused 2 'shard: ' sample --activation relu --shard "$bad"
done
refused 2 'format: a shard is json, not csv' sample --activation relu --shard 1/2 --format csv
refused 2 'have 5 batches to share, not 6' sample --activation relu --samples 20 --shard 6/6
finish
