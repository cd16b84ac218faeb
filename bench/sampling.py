"""A plain NumPy loop over random networks, with the statistics of `edgeworth sample --ntk`.

usage: sampling.py WIDTH DEPTH SAMPLES      prints the seconds a sample takes
tanh, C_W = lambda_W = 1, C_b = lambda_b = 0, one input with K = 1, two tangents.
"""
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy as np  # noqa: E402


def sample(rng, n, depth):
    """Ghat of layers 2..depth: six entries each."""
    out = np.empty((depth - 1, 6))
    z, z1, z2 = (rng.standard_normal(n) for _ in range(3))
    for layer in range(depth - 1):
        if layer:
            w, w1, w2 = (rng.standard_normal((n, n)) / np.sqrt(n) for _ in range(3))
            z, z1, z2 = w @ s, w @ d1 + w1 @ s, w @ d2 + w2 @ s
        s = np.tanh(z)
        slope = 1 - s * s
        d1, d2 = slope * z1, slope * z2
        out[layer] = (s @ s, s @ d1, s @ d2, d1 @ d1 + s @ s, d1 @ d2, d2 @ d2 + s @ s)
    return out / n


def main():
    n, depth, samples = (int(a) for a in sys.argv[1:4])
    rng = np.random.default_rng(0)
    total = np.zeros((depth - 1, 6))
    square = np.zeros((depth - 1, 6, 6))
    sample(rng, n, depth)
    start = time.process_time()
    for _ in range(samples):
        g = sample(rng, n, depth)
        total += g
        square += g[:, :, None] * g[:, None, :]
    seconds = (time.process_time() - start) / samples
    mean = total / samples
    (square / samples - mean[:, :, None] * mean[:, None, :]) * samples / (samples - 1)
    print(f"{seconds:.9f}")


main()
