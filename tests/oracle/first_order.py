"""First-order coefficients of one input by the published recursion and mpmath quadrature.

An oracle for the tests, independent of the library: the recursion is typed in from the literature
(PDLT; Hanin), the expectations are Gauss-Legendre sums of mpmath, nothing is certified.

    python3 first_order.py ACTIVATION DEPTH C_W C_b K DIGITS   prints one JSON object
"""
import json
import sys

import mpmath as mp

ACTIVATIONS = {
    "tanh": (mp.tanh, lambda z: 1 - mp.tanh(z) ** 2),
    "erf": (mp.erf, lambda z: 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)),
    "sin": (mp.sin, mp.cos),
    "gelu": (lambda z: z * mp.ncdf(z), lambda z: mp.ncdf(z) + z * mp.npdf(z)),
    "silu": (
        lambda z: z / (1 + mp.exp(-z)),
        lambda z: (1 + mp.exp(-z) + z * mp.exp(-z)) / (1 + mp.exp(-z)) ** 2,
    ),
    "softplus": (lambda z: mp.log1p(mp.exp(z)), lambda z: 1 / (1 + mp.exp(-z))),
    "elu": (
        lambda z: z if z > 0 else mp.expm1(z),
        lambda z: mp.mpf(1) if z > 0 else mp.exp(z),
    ),
}


def expectation(f, k):
    """<f>_K, split at 0 (kinks) and into short panels."""
    root = mp.sqrt(k)
    cuts = [mp.mpf(j) * root for j in range(-24, 25, 2)]
    density = lambda z: f(z) * mp.exp(-z * z / (2 * k)) / mp.sqrt(2 * mp.pi * k)
    return mp.quad(density, cuts)


def hermite(f, k, order):
    """d^order <f>_K / dK^order by the Hermite form."""
    if order == 0:
        return expectation(f, k)
    if order == 1:
        return expectation(lambda z: f(z) * (z * z / k - 1), k) / (2 * k)
    return expectation(lambda z: f(z) * (z**4 / k**2 - 6 * z * z / k + 3), k) / (4 * k * k)


def layers(name, depth, cw, cb, k1, lw=1, lb=0):
    s, s1 = ACTIVATIONS[name]
    row = dict(K=k1, Theta=lb + lw * (k1 - cb) / cw)
    row.update({c: mp.mpf(0) for c in ("V", "D", "F", "A", "B", "G1", "H1")})
    out = [row]
    for _ in range(depth - 1):
        k, theta = row["K"], row["Theta"]
        ss = [hermite(lambda z: s(z) ** 2, k, j) for j in range(3)]
        dd = [hermite(lambda z: s1(z) ** 2, k, j) for j in range(3)]
        s4 = expectation(lambda z: s(z) ** 4, k)
        s2d2 = expectation(lambda z: s(z) ** 2 * s1(z) ** 2, k)
        d4 = expectation(lambda z: s1(z) ** 4, k)
        par, perp = cw * ss[1], cw * dd[0]
        u = [lw * ss[j] + cw * theta * dd[j] for j in range(3)]
        h = u[1]
        cov_s2_u = lw * s4 + cw * theta * s2d2 - ss[0] * u[0]
        var_u = lw**2 * s4 + 2 * lw * cw * theta * s2d2 + (cw * theta) ** 2 * d4 - u[0] ** 2
        V, D, F, A, B = (row[c] for c in "VDFAB")
        row = dict(
            K=cb + cw * ss[0],
            Theta=lb + u[0],
            V=cw**2 * (s4 - ss[0] ** 2) + par**2 * V,
            D=cw * cov_s2_u + par * perp * D + par * h * V,
            F=cw**2 * s2d2 * theta + par**2 * F,
            A=var_u + perp**2 * A + 2 * perp * h * D + h**2 * V,
            B=cw**2 * d4 * theta**2 + perp**2 * B,
            G1=par * row["G1"] + cw / 2 * ss[2] * V,
            H1=perp * row["H1"] + h * row["G1"] + u[2] / 2 * V + cw * dd[1] * D + 2 * cw * dd[1] * F,
        )
        out.append(row)
    return out


def main():
    name, depth, digits = sys.argv[1], int(sys.argv[2]), int(sys.argv[6])
    mp.mp.dps = digits + 10
    cw, cb, k = (mp.mpf(x) for x in sys.argv[3:6])
    rows = layers(name, depth, cw, cb, k)
    print(json.dumps([{c: mp.nstr(v, digits) for c, v in r.items()} for r in rows], indent=1))


if __name__ == "__main__":
    main()
