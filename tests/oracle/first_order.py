"""First-order coefficients of one input by the published recursion and mpmath quadrature.

An oracle for the tests, independent of the library: the recursion is typed in from the literature
(PDLT; Hanin), the expectations are Gauss-Legendre sums of mpmath, nothing is certified.

    python3 first_order.py ACTIVATION DEPTH C_W C_b K DIGITS   prints one JSON object
"""
import json
import sys

import mpmath as mp
from mpmath.calculus.quadrature import GaussLegendre

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


PANELS = 12  # of length 2 sqrt(K), to either side of 0 where the kinks are
DEGREE = 5  # mpmath's name for 48 points in each


class Law:
    """N(0, k) as a Gauss-Legendre sum: points and their weights, the density included."""

    def __init__(self, k):
        self.k, root = k, mp.sqrt(k)
        rule = GaussLegendre(mp.mp).get_nodes(-1, 1, DEGREE, mp.mp.prec)
        self.points = [
            (root * (j + x), w * mp.exp(-((j + x) ** 2) / 2) / mp.sqrt(2 * mp.pi))
            for j in range(1 - 2 * PANELS, 2 * PANELS, 2)
            for x, w in rule
        ]

    def values(self, f):
        return [f(z) for z, _ in self.points]

    def mean(self, values):
        return mp.fsum(v * w for v, (_, w) in zip(values, self.points))

    def slopes(self, values):
        """<f>, d<f>/dK, d^2<f>/dK^2 by the Hermite form."""
        k = self.k
        return [
            self.mean(values),
            self.mean([v * (z * z / k - 1) for v, (z, _) in zip(values, self.points)]) / (2 * k),
            self.mean([v * (z**4 / k**2 - 6 * z * z / k + 3) for v, (z, _) in zip(values, self.points)])
            / (4 * k * k),
        ]


def layers(name, depth, cw, cb, k1, lw=1, lb=0):
    s, s1 = ACTIVATIONS[name]
    row = dict(K=k1, Theta=lb + lw * (k1 - cb) / cw)
    row.update({c: mp.mpf(0) for c in ("V", "D", "F", "A", "B", "G1", "H1")})
    out = [row]
    for _ in range(depth - 1):
        k, theta = row["K"], row["Theta"]
        law = Law(k)
        s2, d2 = [v * v for v in law.values(s)], [v * v for v in law.values(s1)]
        ss, dd = law.slopes(s2), law.slopes(d2)
        s4 = law.mean([v * v for v in s2])
        s2d2 = law.mean([v * u for v, u in zip(s2, d2)])
        d4 = law.mean([v * v for v in d2])
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
