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
    library=.libs/libedgeworth.so
    if [ -e $library ] && [ -z "${EW_SANITIZED:-}" ]; then
        python3 "$examples/from_python.py" $library relu 4 >"$scratch/out" 2>"$scratch/err" ||
            fail 'from_python.py'
        grep -q '^4 15\.0 V in \[1[45]\.' "$scratch/out" || fail 'from_python.py: V of relu'
    fi
fi
finish
