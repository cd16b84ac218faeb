#!/bin/sh
# Programs in C, C++ and Python that use headers, tables and the library, as examples/ shows them.
. "${srcdir:-.}/tests/cli/support.sh"
cc=${CC:-cc}
examples=$(cd "${srcdir:-.}/examples" && pwd)
tables=$(cd "${srcdir:-.}/tables" && pwd)
strict='-Wall -Wextra -pedantic -Werror'

"$program" header --activation relu -o "$scratch/relu.h" 2>"$scratch/err" || fail 'relu.h'
# shellcheck disable=SC2086
$cc -O2 -std=c99 $strict -I"$scratch" -o "$scratch/init" "$examples/critical_init.c" -lm 2>"$scratch/err" ||
    fail 'critical_init.c'
"$scratch/init" >"$scratch/err" || fail 'critical_init: a signal explodes or vanishes'

for cxx in g++ clang++; do
    command -v $cxx >/dev/null 2>&1 || continue
    "$program" header --activation gelu --depth 10 --ntk -o "$scratch/gelu.h" 2>"$scratch/err" || fail 'gelu.h'
    # shellcheck disable=SC2086
    $cxx -std=c++11 $strict -I"$scratch" -o "$scratch/ntk" "$examples/ntk.cc" 2>"$scratch/err" || fail 'ntk.cc'
    "$scratch/ntk" 100 >"$scratch/out" 2>"$scratch/err" || fail 'ntk'
    [ "$(wc -l <"$scratch/out")" -eq 11 ] || fail 'ntk: not ten layers'
    break
done

if command -v python3 >/dev/null 2>&1; then
    python3 "$examples/from_tables.py" "$tables/relu.json" "$tables/tanh.json" >"$scratch/out" 2>"$scratch/err" ||
        fail 'from_tables.py'
    grep -q '^relu: scale-invariant, .* V/K^2 315 at layer 64, +5\.0* in it$' "$scratch/out" ||
        fail 'from_tables.py: relu'
    grep -q '^tanh: zero-fixed-point, C_W 1\.0*, ' "$scratch/out" || fail 'from_tables.py: tanh'
    # CSV keeps every digit that JSON has.
    "$program" table --activation tanh --depth 4 --ntk --digits 30 -o "$scratch/t.json"
    "$program" table --activation tanh --depth 4 --ntk --digits 30 --format csv -o "$scratch/t.csv"
    python3 -c '
import csv, json, sys
layers = json.load(open(sys.argv[1]))["result"]["layers"]
rows = list(csv.DictReader(open(sys.argv[2])))
assert len(rows) == 4
for layer, row in zip(layers, rows):
    for name in ("K", "Theta", "V", "F"):
        assert (row[name], row[name + "_rad"]) == (layer[name]["mid"], layer[name]["rad"])
' "$scratch/t.json" "$scratch/t.csv" 2>"$scratch/err" || fail 'the CSV of a table'
    grep -q '^4,"0\.[0-9]*",5e-31,' "$scratch/t.csv" || fail 'the CSV of a table: no quoted digits'
    library=.libs/libedgeworth.so
    if [ -e $library ] && [ -z "${EW_SANITIZED:-}" ]; then
        python3 "$examples/from_python.py" $library relu 4 >"$scratch/out" 2>"$scratch/err" ||
            fail 'from_python.py'
        grep -q '^4 15\.0 V in \[1[45]\.' "$scratch/out" || fail 'from_python.py: V of relu'
    fi
fi
finish
