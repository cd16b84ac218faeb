"""Compare `edgeworth cumulants` with first_order.py, and published numbers.

    python3 compare.py PROGRAM

Exits 77 (skipped) without mpmath, 1 on any difference.
"""
import json
import subprocess
import sys

try:
    import mpmath as mp
except ImportError:
    sys.exit(77)

import first_order

DIGITS, DEPTH = 16, 3
CASES = [  # activation, C_W, C_b, K of layer 1, lambda_W, lambda_b
    ("tanh", "1", "0", "1", "1", "0"),
    ("gelu", "3/2", "1/10", "2", "1", "1/3"),
    ("silu", "2", "1/2", "9", "2", "0"),
    ("sin", "1", "0", "1/4", "1", "0"),
    ("erf", "3/4", "1/5", "1/2", "1", "1"),
    ("softplus", "1", "0", "3", "1", "0"),
    ("elu", "1", "1/7", "1", "1", "0"),
]


def program(path, name, cw, cb, k, lw, lb):
    command = [path, "cumulants", "--activation", name, "--order", "1", "--ntk", "--depth", str(DEPTH)]
    command += ["--cw", cw, "--cb", cb, "--gram", k, "--lambda-w", lw, "--lambda-b", lb]
    command += ["--digits", str(DIGITS), "--format", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rational(text):
    p, _, q = text.partition("/")
    return mp.mpf(p) / mp.mpf(q or 1)


def main():
    mp.mp.dps = DIGITS + 12
    bad = count = 0
    for name, *numbers in CASES:
        ours = program(sys.argv[1], name, *numbers)["result"]["layers"]
        cw, cb, k, lw, lb = map(rational, numbers)
        oracle = first_order.layers(name, DEPTH, cw, cb, k, lw, lb)
        for layer, (mine, theirs) in enumerate(zip(ours, oracle), 1):
            for letter, value in theirs.items():
                count += 1
                mid, rad = mp.mpf(mine[letter]["mid"]), mp.mpf(mine[letter]["rad"])
                if abs(mid - value) > rad + abs(value) * mp.mpf(10) ** (-DIGITS - 4):
                    bad += 1
                    print(f"{name} layer {layer} {letter}: {mine[letter]['mid']}, oracle {value}")
    print(f"{count} numbers compared, {bad} differ")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
