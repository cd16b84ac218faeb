#!/bin/sh
# Bad input: each case has its exit code and one line that says what and where, prints no number and
# leaves an existing output file as it was.
. "${srcdir:-.}/tests/cli/support.sh"

network() { # CODE PATTERN OPTIONS...
    want=$1 pattern=$2
    shift 2
    refused "$want" "$pattern" cumulants "$@"
}

# Expressions: malformed, unknown, with a kink at a place that is not constant.
network 2 'activation' --activation 'tanh('
refused_at 6
network 2 'activation' --activation 'z+*2'
refused_at 3
network 2 'activation' --activation 'tahn(z)'
refused_at 1
network 2 'activation' --activation ''
network 2 'activation' --activation 'z z'
network 2 '' --activation 'if(z<sin(z), 0, z)'
network 2 '' --activation 'z+w'
refused_at 3

# Not finite on the real line, or not Gaussian-integrable.
network 2 '' --activation 'exp(z^2)'
network 2 '' --activation '1/z'
network 2 '' --activation 'log(z)'
network 2 '' --activation 'sqrt(z)'

# Limits of an expression: 64 KiB, nesting 1000.
long=$(head -c 100000 /dev/zero | tr '\0' '+' | sed 's/+/z+/g' | head -c 100001)
network 2 '' --activation "$long"
deep=$(head -c 20000 /dev/zero | tr '\0' '(')
network 2 '' --activation "${deep}z"

# Numbers.
for bad in nan inf -inf '' ' ' 1e 0x10 1,,2 z abc; do
    network 2 'cw' --activation relu --cw "$bad"
    network 2 'gram' --activation relu --gram "$bad"
done
network 2 'cw: the value is negative' --activation relu --cw -1
network 2 'cw' --activation relu --cw 0
network 2 'cb: the value is negative' --activation relu --cw 1 --cb=-1/2
network 2 'lambda-w: the value is negative' --activation relu --lambda-w -1
network 2 'cw' --activation relu --cw 1/0
network 2 'cw' --activation relu --cw 'log(0)'
for bad in 0 1000000000 1000001 -3 1.5 '' 2e1; do
    network 2 'depth' --activation relu --depth "$bad"
done
for bad in 0 1000000 10001 -1 '' x; do
    network 2 'digits' --activation relu --digits "$bad"
done
network 2 'cw: 2 values for 3 layers' --activation relu --cw 1,2 --depth 3
network 2 'cb' --activation relu --cw 1 --cb critical
network 3 'critical' --activation 'z+z^3' --cw critical
network 2 'lambda-w' --activation relu --convention neural-tangents --lambda-w 1
network 2 'ensemble' --activation relu --ensemble uniform

network 3 'infinite' --activation relu --ddntk --exact --depth 3
network 3 'orders beyond 16' --activation tanh --order 17

# Covariances.
refused 2 'positive semi-definite' kernel --activation relu --gram 1,2,1
network 2 '' --activation relu --gram=-1
network 2 'gram: an upper triangle' --activation relu --gram 1,2
network 2 '' --activation relu --cw 1 --cb 2 --gram 1
refused 2 'positive semi-definite' expect --activation relu --integrand s_a*s_b --gram 1,-2,1
refused 2 'k: the value is negative' expect --activation relu --integrand s --k -1
refused 2 'integrand' expect --activation relu --integrand 's+'
refused 2 'integrand' expect --activation relu --integrand 'q^2'
refused 2 'integrand: none given' expect --activation relu
refused 2 'activation: none given' expect --integrand s
refused 2 'exclude each other' expect --activation relu --integrand s --k 1 --gram 1

# Densities.
refused 2 'width: none given' density --activation relu
refused 2 'order' density --activation relu --width 9 --order 0
refused 3 'orders beyond' density --activation relu --width 9 --order 99
refused 2 'no density' density --activation relu --width 9 --gram 0
refused 3 '2 inputs' density --activation relu --width 9 --gram 1,0,1
refused 2 'points excludes' density --activation relu --width 9 --points 0 --count 3
refused 2 'from: one value' density --activation relu --width 9 --from 0,1
refused 2 'points' density --activation relu --width 9 --points 0,z
refused 2 'count' density --activation relu --width 9 --count 0
refused 2 'does not end in' density --activation relu --width 9 --plot figure.gif
refused 4 'cannot write' density --activation relu --width 9 --plot "$scratch/none/figure.svg"

# Gradients.
refused 2 'zero almost everywhere' gradients --activation sign
refused 2 'delta function' gradients --activation 'step(z)+z'
refused 2 'not between -1 and 1' gradients --activation tanh --cosine 11/10
refused 2 'cosine: one number' gradients --activation tanh --cosine 0,1
refused 2 'order' gradients --activation tanh --order 0
refused 3 'orders beyond' gradients --activation tanh --order 6
refused 3 'not rational' gradients --activation tanh --exact
refused 3 '2 inputs' gradients --activation tanh --gram 1,0,1

refused 2 'activation: none given' sde
refused 2 'has a kink' sde --activation relu
refused 2 'has a kink' sde --activation hardtanh --shaping none
refused 2 'has a kink' sde --activation elu
refused 2 'only with form inner' resnet --activation tanh --abar none.csv
refused 4 'none.csv' resnet --activation tanh --form inner --residual beta=1 --abar none.csv
refused 2 'has a jump' sde --activation 'z+step(z-1)' --direction-count 1
refused 2 'at 0 is zero' sde --activation 'z^2'
refused 2 'a is not positive' sde --activation tanh --a 0
refused 2 'a is not positive' sde --activation tanh --a -1
refused 2 'not with this shaping' sde --activation tanh --c-plus 1
refused 2 'residual networks only' sde --activation tanh --width 3
refused 2 'width of h' sde --activation relu --residual beta=1/2
refused 3 'no limit' sde --activation relu --residual beta=1/4 --width 3
refused 2 'so few coordinates' sde --activation tanh --residual beta=1/2 --width 1 --gram 1,0,1 --density --time 1
refused 3 'weak order 2' sde --activation tanh --residual beta=1/2 --width 3 --gram 1,0,1 --simulate --scheme second --time 1
refused 3 'has a jump' sde --activation 'sign(z)' --residual beta=1/2 --width 3
refused 2 'needs c-plus and c-minus' sde --shaping relu --c-plus 1
refused 2 'which tanh is not' sde --activation tanh --shaping relu --c-plus 0 --c-minus -1
refused 2 'depends on z' sde --shaping relu --c-plus z --c-minus -1
refused 2 'outside' sde --activation tanh --gram 1,2,1
refused 2 'outside' sde --activation tanh --gram '1,sqrt(2),1'
refused 2 'not positive' sde --activation tanh --gram 0
refused 2 'of 2 inputs' sde --activation tanh --gram 1,0,1 --input-count 3
refused 2 'power' sde --activation tanh --power 0
refused 3 'no limit' sde --activation softplus --power 1/4
refused 3 'no limit' sde --activation softplus --shaping none
refused 3 'no derivative fields' sde --activation relu --shaping none --input-count 3 --ntk
refused 3 'not told from zero' sde --activation tanh --a 'sqrt(2)*(1+exp(-exp(10)))'

# Input files: missing, truncated, malformed.
network 4 'cannot read .*: No such file' --activation relu --inputs "$scratch/none.csv"
printf '1,0,2,1\n' >"$scratch/wide.csv"
refused 3 'inputs: .* 4 coordinates' validate --activation relu --ensemble orthogonal --width 3,4 --inputs "$scratch/wide.csv"
refused 3 'of 2 x 1 (layer 1) and 3 fields' sample --activation tanh --ensemble orthogonal --width 2 --ntk
refused 3 'of 2 x 1 (layer 1) and 3 fields' cumulants --activation tanh --ensemble orthogonal --width 2 --ntk
refused 3 'of 2 x 1 (layer 1) and 3 fields' table --activation tanh --ensemble orthogonal --width 2 --ntk
refused 3 'of 1 x 1 (layer 1) and 2 fields' sample --activation tanh --ensemble orthogonal --width 1 --gram 1,1/2,1
refused 3 'of 1 x 1 (layer 3) and 2 fields' cumulants --activation tanh --ensemble orthogonal --width 2,1,1 --depth 3 --gram 1,1/2,1
refused 3 'residual: not with orthogonal' kernel --activation tanh --residual beta=1/2 --ensemble orthogonal
printf '1,0\n0,' >"$scratch/cut.csv"
network 2 'line 2, column 2: a number is missing' --activation relu --inputs "$scratch/cut.csv"
printf '1,0\n0\n' >"$scratch/cut.csv"
network 2 'line 2, column 1: fewer numbers' --activation relu --inputs "$scratch/cut.csv"
printf 'x,y\n1,0\n' >"$scratch/cut.csv"
network 2 'line 1, column 1: not a number' --activation relu --inputs "$scratch/cut.csv"
printf '' >"$scratch/cut.csv"
network 2 'empty' --activation relu --inputs "$scratch/cut.csv"
network 2 'exclude each other' --activation relu --inputs "$scratch/cut.csv" --gram 1

# No memory: a million layers under a limit of the address space.
if (ulimit -v 100000) 2>/dev/null && [ -z "${EW_SANITIZED:-}" ]; then
    code=0
    (ulimit -v 100000 && exec "$program" cumulants --activation relu --depth 1000000) \
        >"$scratch/out" 2>"$scratch/err" || code=$?
    [ "$code" -eq 4 ] || fail "memory limit: exit code $code"
    grep -q '^edgeworth.*: out of memory$' "$scratch/err" || fail "memory limit: no message"
    [ -s "$scratch/out" ] && fail "memory limit: something on standard output"
fi
finish
