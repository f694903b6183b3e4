"""Numba: loops compiled with parallel=True and fastmath=True."""
import math

import numba
import numpy as np
from numba import njit, prange
from worker import serve

f32 = np.float32


@njit(parallel=True, fastmath=True)
def ew_chain(x, y):
    for i in prange(x.size):
        v = x[i]
        sigmoid = f32(1) / (f32(1) + math.exp(-v))
        y[i] = math.tanh(v * f32(0.5) + f32(0.1)) * sigmoid + math.exp(-v * v)


@njit(fastmath=True)
def overhead(x, y):
    for i in range(x.size):
        v = x[i]
        t = (v * f32(2) + f32(1)) * v - f32(3)
        y[i] = ((t * f32(0.5) + v) * v - f32(1)) * f32(0.25) + f32(2)


@njit(fastmath=True)
def prefix_sum(x, y):
    total = f32(0)
    for i in range(x.size):
        total += x[i]
        y[i] = total


FUNCTIONS = {"ew_chain": ew_chain, "prefix_sum": prefix_sum, "overhead": overhead}


def build(workload, inputs, options):
    if workload not in FUNCTIONS:
        return None
    numba.set_num_threads(options.threads)
    function, x = FUNCTIONS[workload], inputs["x"]
    output = np.empty_like(x)
    return (lambda: function(x, output)), (lambda: output), ""


serve(f"numba {numba.__version__}", build)
