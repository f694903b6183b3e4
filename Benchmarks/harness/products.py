"""Times products of matrices of random sizes against OpenBLAS (through NumPy), in turn.

    Benchmarks/products [--count 200] [--largest 2000] [--threads 2] [--lathe PATH] [--json FILE]

Prints the ratio OpenBLAS's time / Lathe's of the worst shapes, and quantiles of all.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--largest", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--lathe", default=str(root / ".build/release/lathe"))
    parser.add_argument("--json")
    return parser.parse_args()


def best(call, seconds):
    """The least time of one call in milliseconds, of those that fit."""
    least = float("inf")
    end = time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        call()
        now = time.perf_counter()
        least = min(least, now - start)
        if now > end:
            return least * 1e3


class Served:
    """A product that `lathe bench --serve` holds ready."""

    def __init__(self, lathe, m, n, k, threads):
        self.process = subprocess.Popen(
            [lathe, "bench", f"gemm_{m}_{n}_{k}", "--serve", "--threads", str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline().split(" ", 1)[1])

    def best(self, seconds):
        self.process.stdin.write(f"run {seconds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["min_ms"]

    def close(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        self.process.wait()


def main():
    options = arguments()
    os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    import numpy as np

    generator = random.Random(options.seed)
    rows = []
    for _ in range(options.count):
        m, n, k = (generator.randint(1, options.largest) for _ in range(3))
        a = np.random.rand(m, k).astype(np.float32)
        b = np.random.rand(k, n).astype(np.float32)
        c = np.empty((m, n), np.float32)
        seconds = 0.02 + 2e-11 * m * n * k
        served = Served(options.lathe, m, n, k, options.threads)
        ours = theirs = float("inf")
        for _ in range(options.rounds):
            theirs = min(theirs, best(lambda: np.matmul(a, b, out=c), seconds))
            time.sleep(0.1)  # its threads spin on for a while
            ours = min(ours, served.best(seconds))
        rows.append({
            "m": m, "n": n, "k": k, "lathe_ms": ours, "openblas_ms": theirs,
            "ratio": theirs / ours, "ready_ms": served.ready["ready_ms"]})
        served.close()
    rows.sort(key=lambda row: row["ratio"])
    for row in rows[:10]:
        print("{m:5} x {n:5} x {k:5}  Lathe {lathe_ms:9.4f} ms  OpenBLAS {openblas_ms:9.4f} ms"
              "  ratio {ratio:.2f}".format(**row))
    ratios = [row["ratio"] for row in rows]
    ready = sorted(row["ready_ms"] for row in rows)
    at = lambda values, share: values[min(len(values) - 1, int(share * len(values)))]
    print("ratio OpenBLAS / Lathe of %d shapes: worst %.2f, first tenth %.2f, median %.2f, best %.2f"
          % (len(ratios), ratios[0], at(ratios, 0.1), at(ratios, 0.5), ratios[-1]))
    print("ready_ms: median %.1f, worst %.1f" % (at(ready, 0.5), ready[-1]))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    sys.exit(main())
