"""`edgeworth regress` against kernels in closed form and mpmath's linear algebra.

    python3 regress.py PROGRAM

The kernels of ReLU (arc-cosine) and erf networks are the published ones; training at time t is
the matrix exponential, the limit a linear solve; nothing is shared with the program but the
conventions.  Exits 77 (skipped) without mpmath, 1 on any difference.
"""
import itertools
import json
import os
import subprocess
import sys
import tempfile

try:
    import mpmath as mp
except ImportError:
    sys.exit(77)

DIGITS = 12
TRAIN = [["1", "0"], ["0", "1"], ["1", "3/2"], ["-1/2", "1/4"]]
TEST = [["1/2", "1/2"], ["-1", "2"]]
TARGET = [["1", "0"], ["-1", "2"], ["1/2", "1/3"], ["2", "-1"]]


def number(text):
    p, _, q = text.partition("/")
    return mp.mpf(p) / mp.mpf(q or 1)


def relu(a, b, c):
    r = max(min(c / mp.sqrt(a * b), mp.mpf(1)), mp.mpf(-1))
    angle = mp.acos(r)
    return (mp.sqrt(a * b) * (mp.sin(angle) + (mp.pi - angle) * r) / (2 * mp.pi),
            (mp.pi - angle) / (2 * mp.pi))


def erf(a, b, c):
    return (2 / mp.pi * mp.asin(2 * c / mp.sqrt((1 + 2 * a) * (1 + 2 * b))),
            4 / mp.pi / mp.sqrt((1 + 2 * a) * (1 + 2 * b) - 4 * c * c))


def kernels(dual, depth, cw, cb, lw, lb):
    """NNGP and NTK of all points: theory.md section 4."""
    points = [[number(x) for x in row] for row in TRAIN + TEST]
    n = len(points)
    dot = mp.matrix(n, n)
    for i, j in itertools.product(range(n), repeat=2):
        dot[i, j] = sum(x * y for x, y in zip(points[i], points[j])) / 2
    k, h = mp.matrix(n, n), mp.matrix(n, n)
    for i, j in itertools.product(range(n), repeat=2):
        k[i, j] = cb + cw * dot[i, j]
        h[i, j] = lb + lw * dot[i, j]
    for _ in range(depth - 1):
        k2, h2 = mp.matrix(n, n), mp.matrix(n, n)
        for i, j in itertools.product(range(n), repeat=2):
            ss, dd = dual(k[i, i], k[j, j], k[i, j])
            k2[i, j] = cb + cw * ss
            h2[i, j] = lb + lw * ss + cw * dd * h[i, j]
        k, h = k2, h2
    return k, h


def states(k, h, ridge, time):
    """Means, variances and losses at one time."""
    m, n = len(TRAIN), len(TRAIN) + len(TEST)
    y = mp.matrix([[number(v) for v in row] for row in TARGET])
    a = h[:m, :m] + ridge * mp.eye(m)
    g = mp.inverse(a)
    if time != "inf":
        g = g * (mp.eye(m) - mp.expm(-a * number(time), method="pade"))
    b = h[:, :m] * g
    mean = b * y
    variance = [k[i, i] - 2 * sum(b[i, j] * k[i, j] for j in range(m)) +
                sum(b[i, j] * k[j, l] * b[i, l] for j in range(m) for l in range(m))
                for i in range(n)]
    norm2 = [sum(b[i, j] ** 2 for j in range(m)) for i in range(n)]
    rest = mean[:m, :] - y
    loss = sum(v * v for v in rest) / 2
    return mean, variance, norm2, loss, loss + y.cols * sum(variance[:m]) / 2


def write(folder, name, rows):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.writelines(",".join(row) + "\n" for row in rows)
    return path


def program(path, folder, name, options):
    command = [path, "regress", "--activation", name, "--digits", str(DIGITS), "--format", "json",
               "--inputs", write(folder, "x.csv", TRAIN), "--inputs-test", write(folder, "t.csv", TEST),
               "--targets", write(folder, "y.csv", TARGET), *options]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)["result"]


def differs(ours, theirs, what):
    value, radius = mp.mpf(ours["mid"]), mp.mpf(ours["rad"])
    if abs(value - theirs) <= radius * mp.mpf("1.000001") + mp.mpf(10) ** -(DIGITS + 9):
        return 0
    print(f"{what}: {ours['mid']} is not {mp.nstr(theirs, DIGITS + 4)}")
    return 1


def compare(path, folder, name, dual, kernel, ridge, loss):
    cw, cb, lw, lb, depth = "3/2", "1/10", "4/5", "1/5", 3
    times = ["0", "1/10", "1", "30", "inf"]
    ours = program(path, folder, name, ["--cw", cw, "--cb", cb, "--lambda-w", lw, "--lambda-b", lb,
                                        "--depth", str(depth), "--kernel", kernel, "--loss", loss,
                                        "--regularisation", ridge, "--time", ",".join(times)])
    k, ntk = kernels(dual, depth, *map(number, (cw, cb, lw, lb)))
    h = ntk if kernel == "ntk" else k
    n, m, bad = len(TRAIN) + len(TEST), len(TRAIN), 0
    divisor = m if loss == "mean" else 1
    for i, time in enumerate(times):
        slow = time if time == "inf" else mp.nstr(number(time) / divisor, 40)
        mean, variance, norm2, left, expected = states(k, h, number(ridge), slow)
        what = f"{name} {kernel} ridge {ridge} t={time}"
        curve = ours["curve"][i]
        bad += differs(curve["loss"], left / divisor, what + " loss")
        bad += differs(curve["expected_loss"], expected / divisor, what + " expected loss")
        for x in range(n):
            at = ours["predictions"][i * n + x]
            assert (at["set"], at["point"]) == (("train", x + 1) if x < m else ("test", x - m + 1))
            for c in range(2):
                bad += differs(at["prediction"][c], mean[x, c], f"{what} mean {x} {c}")
            noise = number(ridge) * norm2[x] if time == "inf" and kernel == "nngp" else 0
            bad += differs(at["variance"], variance[x] + noise, f"{what} variance {x}")
    eigen = sorted(mp.eigsy(h[:m, :m] + number(ridge) * mp.eye(m), eigvals_only=True))
    bad += differs(ours["least_eigenvalue"], eigen[0], name + " least")
    bad += differs(ours["condition"], eigen[-1] / eigen[0], name + " condition")
    return bad


def main():
    mp.mp.dps = 40
    with tempfile.TemporaryDirectory() as folder:
        bad = compare(sys.argv[1], folder, "relu", relu, "ntk", "0", "sum")
        bad += compare(sys.argv[1], folder, "erf", erf, "ntk", "1/3", "mean")
        bad += compare(sys.argv[1], folder, "erf", erf, "nngp", "1/10", "sum")
    sys.exit(bad > 0)


main()
