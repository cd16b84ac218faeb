#!/bin/sh
# regress: closed forms by hand, and what it refuses.
. "${srcdir:-.}/tests/cli/support.sh"

x=$scratch/x.csv y=$scratch/y.csv t=$scratch/t.csv
printf '1,1\n1,-1\n' >"$x"
printf '3\n1/3\n' >"$y"
printf '2,0\n' >"$t"

# cell COLUMN ROW: a number of the predictions' table in $scratch/out (CSV)
predictions() {
    sed -n '/^t,set,point/,$p' "$scratch/out"
}
want() { # MESSAGE TEXT: the predictions, values and radii
    [ "$(predictions)" = "$2" ] || { fail "$1"; predictions; }
}

# Linear network, depth 1: H = K = [[1, 0], [0, 1]], the test point is x_1 + x_2.  At t = log 2
# half of the way: b = (1/2, 1/2), variance k_xx - 2 b.k + b.k b = 2 - 2 + 1/2.
ask regress --activation z --depth 1 --cw 1 --cb 0 --inputs "$x" --targets "$y" --inputs-test "$t" \
    --time 'log(2),inf' --digits 6 --format csv
want "two orthogonal points" "t,set,point,prediction,prediction_rad,variance,variance_rad
0.69314718055994529,train,1,1.50000,5e-6,0.250000,5e-7
0.69314718055994529,train,2,0.166667,5e-7,0.250000,5e-7
0.69314718055994529,test,1,1.66667,5e-6,0.500000,5e-7
inf,train,1,3.00000,5e-6,0,0
inf,train,2,0.333333,5e-7,0,0
inf,test,1,3.33333,5e-6,0,0"

# Two outputs; a ridge: A = 2, b = 1/2; posterior variance 1 - 1/2.
printf '1,-4\n' >"$y"
ask regress --activation z --depth 1 --cw 1 --cb 0 --gram 1 --targets "$y" --kernel nngp \
    --regularisation 1 --digits 3 --format csv
want "one point with noise" "t,set,point,prediction[1],prediction[1]_rad,prediction[2],prediction[2]_rad,variance,variance_rad
inf,train,1,0.500,5e-4,-2.00,5e-3,0.500,5e-4"

# A mean loss over two points is half as fast; times given by a count.
printf '3\n1/3\n' >"$y"
linear="regress --activation z --depth 1 --cw 1 --cb 0 --inputs $x --targets $y"
ask $linear --time 1,4 --count 3 --loss mean --digits 8 --format csv
predictions >"$scratch/mean"
ask $linear --time 1/2,1,2 --digits 8 --format csv
predictions | cut -d, -f2- >"$scratch/sum"
cut -d, -f2- "$scratch/mean" | cmp -s - "$scratch/sum" || fail "a mean loss is not slower by 2"

# Points rescaled: the same as points given at that length.
printf '3,4\n-1,2\n' >"$x"
ask regress --activation erf --depth 2 --cw 2 --cb 1/5 --inputs "$x" --targets "$y" --normalize --format csv
predictions >"$scratch/long"
printf '30,40\n-3,6\n' >"$x"
ask regress --activation erf --depth 2 --cw 2 --cb 1/5 --inputs "$x" --targets "$y" --normalize --format csv
[ "$code" -eq 0 ] || fail "normalize: exit code $code"
predictions | cmp -s - "$scratch/long" || fail "lengths matter after normalize"

# A Gram matrix: as many points are trained as there are targets.
printf '1\n' >"$y"
ask regress --activation relu --gram 1,1/2,1 --targets "$y" --digits 8 --format csv
want "Gram matrix" "t,set,point,prediction,prediction_rad,variance,variance_rad
inf,train,1,1.0000000,5e-8,0,0
inf,test,1,0.47116556,5e-9,0.64811942,5e-9"

# The table of losses: 1/2 exp(-2 t) at Theta = 1, and as much for the variance.
ask regress --activation relu --gram 1 --targets "$y" --time '0,log(3)' --digits 5 --save-curve "$scratch/c.csv"
[ "$(cat "$scratch/c.csv")" = "t,loss,loss_rad,expected_loss,expected_loss_rad
0.0,0.50000,5e-6,1.0000,5e-5
1.0986122886681098,0.055556,5e-7,0.11111,5e-6" ] || fail "losses: $(cat "$scratch/c.csv")"
refused 4 '' regress --activation relu --gram 1 --targets "$y" --save-curve "$scratch/no/c.csv"

# Doubles against certified digits, entry by entry within the bounds; threads change nothing.
awk 'BEGIN { for (i = 0; i < 6; i++) printf "%.3f,1\n", 2 * sin(i * i + 1) }' >"$scratch/px.csv"
awk 'BEGIN { for (i = 0; i < 6; i++) printf "%.3f,%.3f\n", cos(i), i / 4 }' >"$scratch/py.csv"
awk 'BEGIN { for (i = 0; i < 3; i++) printf "%.3f,1\n", i - 1.5 }' >"$scratch/pt.csv"
both="--inputs $scratch/px.csv --targets $scratch/py.csv --inputs-test $scratch/pt.csv --normalize --quiet
    --activation erf --cw 2 --cb 1/4 --depth 2"
for kind in '--kernel ntk --lambda-b 1/4 --regularisation 1/64' '--kernel nngp --regularisation 1/8 --loss mean'; do
    ask regress $both $kind --time 0,1/2,8,inf --digits 17 --format csv
    predictions | tail -n +2 | cut -d, -f4,6,8 | tr , '\n' >"$scratch/certified"
    for threads in 1 2; do
        ask regress $both $kind --time 0,0.5,8,inf --double --threads $threads --format csv \
            --save-curve "$scratch/c$threads.csv"
        [ "$code" -eq 0 ] || fail "$kind: exit code $code"
        predictions | tail -n +2 | cut -d, -f4-6 | tr , '\n' >"$scratch/double$threads"
    done
    cmp -s "$scratch/double1" "$scratch/double2" || fail "$kind: threads change a result"
    bound=$(awk -F, 'NR > 1 { m = $6 > m ? $6 : m; m = $7 > m ? $7 : m } END { print m }' "$scratch/c1.csv")
    paste "$scratch/certified" "$scratch/double1" | awk -v bound="$bound" '
        { d = $1 - $2; if (d < 0) d = -d; if (!(d <= bound + 4e-16)) bad = 1; n++ }
        END { exit bad || n != 4 * 9 * 3 || !(bound > 0 && bound < 1e-7) }' || fail "$kind: bound $bound"
done
# Many points are done in doubles unasked.
awk 'BEGIN { for (i = 0; i < 40; i++) printf "%.3f,1\n", 3 * sin(i * i + 1) }' >"$scratch/px.csv"
awk 'BEGIN { for (i = 0; i < 40; i++) printf "%.3f\n", cos(i) }' >"$scratch/py.csv"
sed '2,$s/.*/1,1/' "$scratch/px.csv" >"$scratch/same.csv"
many="regress --activation tanh --targets $scratch/py.csv --normalize"
ask $many --inputs "$scratch/px.csv" --regularisation 1/100
grep -q '^arithmetic: double' "$scratch/out" || fail "40 points are not done in doubles"
refused 3 'not proved positive' $many --inputs "$scratch/same.csv"
printf '1\n' >"$y"
ask regress --activation relu --gram 1,1/2,1 --targets "$y" --plot "$scratch/p.svg"
case $code in
0) grep -q '<svg' "$scratch/p.svg" || fail "no figure" ;;
3) grep -q gnuplot "$scratch/err" || fail "plot: exit code 3" ;;
*) fail "plot: exit code $code" ;;
esac

# Robust training of f = w x + b, point 1 with target 1, weight 4: H = [[2, 1], [1, 1]], and the
# matrix exponential by mpmath.
printf '1\n' >"$scratch/rx.csv"
printf '2\n' >"$scratch/rt.csv"
linear="regress --activation z --depth 1 --cw 1 --cb 1 --lambda-b 1 --inputs $scratch/rx.csv --targets $y"
ask $linear --inputs-test "$scratch/rt.csv" --robust 4 --time 1 --digits 6 --format csv --save-curve "$scratch/c.csv"
want "robust training" "t,set,point,value,prediction,prediction_rad,variance,variance_rad
1.0,train,1,f,0.661451,5e-7,0.119995,5e-7
1.0,train,1,df/dx1,0.102973,5e-7,0.0114814,5e-8
1.0,test,1,f,0.764424,5e-7,0.0574070,5e-8
1.0,test,1,df/dx1,0.102973,5e-7,0.0114814,5e-8"
[ "$(tail -n 1 "$scratch/c.csv")" = "1.0,0.0785148,5e-8,0.161475,5e-7" ] || fail "robust loss: $(cat "$scratch/c.csv")"
# The limit fits f and J f whatever their weight.
printf '1\n-1/2\n' >"$scratch/rx.csv"
printf '1\n2\n' >"$scratch/ry.csv"
robust="regress --depth 2 --cw 2 --targets $scratch/ry.csv --inputs-test $scratch/rt.csv"
ask $robust --activation tanh --cb 1/2 --inputs "$scratch/rx.csv" --robust 1/10 --digits 8 --format csv
predictions >"$scratch/limit"
ask $robust --activation tanh --cb 1/2 --inputs "$scratch/rx.csv" --robust 7 --digits 8 --format csv
predictions | cmp -s - "$scratch/limit" || fail "the limit depends on the weight of J f"
grep -q 'inf,train,2,df/dx1,0,0,0,0' "$scratch/limit" || fail "J f is not 0 in the limit"
refused 2 'infinite at coinciding' $robust --activation relu --inputs "$scratch/rx.csv" --robust 1
refused 3 'x.J f is a multiple of f' $robust --activation 'z' --inputs "$scratch/rx.csv" --robust 1
printf '1\n-0.5\n' >"$scratch/rd.csv"
refused 3 'x.J f is a multiple of f' $robust --activation z --inputs "$scratch/rd.csv" --robust 1 --normalize --double
refused 2 'only with robust' $robust --activation tanh --inputs "$scratch/rx.csv" --directions e1
refused 2 'robust' $robust --activation tanh --inputs "$scratch/rx.csv" --robust 0

# In doubles: f = w x + b again, in the same way.
printf '5\n' >"$scratch/rx.csv"
printf -- '-1\n' >"$scratch/rt.csv"
ask $linear --inputs-test "$scratch/rt.csv" --robust 4 --time 1 --normalize --double --format csv --save-curve "$scratch/c.csv"
predictions | tail -n +2 | cut -d, -f5,6 | tr , '\n' >"$scratch/got"
tail -n 1 "$scratch/c.csv" | cut -d, -f2,3 | tr , '\n' >>"$scratch/got"
printf '%s\n' 0.66145067759564866 0.11999489286160996 0.10297317180275577 0.011481399573745046 0.45550433399013712 \
    0.31405908028984970 0.10297317180275577 0.011481399573745046 0.078514770072462426 0.16147501565075750 |
    paste - "$scratch/got" | awk '{ d = $1 - $2; if (!(d * d < 1e-28)) bad = 1; n++ } END { exit bad || n != 10 }' ||
    fail "robust training in doubles: $(cat "$scratch/got")"
# Doubles against certified digits, along directions of all kinds.
printf '3,1\n-1,2\n1,0.5\n' >"$scratch/px.csv"
printf '1,-1\n0,2\n0.5,1\n' >"$scratch/py.csv"
printf '1,-3\n2,0.125\n' >"$scratch/pt.csv"
printf '1,1/2\n' >"$scratch/pv.csv"
both="--activation sin --cw 3/2 --cb 1/4 --lambda-b 1/4 --inputs $scratch/px.csv --targets $scratch/py.csv
    --inputs-test $scratch/pt.csv --robust 1/16 --quiet"
for kind in "--normalize --directions e2,perp,$scratch/pv.csv --loss mean --regularisation 1/8 --kernel nngp" \
    '--normalize --directions radial' '--directions e2'; do
    ask regress $both $kind --time 0,1/2,8,inf --digits 17 --format csv
    predictions | tail -n +2 | cut -d, -f4,5,7,9 | tr , '\n' >"$scratch/certified"
    for threads in 1 2; do
        ask regress $both $kind --time 0,0.5,8,inf --double --threads $threads --format csv \
            --save-curve "$scratch/c$threads.csv"
        [ "$code" -eq 0 ] || fail "robust $kind: exit code $code"
        predictions | tail -n +2 | cut -d, -f4-7 | tr , '\n' >"$scratch/double$threads"
    done
    cmp -s "$scratch/double1" "$scratch/double2" || fail "robust $kind: threads change a result"
    bound=$(awk -F, 'NR > 1 { m = $6 > m ? $6 : m; m = $7 > m ? $7 : m } END { print m }' "$scratch/c1.csv")
    paste "$scratch/certified" "$scratch/double1" | awk -v bound="$bound" '
        NR % 4 == 1 { if ($1 != $2) bad = 1; n++; next }
        { d = $1 - $2; if (d < 0) d = -d; if (!(d <= bound + 4e-16)) bad = 1 }
        END { exit bad || n % 20 != 0 || !n || !(bound > 0 && bound < 1e-7) }' || fail "robust $kind: bound $bound"
done
# The same points again and again are predicted alike.
for i in 1 2 3 4 5 6 7 8 9; do cat "$scratch/pt.csv"; done >"$scratch/again.csv"
ask regress --activation sin --cw 3/2 --cb 1/4 --inputs "$scratch/px.csv" --targets "$scratch/py.csv" \
    --inputs-test "$scratch/again.csv" --normalize --robust 1/16 --time 1 --double --format csv
predictions | awk -F, '$2 == "test" { k = ($3 % 2) $4; if (k in v) { d = v[k] - $NF; if (d * d > 1e-24) bad = 1 }
    v[k] = $NF; n++ } END { exit bad || n != 54 }' || fail "equal points have unequal variances"

# Bad input.
printf '1,1\n1,-1\n' >"$x"
printf '3\n1/3\n' >"$y"
net="regress --activation tanh"
refused 2 'targets: a file' $net --inputs "$x"
refused 4 'cannot read' $net --inputs "$x" --targets "$scratch/none"
refused 2 'targets: 1 rows for 2 inputs' $net --inputs "$x" --targets "$t"
refused 2 'targets: 2 rows for 1 inputs' $net --targets "$y"
printf '1,2\n3\n' >"$scratch/ragged"
printf '1\nnan\n' >"$scratch/nan"
refused 2 'line 2' $net --inputs "$scratch/ragged" --targets "$y"
refused 2 'line 2' $net --inputs "$x" --targets "$scratch/nan"
printf '1,2,3\n' >"$scratch/three"
refused 2 'rows of 3 numbers' $net --inputs "$x" --targets "$y" --inputs-test "$scratch/three"
refused 2 'time' $net --inputs "$x" --targets "$y" --time -1
refused 2 'time' $net --inputs "$x" --targets "$y" --time 1,,2
refused 2 'time' $net --inputs "$x" --targets "$y" --time infinity
refused 2 'count' $net --inputs "$x" --targets "$y" --time 1,2,3 --count 5
refused 2 'count' $net --inputs "$x" --targets "$y" --time 1,inf --count 5
refused 2 'regularisation' $net --inputs "$x" --targets "$y" --regularisation -1
refused 2 'kernel' $net --inputs "$x" --targets "$y" --kernel rbf
printf '0,0\n1,1\n' >"$scratch/zero"
refused 2 'row 1 is 0' $net --inputs "$scratch/zero" --targets "$y" --normalize
refused 2 'jumps' regress --activation sign --inputs "$x" --targets "$y"

# Singular kernel matrices: refused in the limit with the reason, never mended.
printf '1,2\n1,2\n' >"$scratch/twice"
refused 3 'points 1 and 2 have the same features' $net --inputs "$scratch/twice" --targets "$y"
printf '1,2\n2,4\n' >"$scratch/parallel"
refused 3 'singular or too close' regress --activation relu --inputs "$scratch/parallel" --targets "$y"
refused 3 'points 1 and 2' regress --activation relu --inputs "$scratch/parallel" --targets "$y" --normalize
ask $net --inputs "$scratch/twice" --targets "$y" --time 1
[ "$code" -eq 0 ] || fail "equal points at t = 1: exit code $code"
grep -q '^condition: -' "$scratch/out" || fail "equal points: a condition number"
ask $net --inputs "$scratch/twice" --targets "$y" --regularisation 1/100
[ "$code" -eq 0 ] || fail "equal points with a regularisation: exit code $code"

# Networks trained: exact at depth 1, the exponent of theory at depth 2 whatever the threads.
printf '1,1\n1,-1\n' >"$x"
printf '3,0\n1/3,1\n' >"$y"
printf '2,0\n' >"$t"
points="--inputs $x --targets $y --inputs-test $t"
ask regress --activation z --depth 1 --cw 1 --cb 1 --lambda-b 1 $points --time 1,2 --check-widths 4,8
if [ "$code" -eq 3 ] && grep -q OpenBLAS "$scratch/err"; then
    echo "no OpenBLAS: networks are not trained"
else
    grep -q '^verdict: pass' "$scratch/out" || fail "descent at depth 1 is not the flow"
    grep -q '^exponent: -' "$scratch/out" || fail "depth 1: an exponent"
    for kind in '' '--kernel nngp --normalize --loss mean'; do
        for threads in 1 2; do
            ask regress --activation relu $points $kind --time 1/2,1 --check-widths 16,64,256 --samples 64 --seed 1 \
                --threads $threads --format json
            [ "$code" -eq 0 ] || fail "training $kind: exit code $code"
            cp "$scratch/out" "$scratch/trained$threads"
        done
        grep -q '"verdict": "pass"' "$scratch/trained1" || fail "training $kind: verdict"
        cmp -s "$scratch/trained1" "$scratch/trained2" || fail "training $kind: threads change a result"
    done
    # Doubles give the same flow.
    ask regress --activation relu $points --time 1/2,1 --check-widths 16,64 --samples 4 --digits 15
    sed -n '/^check$/,$p' "$scratch/out" | grep '^[0-9]' >"$scratch/trained1"
    ask regress --activation relu $points --time 1/2,1 --check-widths 16,64 --samples 4 --double
    sed -n '/^check$/,$p' "$scratch/out" | grep '^[0-9]' | cmp -s - "$scratch/trained1" || fail "training in doubles differs"
    refused 2 'two widths' regress --activation relu $points --time 1 --check-widths 16
    refused 3 'regularisation' regress --activation relu $points --time 1 --check-widths 16,32 --regularisation 1
    refused 3 'Gaussian weights' regress --activation relu $points --time 1 --check-widths 16,32 --ensemble orthogonal
    refused 3 'steps of training' regress --activation relu $points --time 1e7 --check-widths 16,32
fi
check="regress --activation relu --check-widths 16,32"
refused 2 'finite times' $check $points
refused 2 'inputs are needed' $check --gram 1,1/2,1 --targets "$y" --time 1
refused 3 'robust' regress --activation tanh --cw 2 --cb 1/2 --check-widths 16,32 $points --time 1 --robust 1
refused 2 'occurs twice' regress --activation relu $points --time 1 --check-widths 16,16
refused 2 'only with check-widths' regress --activation relu $points --samples 4
finish
