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


@njit(parallel=True, fastmath=True)
def mandelbrot(cx, cy, counts):
    for i in prange(counts.shape[0]):
        for j in range(counts.shape[1]):
            x = f32(0)
            y = f32(0)
            count = 0
            while count < 200:
                xx = x * x
                yy = y * y
                if xx + yy > f32(4):
                    break
                y = f32(2) * x * y + cy[i]
                x = xx - yy + cx[j]
                count += 1
            counts[i, j] = count


@njit(parallel=True, fastmath=True)
def nbody(p, m, a):
    for i in prange(p.shape[0]):
        ax = f32(0)
        ay = f32(0)
        az = f32(0)
        for j in range(p.shape[0]):
            dx = p[j, 0] - p[i, 0]
            dy = p[j, 1] - p[i, 1]
            dz = p[j, 2] - p[i, 2]
            r2 = dx * dx + dy * dy + dz * dz + f32(1e-3)
            s = m[j] / (r2 * math.sqrt(r2))
            ax += s * dx
            ay += s * dy
            az += s * dz
        a[i, 0] = ax
        a[i, 1] = ay
        a[i, 2] = az


@njit(parallel=True, fastmath=True)
def sweep(s, d):
    for i in prange(1, s.shape[0] - 1):
        for j in range(1, s.shape[1] - 1):
            d[i, j] = f32(0.25) * (s[i - 1, j] + s[i + 1, j] + s[i, j - 1] + s[i, j + 1])


OTHER = np.empty((2048, 2048), f32)


def jacobi(u, a):
    a[:] = u
    OTHER[:] = u
    for _ in range(5):
        sweep(a, OTHER)
        sweep(OTHER, a)


@njit(fastmath=True)
def warp(a, b, row):
    row[:] = f32(3e38)
    row[0] = 0
    for i in range(a.size):
        diagonal = row[0]
        left = f32(3e38)
        row[0] = left
        for j in range(b.size):
            up = row[j + 1]
            left = abs(a[i] - b[j]) + min(min(up, diagonal), left)
            diagonal = up
            row[j + 1] = left
    return row[b.size]


ROW = np.empty(2049, f32)


def dtw(a, b, out):
    out[...] = warp(a, b, ROW)


@njit(parallel=True)
def count(x, own):
    length = (x.size + own.shape[0] - 1) // own.shape[0]
    for t in prange(own.shape[0]):
        local = np.zeros(256, np.int32)
        for i in range(t * length, min(x.size, (t + 1) * length)):
            local[x[i]] += 1
        own[t, :] = local


def histogram(x, counts):
    own = np.empty((numba.get_num_threads(), 256), np.int64)
    count(x, own)
    counts[:] = own.sum(0)


@njit(fastmath=True)
def lstm(x, wx, wh, b, out):  # products by SciPy's BLAS, which numba calls
    steps, batch, hidden = x.shape
    inputs = (x.reshape(steps * batch, hidden) @ wx).reshape(steps, batch, 4 * hidden)
    h = np.zeros((batch, hidden), f32)
    c = np.zeros((batch, hidden), f32)
    one = f32(1)
    for t in range(steps):
        products = h @ wh
        for i in range(batch):
            for k in range(hidden):
                zi = products[i, k] + inputs[t, i, k] + b[k]
                zf = products[i, hidden + k] + inputs[t, i, hidden + k] + b[hidden + k]
                zg = products[i, 2 * hidden + k] + inputs[t, i, 2 * hidden + k] + b[2 * hidden + k]
                zo = products[i, 3 * hidden + k] + inputs[t, i, 3 * hidden + k] + b[3 * hidden + k]
                cell = c[i, k] / (one + math.exp(-zf)) + math.tanh(zg) / (one + math.exp(-zi))
                c[i, k] = cell
                h[i, k] = math.tanh(cell) / (one + math.exp(-zo))
                out[t, i, k] = h[i, k]


RESULTS = {
    "mandelbrot": ((1024, 1024), np.int32),
    "nbody": ((4096, 3), f32),
    "jacobi": ((2048, 2048), f32),
    "dtw": ((), f32),
    "histogram": ((256,), np.int64),
}
FUNCTIONS = {
    "ew_chain": ew_chain,
    "prefix_sum": prefix_sum,
    "prefix_sum_loop": prefix_sum,
    "overhead": overhead,
    "mandelbrot": mandelbrot,
    "nbody": nbody,
    "jacobi": jacobi,
    "dtw": dtw,
    "histogram": histogram,
    "lstm": lstm,
}


def build(workload, inputs, options):
    if workload not in FUNCTIONS:
        return None
    numba.set_num_threads(options.threads)
    function, arrays = FUNCTIONS[workload], list(inputs.values())
    shape, dtype = RESULTS.get(workload, (arrays[0].shape, arrays[0].dtype))
    output = np.zeros(shape, dtype)
    return (lambda: function(*arrays, output)), (lambda: output), ""


serve(f"numba {numba.__version__}", build)
