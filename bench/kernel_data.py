"""NumPy on the kernels of bench/kernel_data: ReLU by the arc-cosine formulas, tanh by Gauss-Hermite with 200 nodes each
way.  Without arguments: nanoseconds an entry and layer of NNGP and NTK, for bench/kernel_data.  With edgeworth's program:
the errors of both, and of edgeworth's doubles, at equal depth.

    kernel_data.py [PROGRAM]
"""
import sys
import tempfile
import time

import numpy as np


def points(n, d=32):
    x = np.random.default_rng(1).normal(size=(n, d))
    return x * np.sqrt(d) / np.linalg.norm(x, axis=1)[:, None]


def relu(x, layers, cw=2.0):
    k = cw * (x @ x.T) / x.shape[1]
    theta = k / cw
    for _ in range(layers):
        d = np.sqrt(np.diag(k))
        s = np.outer(d, d)
        rho = np.clip(k / s, -1, 1)
        a = np.arccos(rho)
        dot = cw * (np.pi - a) / (2 * np.pi)
        ss = s * (np.sqrt(1 - rho * rho) + (np.pi - a) * rho) / (2 * np.pi)
        k, theta = cw * ss, ss + dot * theta
    return k, theta


def tanh(x, layers, cw=1.5, nodes=200):
    n = len(x)
    g, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / np.sqrt(2 * np.pi)
    k = cw * (x @ x.T) / x.shape[1]
    theta = k / cw
    for _ in range(layers):
        ss, dd = np.empty_like(k), np.empty_like(k)
        for i in range(n):
            for j in range(n):
                u = np.sqrt(k[i, i]) * g[:, None]
                c = k[i, j] / k[i, i]
                v = c * u + np.sqrt(max(k[j, j] - c * k[i, j], 0)) * g[None, :]
                su, sv = np.tanh(u), np.tanh(v)
                ss[i, j] = w @ (su * sv) @ w
                dd[i, j] = w @ ((1 - su * su) * (1 - sv * sv)) @ w
        k, theta = cw * ss, ss + cw * dd * theta
    return k, theta


def nanoseconds(f, n, layers):
    x = points(n)
    start = time.process_time()
    f(x, layers)
    return (time.process_time() - start) / (n * n * layers) * 1e9


def accuracy(program):
    import certified

    gaps = (1e-2, 1e-4, 1e-6, 1e-8)
    x = certified.close_points(32, gaps)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/x.csv"
        certified.write(path, x)
        for name, cw, f, label in (("relu", 2, relu, "NumPy, arccos"), ("tanh", 1.5, tanh, "NumPy, 200 x 200 nodes")):
            depth = 4
            truth = certified.exact(program, path, name, cw, depth)
            ours, bound = certified.doubles(program, path, folder, name, cw, depth)
            print(f"{name}, depth {depth}, against 30 certified digits:")
            certified.report(label, f(x, depth - 1, cw), truth, gaps)
            certified.report("edgeworth's doubles", ours, truth, gaps)
            print("    (bounds stated: %.1e, %.1e)" % tuple(bound))


if len(sys.argv) > 1:
    accuracy(sys.argv[1])
else:
    print(nanoseconds(relu, 2000, 3), nanoseconds(tanh, 12, 2))
