"""What the machine can do at best, and the physical limit of a workload on it."""
import json
import subprocess


def measure(folder, source, threads):
    """Builds and runs machine.c; other jobs only slow it down, so the best of all runs is kept."""
    binary, kept = folder / "machine", folder / f"machine-{threads}.json"
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        flags = ["-O3", "-march=native", "-ffp-contract=fast", "-fopenmp"]
        subprocess.run(["gcc", *flags, source, "-o", binary], check=True)
        kept.unlink(missing_ok=True)
    best = json.loads(kept.read_text()) if kept.exists() else {}
    for _ in range(2):
        output = subprocess.run([binary, str(threads)], capture_output=True, text=True, check=True)
        for key, value in json.loads(output.stdout).items():
            best[key] = max(value, best.get(key, 0))
    kept.write_text(json.dumps(best))
    return best


def limit(machine, workload):
    """(milliseconds, what limits): work at peak, or compulsory bytes at the rate of their size."""
    work = workload.flops / machine["gflops"] * 1e-6
    level = "dram" if workload.bytes > 48e6 else "mid" if workload.bytes > 12e6 else "cache"
    traffic = workload.bytes / machine[f"{level}_gbs"] * 1e-6
    return (work, "FLOP") if work >= traffic else (traffic, level)


def cpu_name():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown CPU"
