"""neural-tangents (CPU, float64) on networks of bench/kernel_data, where it is installed: processor seconds of NNGP and NTK
together once compiled, the largest difference from edgeworth's matrices, and the errors of both against certified digits.  It has
closed forms for ReLU and erf; tanh it computes by quadrature of two dimensions with as many nodes each way as one asks
for (ElementwiseNumerical).

    against_neural_tangents.py PROGRAM [POINTS]
"""
import resource
import subprocess
import sys
import tempfile
import time

try:
    import jax

    jax.config.update("jax_enable_x64", True)
    from neural_tangents import stax
except ImportError as missing:
    print("neural-tangents is not installed:", missing)
    sys.exit(0)
import jax.numpy as jnp
import numpy as np

import certified

DEPTH = 10
GAPS = (1e-2, 1e-4, 1e-6, 1e-8)
NODES = 25
program = sys.argv[1]
n = int(sys.argv[2]) if len(sys.argv) > 2 else 1000


def network(cw, layer):
    dense = stax.Dense(1, W_std=np.sqrt(cw), b_std=0.0)
    kernel = stax.serial(dense, *[f for _ in range(DEPTH - 1) for f in (layer, dense)])[2]
    return jax.jit(lambda x: kernel(x, None, get=("nngp", "ntk")))


def seconds():
    """Of the processor, of this process and its children: other work on the machine does not count."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def timed(f):
    start = seconds()
    y = f()
    return y, seconds() - start


def speed(name, cw, kernel, folder, m):
    x = np.random.default_rng(1).normal(size=(m, 32))
    x *= np.sqrt(32) / np.linalg.norm(x, axis=1)[:, None]
    certified.write(f"{folder}/x.csv", x)
    jax.block_until_ready(kernel(x))
    theirs, their_seconds = timed(lambda: jax.block_until_ready(kernel(x)))
    _, our_seconds = timed(lambda: subprocess.run(
        [program, "kernel", "--double", "--normalize", "--activation", name, "--cw", str(cw), "--cb", "0", "--depth",
         str(DEPTH), "--convention", "neural-tangents", "--inputs", f"{folder}/x.csv", "--save-nngp",
         f"{folder}/k.npy", "--save-ntk", f"{folder}/t.npy", "--quiet"], check=True, stdout=subprocess.DEVNULL))
    k, t = np.load(f"{folder}/k.npy"), np.load(f"{folder}/t.npy")
    print(f"{name}, {m} x {m}, depth {DEPTH}: neural-tangents {their_seconds:.2f} s of processor, edgeworth {our_seconds:.2f} s with "
          f"tables and files; differences {np.abs(k - theirs.nngp).max():.1e}, {np.abs(t - theirs.ntk).max():.1e}")


def accuracy(name, cw, kernel, folder, label):
    x = certified.close_points(32, GAPS)
    path = f"{folder}/close.csv"
    certified.write(path, x)
    truth = certified.exact(program, path, name, cw, DEPTH, "neural-tangents")
    ours, _ = certified.doubles(program, path, folder, name, cw, DEPTH, "neural-tangents")
    theirs = kernel(jnp.array(x))
    certified.report(label, [np.array(theirs.nngp), np.array(theirs.ntk)], truth, GAPS)
    certified.report("edgeworth's doubles", ours, truth, GAPS)


numerical = stax.ElementwiseNumerical(jnp.tanh, NODES)
with tempfile.TemporaryDirectory() as folder:
    for name, cw, layer, m, label in (("relu", 2.0, stax.Relu(), n, "neural-tangents"),
                                      ("erf", 1.5, stax.Erf(), n, "neural-tangents"),
                                      ("tanh", 1.5, numerical, max(n // 5, 10), f"neural-tangents, {NODES} x {NODES} nodes")):
        kernel = network(cw, layer)
        speed(name, cw, kernel, folder, m)
        accuracy(name, cw, kernel, folder, label)
