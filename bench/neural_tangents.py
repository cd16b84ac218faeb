"""neural-tangents (CPU, float64) on the ReLU and erf networks of bench/kernel_data, where it is installed: seconds
of NNGP and NTK together, and the largest difference from edgeworth's matrices.

    neural_tangents.py PROGRAM [POINTS]
"""
import subprocess
import sys
import tempfile
import time

try:
    import jax

    jax.config.update("jax_enable_x64", True)
    from neural_tangents import stax
except ImportError:
    print("neural-tangents is not installed")
    sys.exit(0)
import numpy as np

DEPTH = 10
program = sys.argv[1]
n = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
x = np.random.default_rng(1).normal(size=(n, 32))
x *= np.sqrt(32) / np.linalg.norm(x, axis=1)[:, None]

with tempfile.TemporaryDirectory() as folder:
    np.savetxt(f"{folder}/x.csv", x, fmt="%.17g", delimiter=",")
    for name, cw, layer in (("relu", 2.0, stax.Relu()), ("erf", 1.5, stax.Erf())):
        dense = stax.Dense(1, W_std=np.sqrt(cw), b_std=0.0)
        layers = [dense] + [f for _ in range(DEPTH - 1) for f in (layer, dense)]
        kernel = jax.jit(stax.serial(*layers)[2], static_argnames="get")
        jax.block_until_ready(kernel(x, None, get=("nngp", "ntk")))
        start = time.perf_counter()
        theirs = jax.block_until_ready(kernel(x, None, get=("nngp", "ntk")))
        their_seconds = time.perf_counter() - start
        start = time.perf_counter()
        subprocess.run(
            [program, "kernel", "--double", "--normalize", "--activation", name, "--cw", str(cw), "--cb", "0",
             "--depth", str(DEPTH), "--convention", "neural-tangents", "--inputs", f"{folder}/x.csv",
             "--save-nngp", f"{folder}/k.npy", "--save-ntk", f"{folder}/t.npy", "--quiet"],
            check=True, stdout=subprocess.DEVNULL)
        our_seconds = time.perf_counter() - start
        k, t = np.load(f"{folder}/k.npy"), np.load(f"{folder}/t.npy")
        print(f"{name}: neural-tangents {their_seconds:.2f} s, edgeworth {our_seconds:.2f} s with tables and files; "
              f"differences {np.abs(k - theirs.nngp).max():.1e}, {np.abs(t - theirs.ntk).max():.1e}")
