"""Plain C (loops.c, element_loops.c) through ctypes, whose call is part of the time; variants gcc,
clang, and hand: lanes and tiles spelled out, built by gcc."""
import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from worker import serve

FLAGS = "-O3 -march=native -ffast-math -mprefer-vector-width=512 -shared -fPIC".split()
SOURCES = [Path(__file__).parent / name for name in ("loops.c", "element_loops.c")]
# void f(const float *input, …, float *y, long extent of the first input, …, int threads)
FUNCTIONS = ["ew_chain", "softmax", "layernorm_gelu", "prefix_sum", "overhead"]
# Results that are not like the first input.
RESULTS = {
    "mandelbrot": ((1024, 1024), np.int32),
    "nbody": ((4096, 3), np.float32),
    "jacobi": ((2048, 2048), np.float32),
    "dtw": ((), np.float32),
    "histogram": ((256,), np.int64),
    "prefix_sum_loop": ((16_777_216,), np.float32),
    "lstm": ((128, 32, 256), np.float32),
}


def library(compiler, folder):
    """Builds loops.c; clang takes its OpenMP runtime from the intel-openmp package."""
    target = Path(folder) / f"loops-{compiler}-{os.stat(SOURCES[1]).st_mtime_ns}.so"
    if compiler == "clang":
        libraries = f"{sys.prefix}/lib"
        openmp = ["-fopenmp=libiomp5", "-fveclib=libmvec"]
        links = [f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lmvec", "-lm"]
    else:
        openmp, links = ["-fopenmp"], ["-lm"]
    command = [compiler, *FLAGS, *openmp, *SOURCES, "-o", target, *links]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"{compiler}: " + process.stderr.strip().splitlines()[-1])
    return ctypes.CDLL(str(target))


def version(compiler):
    text = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
    return f"{compiler} " + re.search(r"\d+\.\d+\.\d+", text)[0]


def build(workload, inputs, options):
    by_hand = options.variant == "hand"
    if workload not in RESULTS and (by_hand or workload not in FUNCTIONS):
        return None
    code = library("gcc" if by_hand else options.variant, options.cache)
    name = workload + "_hand" if by_hand else workload.removesuffix("_loop")
    function = getattr(code, name, None)
    if function is None:
        return None
    function.restype = None
    x = next(iter(inputs.values()))
    shape, dtype = RESULTS.get(workload, (x.shape, x.dtype))
    y = np.zeros(shape, dtype)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (*inputs.values(), y)]
    extents = [ctypes.c_long(extent) for extent in x.shape]
    arguments = (*pointers, *extents, ctypes.c_int(options.threads))
    return (lambda: function(*arguments)), (lambda: y), "through ctypes"


variant = sys.argv[sys.argv.index("--variant") + 1]
serve(version("gcc" if variant == "hand" else variant), build)
