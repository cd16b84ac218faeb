"""Kernels of a few points for the benches: certified digits of edgeworth, its doubles, and how far other doubles are
from the truth."""
import csv
import json
import subprocess
from decimal import Decimal, getcontext

import numpy as np

getcontext().prec = 50


def close_points(d, gaps):
    """Points of one length to rounding: one, others at these distances from it, and two unrelated ones."""
    r = np.random.default_rng(2)
    x = r.normal(size=(3, d))
    rows = [x[0]] + [x[0] + g * r.normal(size=d) for g in gaps] + [x[1], x[2]]
    rows = np.array(rows)
    return rows * np.sqrt(d) / np.linalg.norm(rows, axis=1)[:, None]


def write(path, x):
    with open(path, "w", newline="") as f:
        csv.writer(f).writerows([[repr(float(v)) for v in row] for row in x])


def options(path, activation, cw, depth, convention):
    return ["--activation", activation, "--cw", str(cw), "--cb", "0", "--depth", str(depth), "--inputs", path,
            "--convention", convention]


def exact(program, path, activation, cw, depth, convention="pdlt"):
    """NNGP and NTK of the last layer to 30 digits."""
    out = subprocess.run([program, "kernel", "--format", "json", "--digits", "30"]
                         + options(path, activation, cw, depth, convention), check=True, capture_output=True)
    layer = json.loads(out.stdout)["result"]["layers"][-1]
    return [[[Decimal(v["mid"]) for v in row] for row in layer[name]] for name in ("nngp", "ntk")]


def doubles(program, path, folder, activation, cw, depth, convention="pdlt"):
    files = [f"{folder}/{name}.npy" for name in ("nngp", "ntk")]
    out = subprocess.run([program, "kernel", "--double", "--format", "json", "--save-nngp", files[0], "--save-ntk",
                          files[1]] + options(path, activation, cw, depth, convention), check=True, capture_output=True)
    result = json.loads(out.stdout)["result"]
    return [np.load(f) for f in files], [result[name]["bound"] for name in ("nngp", "ntk")]


def report(label, kernels, truth, gaps):
    """Largest errors of both kernels, and the relative error of |f_a - f_b|^2 for every gap."""
    line = [f"  {label}: largest errors"]
    for k, t in zip(kernels, truth):
        n = len(t)
        line.append("%.1e" % max(abs(Decimal(float(k[i][j])) - t[i][j]) for i in range(n) for j in range(n)))
    line.append("of NNGP and NTK; relative ones of K_aa + K_bb - 2 K_ab:")
    for i, gap in enumerate(gaps, 1):
        def square(k):
            return Decimal(k[0][0]) + Decimal(k[i][i]) - 2 * Decimal(k[0][i])
        t = square(truth[0])
        line.append("%.0e at %g," % (abs(square([[float(v) if not isinstance(v, Decimal) else v for v in row]
                                                 for row in kernels[0]]) - t) / t, gap))
    print(" ".join(line).rstrip(","))
