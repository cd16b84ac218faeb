#!/usr/bin/env bash
# kernel --double: against certified digits, files in three formats, threads, and what it refuses.
. "${srcdir:-.}/tests/cli/support.sh"

x=$scratch/x.csv
printf '3,4\n4,3\n-3,4\n-4,-3\n' >"$x"

# entry FORMAT ROW COLUMN: of the NTK among the points of $x at depth 4
net="--activation relu --depth 4 --inputs $x"
ask kernel $net --digits 16 --format csv
certified=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i "," $(i + 1) }
    NR > 1 && $1 == 4 { print $0 }' "$scratch/out")
ask kernel $net --double --save-nngp "$scratch/k.csv" --save-ntk "$scratch/t.csv" --format json
[ "$code" -eq 0 ] || fail "relu: exit code $code"
bound=$(sed -n 's/.*"bound": \([0-9.e-]*\),*/\1/p' "$scratch/out" | head -n 1)
# row 4 of the certified table: layer, then value and radius of nngp[1,1], nngp[1,2], ...
echo "$certified" | tr , '\n' | awk 'NR > 1 && NR % 2 == 0' | head -n 16 >"$scratch/want"
tr , '\n' <"$scratch/k.csv" >"$scratch/got"
paste "$scratch/want" "$scratch/got" | awk -v bound="$bound" '
    { d = $1 - $2; if (d < 0) d = -d; if (!(d <= bound + 4e-15)) bad = 1; n++ }
    END { exit bad || n != 16 }' || fail "relu: the NNGP is not the certified one"

# all formats and thread numbers hold the same doubles
for end in npy bin csv; do
    for threads in 1 2; do
        ask kernel --activation sin --depth 5 --inputs "$x" --double --normalize --threads $threads \
            --save-nngp "$scratch/k$threads.$end"
        [ "$code" -eq 0 ] || fail "sin $end: exit code $code"
    done
    cmp -s "$scratch/k1.$end" "$scratch/k2.$end" || fail "$end: threads change the file"
done
[ "$(wc -c <"$scratch/k1.bin")" -eq 128 ] || fail "16 doubles are not 128 bytes"
tail -c 128 "$scratch/k1.npy" | cmp -s - "$scratch/k1.bin" || fail "npy and bin differ"
[ "$(head -c 6 "$scratch/k1.npy" | tail -c 5)" = NUMPY ] || fail "no NumPy header"

# points of different lengths, biases: against certified digits
printf '1,0.5\n0.5,-0.25\n-0.25,1\n0.75,0.5\n' >"$x"
net="--activation sin --cw 2 --cb 1/3 --lambda-b 1 --depth 3 --inputs $x"
ask kernel $net --digits 16 --format csv
awk -F, 'NR > 1 && $1 == 3 { print $0 }' "$scratch/out" |
    tr , '\n' | awk 'NR > 1 && NR % 2 == 0' | head -n 16 >"$scratch/want"
ask kernel $net --double --save-nngp "$scratch/k.csv" --format json
[ "$code" -eq 0 ] || fail "lengths: exit code $code"
bound=$(sed -n 's/.*"bound": \([0-9.e-]*\),*/\1/p' "$scratch/out" | head -n 1)
tr , '\n' <"$scratch/k.csv" >"$scratch/got"
paste "$scratch/want" "$scratch/got" | awk -v bound="$bound" '
    { d = $1 - $2; if (d < 0) d = -d; if (!(d <= bound + 4e-15 && bound + 0 < 1e-11)) bad = 1; n++ }
    END { exit bad || n != 16 }' || fail "lengths: the NNGP is not the certified one"

# equal, opposite and repeated points, one row
printf '1,2,3\n1,2,3\n-1,-2,-3\n2,4,6\n' >"$x"
ask kernel --activation sin --cw 4 --cb 0 --depth 8 --inputs "$x" --double --normalize --format csv
[ "$code" -eq 0 ] || fail "repeated points: exit code $code"
grep -q nan "$scratch/out" && fail "repeated points: NaN"
printf '0.5\n' >"$x"
ask kernel --activation relu --inputs "$x" --double
[ "$code" -eq 0 ] || fail "one point: exit code $code"

# orthogonal points without bias: all entries are 0, to within the bound
for more in '' --jacobian; do
    ask kernel --activation tanh --cw 1 --cb 0 --double $more --inputs <(printf '1,0\n') --inputs2 <(printf '0,1\n')
    [ "$code" -eq 0 ] || fail "orthogonal points $more: exit code $code"
done

# zero points have the variance of the bias; the eigenvalue of 2 x 2 matrices; duplicates are singular
printf '0,0\n0,0\n' >"$x"
ask kernel --activation relu --cw 1 --cb 2 --lambda-b 1 --depth 1 --inputs "$x" --double --format csv
tail -n 1 "$scratch/out" | grep -Eq '(,2(\.0+[0-9])?){4},' || fail "zero points: $(tail -n 1 "$scratch/out")"
if [ -z "${EW_SANITIZED:-}" ]; then
    printf '1,0\n0.5,0.75\n' >"$x"
    ask kernel --activation relu --cw 2 --cb 0 --depth 1 --inputs "$x" --double --smallest-eigenvalue
    if [ "$code" -ne 3 ]; then
        # [[1, 1/2], [1/2, 13/16]]: (29 - sqrt(265))/32
        awk '/^nngp.smallest_eigenvalue:/ { x = $2 } /^nngp.smallest_eigenvalue_bound:/ { b = $2 }
            END { d = x - 0.3975367354; if (d < 0) d = -d; exit !(d < 1e-5 && b > 0 && b < 1e-12) }' \
            "$scratch/out" || fail "eigenvalue: $(grep eigen "$scratch/out")"
    fi
fi

net="kernel --activation tanh --double --normalize"
refused 2 'inputs are needed' $net
refused 2 'row 2 is zero' $net --inputs <(printf '1,2\n0,0\n')
refused 2 'line 2, column 1: fewer' $net --inputs <(printf '1,2\n3\n')
refused 2 'line 2, column 2: not a finite' $net --inputs <(printf '1,2\n3,nan\n')
refused 2 'line 1, column 1: not a finite' $net --inputs <(printf '0x10,2\n')
refused 2 'line 1, column 2: a number is missing' $net --inputs <(printf '1,,2\n')
refused 2 'line 1, column 1: .*no headers' $net --inputs <(printf 'a,b\n1,2\n')
refused 2 'row 2 is zero, and there is no bias' kernel --activation gelu --cw 1 --cb 0 --double \
    --inputs <(printf '1,2\n0,0\n')
refused 2 'one set of inputs' $net --inputs <(printf '1,2\n') --inputs2 <(printf '1,2\n') --smallest-eigenvalue
refused 2 'is empty' $net --inputs /dev/null
refused 4 'cannot read' $net --inputs "$scratch/none.csv"
printf '1,2\n' >"$x"
refused 2 'coordinates' $net --inputs "$x" --inputs2 <(printf '1,2,3\n')
refused 2 'ends in .npy' $net --inputs "$x" --save-ntk "$scratch/k.txt"
refused 4 'cannot write' $net --inputs "$x" --save-ntk "$scratch/none/k.npy"
refused 3 'kinks' kernel --activation hardtanh --cw 1 --double --inputs "$x"
refused 3 'variance of layer' kernel --activation z^3 --cw 1/1000 --cb 0 --depth 20 --double --inputs "$x"
refused 3 'too large' kernel --activation sin --cw 9 --cb 0 --depth 30 --double --inputs <(printf '1,2\n1,2.00000000001\n')
refused 3 'jumps' kernel --activation step --cw 1 --double --normalize --inputs "$x"
seq 1 100 >"$x"
refused 2 'save-nngp and save-ntk' $net --inputs "$x"

finish
