"""Check expression values and jets against mpmath.

Reads lines  KIND <tab> EXPRESSION <tab> RE <tab> IM <tab> BALL...  on standard input; a BALL is two
decimal fields, middle and radius, or "nan nan".  KIND is J (Taylor coefficients at RE + i IM, real and
imaginary balls alternating) or V (one real value).  Exit status 1 and a line for each disagreement.
"""

import re
import sys

from mpmath import mp, mpc, mpf

mp.dps = 80


def sigmoid(u):
    return 1 / (1 + mp.exp(-u))


def softplus(*a):
    return mp.log(1 + mp.exp(a[0])) if len(a) == 1 else mp.log(1 + mp.exp(a[0] * a[1])) / a[0]


def elu(a, u):
    return u if u > 0 else a * (mp.exp(u) - 1)


def hermite(n, u):
    """Probabilists' polynomial by its three-term recurrence."""
    a, b = mpf(1), u
    for k in range(1, int(n)):
        a, b = b, u * b - k * a
    return a if int(n) == 0 else b


SELU_L = mpf("1.0507009873554804934193349852946")
SELU_A = mpf("1.6732632423543772848170429916717")

FUNCTIONS = {
    "exp": mp.exp, "log": mp.log, "log1p": lambda u: mp.log(1 + u), "expm1": lambda u: mp.exp(u) - 1,
    "sqrt": mp.sqrt, "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "atan": mp.atan,
    "asinh": mp.asinh, "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "sigmoid": sigmoid,
    "softplus": softplus, "erf": mp.erf, "erfc": mp.erfc, "asin": mp.asin, "acos": mp.acos,
    "gauss_cdf": lambda u: (1 + mp.erf(u / mp.sqrt(2))) / 2,
    "gauss_pdf": lambda u: mp.exp(-u * u / 2) / mp.sqrt(2 * mp.pi),
    "gelu": lambda u: u * (1 + mp.erf(u / mp.sqrt(2))) / 2,
    "gelu_tanh": lambda u: u / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (u + mpf("0.044715") * u**3))),
    "silu": lambda u: u * sigmoid(u), "swish": lambda u: u * sigmoid(u),
    "mish": lambda u: u * mp.tanh(softplus(u)), "gauss": lambda u: mp.exp(-u * u),
    "identity": lambda u: u, "hermite": hermite,
    "abs": abs, "sign": mp.sign, "step": lambda u: mpf(u > 0), "relu": lambda u: max(u, mpf(0)),
    "max": max, "min": min, "leaky_relu": lambda a, u: u if u > 0 else a * u, "elu": elu,
    "celu": lambda a, u: u if u > 0 else a * (mp.exp(u / a) - 1),
    "selu": lambda u: SELU_L * elu(SELU_A, u),
    "hardtanh": lambda u: max(mpf(-1), min(mpf(1), u)), "softsign": lambda u: u / (1 + abs(u)),
    "if_": lambda c, a, b: a if c else b,
}


def real_on_reals(f):
    """In this language a function of real numbers that leaves the reals is undefined."""

    def strict(*args):
        value = f(*args)
        if isinstance(value, mpc) and not any(isinstance(a, mpc) for a in args):
            raise ValueError("not real")
        return value

    return strict


FUNCTIONS = {name: real_on_reals(f) for name, f in FUNCTIONS.items()}
mpf.__pow__ = real_on_reals(mpf.__pow__)
WORD = re.compile(r"(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|([A-Za-z_]\w*)(?=(\s*\()?)|(\^)")


def translate(text):
    """The same expression as Python source in z."""

    def word(m):
        if m.group(1):
            return "mpf('%s')" % m.group(1)
        if m.group(4):
            return "**"
        name = "if_" if m.group(2) == "if" else m.group(2)
        return name + "(z)" if name in FUNCTIONS and not m.group(3) else name

    return eval("lambda z: " + WORD.sub(word, text), dict(FUNCTIONS, mpf=mpf, pi=mp.pi, e=mp.e))


def truth(kind, f, z, count):
    """The expected list of numbers, or None where the function is not finite (or real)."""
    try:
        value = f(z)
        if not mp.isfinite(value):
            return None
        if kind == "V":
            return [mp.re(value)]
        return [part(c) for c in mp.taylor(f, z, count - 1) for part in (mp.re, mp.im)]
    except (ZeroDivisionError, ValueError, OverflowError):
        return None


def main():
    bad = sharp = total = compared = undefined = refused = 0
    for line in sys.stdin:
        kind, text, re_z, im_z, *balls = line.rstrip("\n").split("\t")
        z = mpf(re_z) if mpf(im_z) == 0 else mpc(re_z, im_z)
        total += 1
        expected = truth(kind, translate(text), z, len(balls) // 2)
        got = [b.split() for b in balls]
        if got[0][0] == "nan":
            undefined += 1
            if expected is not None:  # sqrt(z-z), 1/tan(pi): analytic by accident of rounding
                refused += 1
                print("%s at %s: not finite, expected %s" % (text, z, mp.nstr(expected[0], 20)))
            continue
        if expected is None:
            bad += 1
            print("%s at %s: got %s, expected no value" % (text, z, got[0]))
            continue
        for (mid, rad), x in zip(got, expected):
            if mid == "nan":
                continue
            scale = max(1, *(abs(v) for v in expected))
            compared += 1
            sharp += mpf(rad) <= mpf(10) ** -30 * scale
            if abs(mpf(mid) - x) > mpf(rad) + mpf(10) ** -40 * scale:
                bad += 1
                print("%s at %s: %s +- %s, expected %s" % (text, z, mid, rad, mp.nstr(x, 30)))
    print("%d lines, %d undefined, %d numbers, %d sharp" % (total, undefined, compared, sharp))
    if total == 0 or undefined > total / 2 or refused > total / 50 or sharp < 0.95 * compared:
        bad += 1
        print("too few numbers, or too inaccurate")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
