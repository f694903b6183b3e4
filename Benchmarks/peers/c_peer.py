"""Plain C (loops.c) through ctypes, whose call is part of the time; variants gcc and clang."""
import ctypes
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from worker import serve

FLAGS = "-O3 -march=native -ffast-math -mprefer-vector-width=512 -shared -fPIC".split()
SOURCE = Path(__file__).parent / "loops.c"
# void f(const float *input, …, float *y, long extent of the first input, …, int threads)
FUNCTIONS = ["ew_chain", "softmax", "layernorm_gelu", "prefix_sum", "overhead"]


def library(compiler, folder):
    """Builds loops.c; clang takes its OpenMP runtime from the intel-openmp package."""
    target = Path(folder) / f"loops-{compiler}.so"
    if compiler == "clang":
        libraries = f"{sys.prefix}/lib"
        openmp = ["-fopenmp=libiomp5", "-fveclib=libmvec"]
        links = [f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lmvec", "-lm"]
    else:
        openmp, links = ["-fopenmp"], ["-lm"]
    command = [compiler, *FLAGS, *openmp, SOURCE, "-o", target, *links]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"{compiler}: " + process.stderr.strip().splitlines()[-1])
    return ctypes.CDLL(str(target))


def version(compiler):
    text = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
    return f"{compiler} " + re.search(r"\d+\.\d+\.\d+", text)[0]


def build(workload, inputs, options):
    if workload not in FUNCTIONS:
        return None
    function = getattr(library(options.variant, options.cache), workload)
    function.restype = None
    x = next(iter(inputs.values()))
    y = np.empty_like(x)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (*inputs.values(), y)]
    extents = [ctypes.c_long(extent) for extent in x.shape]
    arguments = (*pointers, *extents, ctypes.c_int(options.threads))
    return (lambda: function(*arguments)), (lambda: y), "through ctypes"


serve(version(sys.argv[sys.argv.index("--variant") + 1]), build)
