#!/bin/sh
# sde --simulate and --density, validate --limit sde: what is refused, and that threads do not matter.
. "${srcdir:-.}/tests/cli/support.sh"

tanh="--activation tanh --shaping smooth --a 1"
relu="--shaping relu --c-plus 0 --c-minus -1"

# shellcheck disable=SC2086
{
    refused 2 'time: none' sde $tanh --simulate
    refused 2 'time' sde $tanh --density --time 0
    refused 2 'time' sde $tanh --density --time -1
    refused 2 'time: only with' sde $tanh --time 1
    refused 2 'paths: only with' sde $tanh --density --time 1 --paths 10
    refused 2 'count: only with' sde $tanh --simulate --time 1 --count 3
    refused 2 'gram: needed' sde $tanh --simulate --time 1 --input-count 2
    refused 2 'gram: .*positive semi-definite' sde $relu --density --time 1 --gram 1,2,1
    refused 2 'stays there' sde $relu --density --time 1 --gram 1,1,1
    refused 2 'gram: paths' sde --activation tanh --shaping none --simulate --time 1
    refused 3 'no noise' sde $tanh --clock depth --density --time 1
    refused 3 'no noise' sde $tanh --ensemble orthogonal --simulate --time 1
    refused 3 'numbers to keep' sde $tanh --simulate --time 1 --paths 1000000000
    refused 2 'at least 4' validate --limit sde $tanh --width 8,16
    refused 2 'not a whole number' validate --limit sde $tanh --width 8,16,24,33 --time 1/2
    refused 2 'limit excludes depth' validate --limit sde $tanh --depth 4

    run="sde $relu --gram 1,1/5,1 --simulate --time 1 --paths 700 --path-steps 20 --trace 2 --seed 7 --format json"
    ask $run --threads 1
    mv "$scratch/out" "$scratch/one"
    ask $run --threads 3
    cmp -s "$scratch/one" "$scratch/out" || fail "threads change the paths"
    [ "$(grep -c '"path":' "$scratch/one")" -eq 42 ] || fail "not 2 paths of 21 points"
    ask $run --seed 8
    cmp -s "$scratch/one" "$scratch/out" && fail "the seed does not matter"
    ask sde $relu --gram 1,1/5,1 --simulate --time 1 --paths 100 --path-steps 4 --trace 1 --format csv
    head -n 1 "$scratch/out" | grep -q '^path,t,V11,V12,V22$' || fail "the CSV is not of paths"
    [ "$(wc -l <"$scratch/out")" -eq 6 ] || fail "the CSV has not 5 points"
}
finish
