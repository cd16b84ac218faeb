"""Compare `edgeworth density` of one hidden layer with an expansion by mpmath.

    python3 density.py PROGRAM

The kernel of the output is then C_b plus C_W times a mean of n independent s(g)^2, so the expansion of
its moments in 1/n is elementary; the derivatives in K are mpmath's numerical ones.  Nothing is
shared with the program but the definition.  Exits 77 (skipped) without mpmath, 1 on any difference.
"""
import json
import subprocess
import sys

try:
    import mpmath as mp
except ImportError:
    sys.exit(77)

import first_order

DIGITS = 15
CASES = [  # activation, C_W, C_b, K of layer 1, width, order, points
    ("tanh", "1", "0", "1", 12, 3, ["-1", "0", "1/3", "2"]),
    ("gelu", "3/2", "1/10", "2", 30, 2, ["1/2", "5"]),
    ("silu", "2", "1/2", "1", 9, 1, ["-3", "1"]),
]


def rational(text):
    p, _, q = text.partition("/")
    return mp.mpf(p) / mp.mpf(q or 1)


def multiply(a, b, size):
    return [sum(a[i] * b[j - i] for i in range(j + 1) if i < len(a) and j - i < len(b)) for j in range(size)]


def mean_moment(mu, j):
    """Coefficients in 1/n of E[(mean of n copies of X)^j], E X^k = mu[k]:
    j! sum_r n^(r-j)/r! prod_{i<r} (1 - i/n) [u^j] (sum_{k>0} mu_k u^k/k!)^r."""
    base = [mp.mpf(0)] + [mu[k] / mp.factorial(k) for k in range(1, j + 1)]
    power, factor, out = [mp.mpf(1)], [mp.mpf(1)], [mp.mpf(0)] * (2 * j + 1)
    for r in range(1, j + 1):
        power = multiply(power, base, j + 1)
        factor = [x / r for x in multiply(factor, [mp.mpf(1), mp.mpf(1 - r)], len(factor) + 1)]
        for i, x in enumerate(factor):
            out[j - r + i] += mp.factorial(j) * power[j] * x
    return out


def expansion(name, cw, cb, k, order):
    """K and E[(Ghat - K)^j] as series in 1/n, j = 1..2 order."""
    s = first_order.ACTIVATIONS[name][0]
    law = first_order.Law(k)
    squares = [v * v for v in law.values(s)]
    mean = law.mean(squares)
    mu = [law.mean([(v - mean) ** j for v in squares]) for j in range(2 * order + 1)]
    return cb + cw * mean, [[cw**j * x for x in mean_moment(mu, j)] for j in range(1, 2 * order + 1)]


def truncated(f, kernel, moments, n, order):
    """sum_j E[delta^j]/j! d^j f/dK^j, each moment cut behind n^-order."""
    total = f(kernel)
    for j, series in enumerate(moments, 1):
        weight = sum(c / mp.mpf(n) ** i for i, c in enumerate(series) if i <= order)
        total += weight / mp.factorial(j) * mp.diff(f, kernel, j)
    return total


def program(path, name, cw, cb, k, n, order, points):
    command = [path, "density", "--activation", name, "--cw", cw, "--cb", cb, "--gram", k, "--depth", "2"]
    command += ["--width", str(n), "--order", str(order), "--points=" + ",".join(points)]
    command += ["--digits", str(DIGITS), "--format", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    mp.mp.dps = 30
    bad = count = 0
    for name, cw, cb, k, n, order, points in CASES:
        ours = program(sys.argv[1], name, cw, cb, k, n, order, points)["result"]["points"]
        kernel, moments = expansion(name, rational(cw), rational(cb), rational(k), order)
        for text, row in zip(points, ours):
            x = rational(text)
            density = lambda v: mp.npdf(x / mp.sqrt(v)) / mp.sqrt(v)
            cdf = lambda v: mp.ncdf(x / mp.sqrt(v))
            for i in range(1, order + 1):
                for label, f in (("density", density), ("cdf", cdf)):
                    value = truncated(f, kernel, moments, n, i)
                    mid, rad = (mp.mpf(row[label][i - 1][part]) for part in ("mid", "rad"))
                    count += 1
                    if abs(mid - value) > rad + abs(value) * mp.mpf(10) ** (-DIGITS - 2):
                        bad += 1
                        print(f"{name} {label} of order {i} at {text}: {mid}, oracle {value}")
    print(f"{count} numbers compared, {bad} differ")
    return bad > 0 or count < 30


if __name__ == "__main__":
    sys.exit(main())
