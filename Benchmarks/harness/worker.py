"""The Python side of the worker protocol (README.md): what every peer in peers/ ends with."""
import argparse
import json
import os
import sys
import time

import numpy as np

now = time.perf_counter
SAMPLE_SECONDS = 1e-3  # a sample is as many calls as take this long at least
WARM_UP = 0.2  # of the seconds asked for, before samples count


def calls_per_sample(run):
    """How many calls take SAMPLE_SECONDS."""
    count = 1
    while True:
        start = now()
        for _ in range(count):
            run()
        elapsed = now() - start
        if elapsed >= SAMPLE_SECONDS:
            return count
        count = max(2 * count, int(count * SAMPLE_SECONDS / max(elapsed, 1e-9)))


def measure(run, seconds):
    """Milliseconds per call, over samples taken for that many seconds."""
    start = now()
    count = calls_per_sample(run)
    while now() - start < WARM_UP * seconds:
        run()
    samples = []
    start = now()
    while now() - start < seconds or len(samples) < 3:
        begin = now()
        for _ in range(count):
            run()
        samples.append((now() - begin) / count)
    samples.sort()
    return {
        "median_ms": samples[len(samples) // 2] * 1e3,
        "min_ms": samples[0] * 1e3,
        "repetitions": count * len(samples),
    }


def serve(version, build):
    """Runs the protocol. `build(workload, inputs, options)` returns (run, result, note):
    `run()` computes once, to completion; `result()` is what the last run computed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", default="")
    parser.add_argument("--cache", help="a folder for what is compiled")
    parser.add_argument("--input", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()

    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes to stderr
    inputs = {k: np.load(f) for k, f in (item.split("=", 1) for item in options.input)}

    start = now()
    built = build(options.workload, inputs, options)
    if built is None:
        sys.exit(f"{options.workload} is not among this peer's workloads")
    run, result, note = built
    run()
    first = (now() - start) * 1e3
    np.save(options.output, np.asarray(result()))
    ready = {"version": version, "note": note, "first_call_ms": round(first, 3)}
    print("ready " + json.dumps(ready), file=out)
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            break
        if len(words) != 2 or words[0] != "run":
            sys.exit(f"expected `run SECONDS` or `quit`, found {line!r}")
        print(json.dumps(measure(run, float(words[1]))), file=out)
    out.flush()
    os._exit(0)  # some libraries take long to shut down
