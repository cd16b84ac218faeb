#!/bin/sh
# Headers compile as C99 and C++11 without a warning, their self-tests pass, and fail when anything
# in the header is altered.
. "${srcdir:-.}/tests/cli/support.sh"
cc=${CC:-cc}
cxx=
for compiler in g++ clang++; do
    command -v $compiler >/dev/null 2>&1 && cxx=$compiler && break
done
strict='-Wall -Wextra -pedantic -Werror'

# make ARGUMENTS...: a header and its self-test, net.h and net.c.
make() {
    ask header --prefix net --self-test "$scratch/net.c" -o "$scratch/net.h" "$@"
    [ "$code" -eq 0 ] || fail "$*: exit code $code"
}
# passes: in C, and in C++ where there is a compiler.
passes() {
    # shellcheck disable=SC2086
    $cc -std=c99 $strict -o "$scratch/c99" "$scratch/net.c" -lm >"$scratch/err" 2>&1 || fail "$1: C99"
    "$scratch/c99" >"$scratch/err" 2>&1 || fail "$1: the self-test fails in C"
    [ -n "$cxx" ] && [ -z "${2:-}" ] || return 0
    # shellcheck disable=SC2086
    $cxx -x c++ -std=c++11 $strict -o "$scratch/cxx" "$scratch/net.c" >"$scratch/err" 2>&1 || fail "$1: C++11"
    "$scratch/cxx" >"$scratch/err" 2>&1 || fail "$1: the self-test fails in C++"
}
# caught NAME SCRIPT: after sed SCRIPT the self-test exits 1 and names NAME.
caught() {
    cp "$scratch/net.h" "$scratch/good.h"
    sed "$2" "$scratch/good.h" >"$scratch/net.h"
    cmp -s "$scratch/good.h" "$scratch/net.h" && fail "$2 alters nothing"
    $cc -std=c99 -o "$scratch/altered" "$scratch/net.c" -lm >"$scratch/err" 2>&1 || fail "$2: does not compile"
    code=0
    "$scratch/altered" >"$scratch/out" 2>"$scratch/err" || code=$?
    [ "$code" -eq 1 ] || fail "$2: the self-test exits with $code"
    grep -q "^$1\[[0-9]*\]: " "$scratch/out" || fail "$2: $1 is not named"
    mv "$scratch/good.h" "$scratch/net.h"
}

make --activation tanh --depth 4 --ntk --sde
passes tanh
caught net_C_W 's/^\(static const double net_C_W = EDGEWORTH_D(0x1\)p/\1.0000000000001p/'
caught net_b1 's/^\(static const double net_b1_lower = EDGEWORTH_D(-0x\)1p/\11.8p/'
caught net_class 's/zero-fixed-point/half-stable/'
caught net_V '/net_V\[4\]/,/^};/s/\(0x1\.[0-9a-f]*\)0\([0-9a-f]p\)/\11\2/'
caught net_layer '/net_layer\[4\]/,/^};/s/4$/5/'
caught net_taylor_coefficient '/taylor_coefficient\[10\]/,/^};/s/EDGEWORTH_D(-0x1.5/EDGEWORTH_D(-0x1.4/'


# Functions: a coefficient that matters, one whose last digit does not, a slope, an index.
make --activation tanh --functions chi
passes 'functions of one variance'
caught net_ss_one '/net_ss_one_table/,/^};/s/^\( *-\{0,1\}[0-9]\{4\}\)[0-4]/\18/'
caught net_dd_one_table '/net_dd_one_table/,/^};/s/[0-8],/9,/'
caught net_chi_par '/double net_chi_par(/,/^}/s/EDGEWORTH_D(0x1p/EDGEWORTH_D(0x1.0000000000004p/'
make --activation relu --functions chi,dual,ntk,step --domain 1/16,16
passes 'all functions'
caught 'net_step: [A-Za-z0-9]*' '/ x0 = net_of(/s/0x1p+1/0x1.01p+1/'

make --activation 'z + z^2/2' --order 2 --depth 2 --cw 1,2/3 --cb 1/10
passes polynomial
make --activation relu --depth 3 --ntk --ensemble orthogonal
passes 'orthogonal weights' c
make --activation erf --cb 1/10
passes 'the edge of chaos' c

# Two headers in one file, within extern "C".
if [ -n "$cxx" ]; then
    "$program" header --activation relu -o "$scratch/relu.h"
    "$program" header --activation sin -o "$scratch/sin.h"
    printf 'extern "C" {\n#include "relu.h"\n#include "sin.h"\n#include "relu.h"\n}\nint main() { return relu_C_W == 2 && sin_C_W == 1 ? 0 : 1; }\n' \
        >"$scratch/two.cc"
    # shellcheck disable=SC2086
    $cxx -std=c++17 $strict -o "$scratch/two" "$scratch/two.cc" >"$scratch/err" 2>&1 || fail "two headers"
    "$scratch/two" || fail "two headers: wrong"
fi

# The same bytes in every locale.
"$program" header --activation tanh --depth 3 >"$scratch/one"
for locale in de_DE.UTF-8 fr_FR.utf8 tr_TR.utf8; do
    LC_ALL=$locale "$program" header --activation tanh --depth 3 | cmp -s - "$scratch/one" || fail "$locale"
done
"$program" header --activation 'z*sigmoid(z)' --digits 7 | grep '^static const double z_sigmoid_z_C_W =' >/dev/null ||
    fail 'a prefix of its own'
"$program" table --activation tanh --depth 3 --format c >"$scratch/table.h"
"$program" cumulants --activation tanh --depth 3 --format c >"$scratch/cumulants.h"
for file in table cumulants; do
    # shellcheck disable=SC2086
    # included, since clang calls what the main file does not use unused
    printf '#include "%s.h"\n' "$file" >"$scratch/main.c"
    $cc -std=c99 $strict -fsyntax-only "$scratch/main.c" 2>"$scratch/err" || fail "$file --format c"
    grep -q 'tanh_V_lower\[3\]' "$scratch/$file.h" || fail "$file --format c: no V"
done

refused 2 prefix header --activation tanh --prefix 2nd
refused 2 prefix header --activation tanh --prefix a__b
refused 2 prefix header --activation tanh --prefix 'a b'
refused 2 'only with sde' header --activation tanh --shaping smooth
refused 2 'only with self-test' header --activation tanh --include x.h
refused 2 'only with functions' header --activation tanh --domain 1,2
refused 2 'domain' header --activation tanh --functions chi --domain 2,1
refused 2 'domain' header --activation tanh --functions chi --domain 0,1
refused 2 'at most 10000 layers' header --activation tanh --depth 10001
refused 2 'functions' header --activation tanh --functions everything
refused 4 'cannot write' header --activation tanh --self-test "$scratch/none/t.c"
refused 2 'activation' header
refused 3 'beyond the range of doubles' header --activation tanh --cw 10^400 --cb 0
ask header --activation tanh --output "$scratch/none/net.h"
[ "$code" -eq 4 ] || fail "unwritable output: exit code $code"
finish
