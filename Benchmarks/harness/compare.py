"""Times Lathe and its peers in turn on the same inputs (README.md)."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import machine
import report
from process import Worker, WorkerFailed
import numpy as np
from workloads import WORKLOADS, check, reference, write_inputs

HERE = Path(__file__).resolve().parent.parent
BUILD = HERE / ".build"
# name: (virtual environment, script, variant, what must be on the PATH)
PEERS = {
    "c-gcc": ("base", "c_peer.py", "gcc", "gcc"),
    "c-clang": ("base", "c_peer.py", "clang", "clang"),
    "c-hand": ("base", "c_peer.py", "hand", "gcc"),
    "iree": ("iree", "iree_peer.py", "", None),
    "jax": ("jax", "jax_peer.py", "", None),
    "numba": ("base", "numba_peer.py", "", None),
    "numexpr": ("base", "numexpr_peer.py", "", None),
    "numpy": ("base", "numpy_peer.py", "", None),
    "onnxruntime": ("onnx", "onnx_peer.py", "ort", None),
    "openvino": ("onnx", "onnx_peer.py", "openvino", None),
    "torch": ("torch", "torch_peer.py", "", None),
    "torch+512": ("torch", "torch_peer.py", "512", "gcc"),
}
# A round is clean when the process waited for a core, or others had one, for less than this part.
WAITED, OTHERS = 0.03, 0.06
CLEAN_ROUNDS = 3  # how many make a median; for these, up to three times the rounds are run


def python(venv):
    return HERE / f".venv-{venv}" / "bin" / "python"


def environment(threads):
    """No OPENBLAS_* of the caller, and one number of threads for all."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    counts = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    paths = {"PYTHONPATH": str(HERE / "harness"), "PYTHONWARNINGS": "ignore"}
    return {**kept, **paths, **{name: str(threads) for name in counts}}


def export_stablehlo(workload, inputs, variables):
    """Lets JAX write what IREE compiles."""
    if not python("jax").exists():
        return
    module = BUILD / f"{workload}.stablehlo"
    module.unlink(missing_ok=True)
    command = [python("jax"), HERE / "peers" / "jax_peer.py", "export", workload, module]
    command += inputs.values()
    subprocess.run(command, env=variables, check=True)


def command(name, workload, inputs, options):
    """The command line of a worker; WorkerFailed says what is missing for it."""
    files = [f"--input={key}={path}" for key, path in inputs.items()]
    common = ["--threads", str(options.threads), *files, "--output", output_file(name, workload)]
    if name.startswith("lathe-"):
        return [options.lathe, "bench", workload, "--mode", name[6:], "--serve", *common]
    venv, script, variant, tool = PEERS[name]
    if not python(venv).exists():
        raise WorkerFailed(f"not set up (Benchmarks/set-up {venv})")
    if tool and not shutil.which(tool):
        raise WorkerFailed(f"no {tool} on the PATH")
    line = [python(venv), HERE / "peers" / script, workload, *common, "--cache", BUILD]
    return line + (["--variant", variant] if variant else [])


def output_file(name, workload):
    return BUILD / f"{workload}-{name}.npy"


def start(name, workload, inputs, expected, options, variables):
    """A checked worker, ready to be timed."""
    cores = sorted(os.sched_getaffinity(0))[: options.threads]
    line = [str(word) for word in command(name, workload, inputs, options)]
    output_file(name, workload).unlink(missing_ok=True)
    try:
        worker = Worker(line, variables, cores, patience=300)
    except OSError as error:
        raise WorkerFailed(f"{error.strerror}") from None
    try:
        output = output_file(name, workload)
        return worker, 0.0 if expected is None else check(workload, expected, output)
    except (OSError, ValueError) as error:
        worker.close()
        raise WorkerFailed(f"check: {error}") from None


def clean(row):
    """The medians of its clean rounds."""
    quiet = [r for r in row["rounds"] if r["waited"] < WAITED or r["others"] < OTHERS]
    return [r["median_ms"] for r in quiet]


def summarize(row):
    """The median of the clean rounds; with too few of them the best call, marked."""
    medians = clean(row)
    row["marked"] = len(medians) < CLEAN_ROUNDS
    row["min_ms"] = min(r["min_ms"] for r in row["rounds"])
    row["ms"] = row["min_ms"] if row["marked"] else statistics.median(medians)


def take_turns(workers, rows, options):
    """Rounds in which each worker runs once, each round begun by the next one; more rounds than
    asked for while some worker lacks clean ones. A worker that fails is dropped."""
    for index in range(3 * options.rounds):
        lacking = [name for name in workers if len(clean(rows[name])) < CLEAN_ROUNDS]
        if not workers or (index >= options.rounds and not lacking):
            break
        names = list(workers)
        first = index % len(names)
        for name in names[first:] + names[:first]:
            try:
                rows[name]["rounds"].append(workers[name].batch(options.seconds))
            except WorkerFailed as failure:
                workers.pop(name).close()
                fail(rows[name], failure)
        print(f"round {index + 1}", file=sys.stderr)


def fail(row, failure):
    """Keeps why a peer has no figures."""
    row["failed"] = str(failure).replace(str(HERE), "Benchmarks")
    print(f"{row['workload']}: {row['peer']}: {row['failed']}", file=sys.stderr)


def compare(workload, names, options, variables):
    """One row per peer: its figures of each round, or why there are none."""
    inputs = write_inputs(workload, BUILD)
    expected = reference(workload, inputs)
    if "iree" in names:
        export_stablehlo(workload, inputs, variables)
    rows, workers = {}, {}
    try:
        for name in names:
            rows[name] = {"workload": workload, "peer": name, "rounds": []}
            try:
                workers[name], error = start(name, workload, inputs, expected, options, variables)
                rows[name].update(workers[name].ready, error_found=float(f"{error:.1e}"))
                if expected is None:
                    expected = np.load(output_file(name, workload))
            except WorkerFailed as failure:
                fail(rows[name], failure)
        take_turns(workers, rows, options)
    finally:
        for worker in workers.values():
            worker.close()
    for name in workers:
        summarize(rows[name])
    return list(rows.values())


def build_lathe():
    """Builds the command and returns its path."""
    root = HERE.parent
    release = ["swift", "build", "-c", "release"]
    subprocess.run([*release, "--product", "lathe"], cwd=root, check=True, stdout=sys.stderr)
    shown = subprocess.check_output([*release, "--show-bin-path"], cwd=root, text=True)
    return Path(shown.strip()) / "lathe"


def parse():
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description=__doc__)
    parser.add_argument("workloads", nargs="+", metavar="WORKLOAD", choices=WORKLOADS)
    parser.add_argument("--peers", default=",".join(PEERS), help="default: all; '' for none")
    parser.add_argument("--modes", default="jit,eager", help="Lathe's; '' leaves Lathe out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.4, help="per peer and round")
    parser.add_argument("--lathe", type=Path, help="the command; default: built here")
    parser.add_argument("--out", type=Path, default=BUILD / "results")
    options = parser.parse_args()
    unknown = [p for p in options.peers.split(",") if p and p not in PEERS]
    if unknown:
        parser.error(f"unknown peers {unknown}; known: {', '.join(PEERS)}")
    return options


def main():
    options = parse()
    names = [f"lathe-{mode}" for mode in options.modes.split(",") if mode]
    names += [name for name in options.peers.split(",") if name]
    if options.modes and not options.lathe:
        options.lathe = build_lathe()
    BUILD.mkdir(exist_ok=True)
    limits = machine.measure(BUILD, HERE / "harness" / "machine.c", options.threads)
    variables = environment(options.threads)
    results = {
        "cpu": machine.cpu_name(), "threads": options.threads, "machine": limits,
        "rounds": options.rounds, "seconds": options.seconds, "workloads": {},
    }
    for workload in options.workloads:
        ms, kind = machine.limit(limits, WORKLOADS[workload])
        rows = compare(workload, names, options, variables)
        results["workloads"][workload] = {
            "summary": WORKLOADS[workload].summary, "limit_ms": ms, "limit": kind, "rows": rows}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    report.write(results, options.out)


if __name__ == "__main__":
    main()
