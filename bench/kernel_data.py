"""Nanoseconds an entry and layer of NNGP and NTK in NumPy: ReLU by the arc-cosine formulas, and tanh by
Gauss-Hermite with 200 nodes each way.  Printed for bench/kernel_data."""
import time

import numpy as np


def points(n, d=32):
    x = np.random.default_rng(1).normal(size=(n, d))
    return x * np.sqrt(d) / np.linalg.norm(x, axis=1)[:, None]


def relu(n, layers, cw=2.0):
    x = points(n)
    start = time.process_time()
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
    return (time.process_time() - start) / (n * n * layers) * 1e9


def tanh(n, layers, cw=1.5, nodes=200):
    x = points(n)
    g, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / np.sqrt(2 * np.pi)
    start = time.process_time()
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
    return (time.process_time() - start) / (n * n * layers) * 1e9


print(relu(2000, 3), tanh(12, 2))
