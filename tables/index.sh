#!/bin/sh
# index.sh DIRECTORY: the page that says what each table holds, from the tables themselves.
set -eu
cat <<'EOF'
# Certified tables

One JSON file an activation, written by `make tables` (tables/list, tables/write.sh); this page is
written by tables/index.sh.  Each network is at the activation's preferred critical point, where it
has one (else the C_W below, C_b = 0), with Ghat = 1 in layer 1, lambda_W = 1, lambda_b = 0 and the
NTK in PDLT's convention.  Every number is correctly rounded to 30 significant digits (`mid`), with
half a unit of the last digit as its bound (`rad`); `exact` is an exact form.

| in `result` | holds |
|---|---|
| layers | K, Theta, V, A, B, D, F, G1, H1 and their ratios, layer by layer: first order in 1/n |
| critical | class, K*, C_W, C_b, a_1, b_1, p_perp |
| taylor | s^(k)(0)/k!, k < 12 |
| hermite | a_k = <s h_k> at variance `hermite_variance`, k < 24; sum a_k^2 = <s^2> |
| susceptibilities | chi_par, chi_perp, correlation depth, layer by layer |
| second | outputs to second order: kappa.k = [c0, c1, c2], the k-th cumulant of Ghat |
| asymptotics | the laws in l, with exact coefficients where there are such |
| orthogonal, orthogonal_second, orthogonal_asymptotics | the same with orthogonal weights |
| sde_smooth, sde_relu, sde_unshaped | drift, diffusion, verdict for two inputs: smooth shaping with a = 1; ReLU-like with c_+ = 0, c_- = -1; no shaping |
| exceptions | sections that the activation does not have, and why |

`provenance.command` in each file is the command that made it; `sha256` is taken over schema, options,
network and result, as compact JSON with sorted keys.

`make check-tables` (or `edgeworth verify FILE`) computes everything again, by Gauss-Legendre panels
where the table came from closed forms or the trapezoidal rule and by adaptive integration where it
came from panels (the critical point, susceptibilities, Hermite coefficients and every layer), and
demands the same digits; exact forms are evaluated anew and compared with their decimals.  What is
algebra (Taylor coefficients, laws in l of the zero-fixed-point class, stochastic differential
equations) has no second method there: it is computed again, and tested by other means in tests/.

No table: acos, asin, log, log1p, sqrt, tan and max, min of two arguments, which are not functions on
the whole line; swish and linear, which are silu and identity.  exp, expm1, cosh and sinh stop at
layer 2 and relu^2, relu^3 at layers 8 and 6: their variances grow doubly exponentially.

| file | activation | class | C_W | layers | method | without |
|---|---|---|---|---|---|---|
EOF
for table in "$1"/*.json; do
    awk -v file="$(basename "$table")" '
        # the text of a key on this line, or nothing
        function text(key) {
            if (!match($0, "\"" key "\": \"[^\"]*\"")) return ""
            return substr($0, RSTART + length(key) + 5, RLENGTH - length(key) - 6)
        }
        /^  "activation":/ { activation = text("activation") }
        /^  "depth":/ { depth = $0; gsub(/[^0-9]/, "", depth) }
        /^  "cw":/ {
            cw = text("cw") text("mid")
            if (length(cw) > 12) cw = substr(cw, 1, 10) "..."
        }
        /^  "method":/ { method = text("method") }
        /"class":/ && class == "" { class = text("class") }
        /^   {"section":/ { without = without (without ? ", " : "") text("section") }
        /^ "options":/ { sections = text("sections") }
        END {
            if (sections != "all") without = "all but " sections
            printf "| %s | %s | %s | %s | %s | %s | %s |\n", file, activation, class, cw, depth,
                method, without
        }' "$table"
done
