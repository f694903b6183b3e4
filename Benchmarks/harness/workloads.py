"""The workloads: inputs from fixed seeds, float64 references, work counts, tolerances."""
import zlib
from dataclasses import dataclass
from typing import Callable

import numpy as np


@dataclass(frozen=True)
class Workload:
    """One row of the table: what is computed, how much work it is, how exact it must be."""

    summary: str
    inputs: Callable  # (random generator) -> {name: float32 array}
    reference: Callable | None  # (float64 inputs in that order) -> float64 array
    flops: int  # one exp, tanh or sigmoid counts as 20
    bytes: int  # each input read and each output written once
    tolerance: float = 2e-4  # largest error, relative to the largest reference value
    outliers: float = 0.0  # part of the elements that may be further off


EW_COUNT = 4_194_304
TINY_COUNT = 64
SOFTMAX_SHAPE = (4096, 1024)
NORM_SHAPE = (2048, 1024)
SUM_COUNT = 16_777_216
HEADS = 12
ATTENTION_SHAPE = (HEADS, 512, 64)
BLOCK_SHAPE = (128, 768)


def normal(generator, *shape):
    return generator.standard_normal(shape, dtype=np.float32)


def softmax(x):
    """Along the rows of a NumPy array."""
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layernorm_gelu(x, r, g, b):
    """gelu_tanh(layernorm(x + r)·g + b) of NumPy arrays, in their type."""
    t = x.dtype.type
    y = x + r
    y = y - y.mean(-1, keepdims=True)
    y = y / np.sqrt((y * y).mean(-1, keepdims=True) + t(1e-5)) * g + b
    return t(0.5) * y * (1 + np.tanh(t(np.sqrt(2 / np.pi)) * (y + t(0.044715) * y * y * y)))


def gelu(x):
    """The form with tanh, of NumPy arrays, in their type."""
    t = x.dtype.type
    return t(0.5) * x * (1 + np.tanh(t(np.sqrt(2 / np.pi)) * (x + t(0.044715) * x * x * x)))


def transforms(x):
    """Of complex numbers, whose parts stand along the last axis of a NumPy array."""
    numbers = np.complex64 if x.dtype == np.float32 else np.complex128
    return np.fft.fft(x.view(numbers)[..., 0]).view(x.dtype).reshape(x.shape)


def layernorm(x, g, b):
    y = x - x.mean(-1, keepdims=True)
    return y / np.sqrt((y * y).mean(-1, keepdims=True) + x.dtype.type(1e-5)) * g + b


def mlp(x, w1, b1, w2, b2, w3, b3):
    h = np.maximum(x @ w1 + b1, 0)
    return np.maximum(h @ w2 + b2, 0) @ w3 + b3


def attention(q, k, v):
    """Each position sees those up to it: [heads, positions, width]."""
    t = q.dtype.type
    scores = q @ np.swapaxes(k, -1, -2) * t(1 / np.sqrt(q.shape[-1]))
    seen = np.tril(np.ones(scores.shape[-2:], bool))
    return softmax(np.where(seen, scores, t(-1e30))) @ v


def lstm(x, wx, wh, b):
    """The hidden states, gates i, f, g, o: [steps, batch, hidden]."""
    hidden = wh.shape[0]
    h = np.zeros((x.shape[1], hidden), x.dtype)
    c = h.copy()
    states = np.empty_like(x)
    gates_of_inputs = x @ wx + b
    for t in range(x.shape[0]):
        gates = gates_of_inputs[t] + h @ wh
        i, f, g, o = (gates[:, k * hidden : (k + 1) * hidden] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states[t] = h
    return states


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gpt2_block(x, ln1_g, ln1_b, qkv_w, qkv_b, proj_w, proj_b, ln2_g, ln2_b, fc_w, fc_b, out_w, out_b):
    positions, width = x.shape

    def heads(y):
        return y.reshape(positions, HEADS, width // HEADS).transpose(1, 0, 2)

    qkv = layernorm(x, ln1_g, ln1_b) @ qkv_w + qkv_b
    q, k, v = (heads(qkv[:, i * width : (i + 1) * width]) for i in range(3))
    x = x + (attention(q, k, v).transpose(1, 0, 2).reshape(positions, width) @ proj_w + proj_b)
    return x + (gelu(layernorm(x, ln2_g, ln2_b) @ fc_w + fc_b) @ out_w + out_b)


def conv3x3(x, w):
    """Channels of one padded image, by 3x3."""
    (n, c, height, width), filters = x.shape, w.shape[0]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    columns = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * 9, height * width)
    return (w.reshape(filters, -1) @ columns).reshape(n, filters, height, width)


def square(size):
    """The row of a product of square matrices."""
    return Workload(
        f"product of {size}x{size} matrices",
        inputs=lambda g: {
            "a": normal(g, size, size),
            "b": normal(g, size, size) * np.float32(1 / np.sqrt(size)),
        },
        reference=np.matmul,
        flops=2 * size**3,
        bytes=12 * size * size,
    )


def perceptron(batch):
    """The row of 784-512-512-10."""
    sizes = (784, 512, 512, 10)

    def inputs(g):
        arrays = {"x": normal(g, batch, sizes[0])}
        for i in range(3):
            scale = np.float32(np.sqrt(2 / sizes[i]))
            arrays[f"w{i + 1}"] = normal(g, sizes[i], sizes[i + 1]) * scale
            arrays[f"b{i + 1}"] = normal(g, sizes[i + 1]) * np.float32(0.1)
        return arrays

    weights = 784 * 512 + 512 * 512 + 5120
    return Workload(
        f"784-512-512-10 with relu, batch {batch}",
        inputs=inputs,
        reference=mlp,
        flops=2 * batch * weights,
        bytes=4 * weights,
    )


def block_inputs(g):
    width, wide = BLOCK_SHAPE[1], 4 * BLOCK_SHAPE[1]
    f32 = np.float32
    arrays = {"x": normal(g, *BLOCK_SHAPE)}
    arrays |= {"ln1_g": 1 + f32(0.1) * normal(g, width), "ln1_b": f32(0.1) * normal(g, width)}
    arrays["qkv_w"] = f32(0.03) * normal(g, width, 3 * width)
    arrays["qkv_b"] = f32(0.02) * normal(g, 3 * width)
    arrays["proj_w"] = f32(0.03) * normal(g, width, width)
    arrays["proj_b"] = f32(0.02) * normal(g, width)
    arrays |= {"ln2_g": 1 + f32(0.1) * normal(g, width), "ln2_b": f32(0.1) * normal(g, width)}
    arrays["fc_w"] = f32(0.03) * normal(g, width, wide)
    arrays["fc_b"] = f32(0.02) * normal(g, wide)
    arrays["out_w"] = f32(0.03) * normal(g, wide, width)
    arrays["out_b"] = f32(0.02) * normal(g, width)
    return arrays


def escape_counts(cx, cy):
    """Iterations until |z| exceeds 2, at most 200."""
    x0, y0 = np.broadcast_arrays(cx[None, :], cy[:, None])
    x, y, counts = np.zeros_like(x0), np.zeros_like(y0), np.zeros(x0.shape)
    active = np.ones(x0.shape, bool)
    for _ in range(200):
        with np.errstate(all="ignore"):
            xx, yy = x * x, y * y
            active &= xx + yy <= 4
            counts += active
            x, y = np.where(active, xx - yy + x0, x), np.where(active, 2 * x * y + y0, y)
    return counts


def accelerations(p, m):
    """Of each body by all, softened by 1e-3."""
    a = np.empty_like(p)
    for i in range(len(p)):
        d = p - p[i]
        r2 = (d * d).sum(1) + 1e-3
        a[i] = ((m / (r2 * np.sqrt(r2)))[:, None] * d).sum(0)
    return a


def jacobi(u):
    """Ten sweeps of the mean of four neighbours; edges stay."""
    for _ in range(10):
        v = u.copy()
        v[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        u = v
    return u


def time_warping(a, b):
    """Cost of the best alignment, diagonal by diagonal."""
    n = len(a)
    before, last = np.full(n + 1, np.inf), np.full(n + 1, np.inf)
    before[0] = 0
    for s in range(2, 2 * n + 1):
        i = np.arange(max(1, s - n), min(n, s - 1) + 1)
        here = np.full(n + 1, np.inf)
        least = np.minimum(np.minimum(last[i - 1], last[i]), before[i - 1])
        here[i] = np.abs(a[i - 1] - b[s - i - 1]) + least
        before, last = last, here
    return last[n]


def overhead_chain(x):
    """Ten elementwise operations, on any array type."""
    y = x * 2.0
    y = y + 1.0
    y = y * x
    y = y - 3.0
    y = y * 0.5
    y = y + x
    y = y * x
    y = y - 1.0
    y = y * 0.25
    return y + 2.0


def labels(generator, classes, *shape):
    return generator.integers(0, classes, shape).astype(np.float32)


def dense(generator, sizes):
    """Weights and biases of dense layers: w1, b1, w2, …"""
    found = {}
    for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), start=1):
        found[f"w{layer}"] = normal(generator, inputs, outputs) * np.float32((2 / inputs) ** 0.5)
        found[f"b{layer}"] = normal(generator, outputs) * np.float32(0.1)
    return found


def gpt(generator):
    """The parameters of train_gpt in the order of the model's declarations."""
    shapes = {"tokens_table": (65, 128), "positions": (128, 128)}
    products = [(f"attention_{name}", 128, 128) for name in ("query", "key", "value", "output")]
    for block in (f"blocks{number}_" for number in range(4)):
        shapes |= {f"{block}firstNorm_{kind}": (128,) for kind in ("scale", "offset")}
        for name, inputs, outputs in products:
            shapes |= {f"{block}{name}_weight": (inputs, outputs), f"{block}{name}_bias": (outputs,)}
        shapes |= {f"{block}secondNorm_{kind}": (128,) for kind in ("scale", "offset")}
        for name, inputs, outputs in (("expand", 128, 512), ("contract", 512, 128)):
            shapes |= {f"{block}{name}_weight": (inputs, outputs), f"{block}{name}_bias": (outputs,)}
    shapes |= {"norm_scale": (128,), "norm_offset": (128,), "head_weight": (128, 65)}
    return {
        name: normal(generator, *shape) * np.float32(0.08 if len(shape) > 1 else 0.1)
        + np.float32(name.endswith("scale"))
        for name, shape in shapes.items()
    }


WORKLOADS = {
    "ew_chain": Workload(
        "tanh(x·0.5 + 0.1) · sigmoid(x) + exp(−x·x) on 4,194,304 elements",
        inputs=lambda g: {"x": normal(g, EW_COUNT)},
        reference=lambda x: np.tanh(x * 0.5 + 0.1) / (1 + np.exp(-x)) + np.exp(-x * x),
        flops=70 * EW_COUNT,
        bytes=8 * EW_COUNT,
    ),
    "softmax": Workload(
        "softmax of 4096 rows of 1024",
        inputs=lambda g: {"x": normal(g, *SOFTMAX_SHAPE) * np.float32(2)},
        reference=softmax,
        flops=25 * SOFTMAX_SHAPE[0] * SOFTMAX_SHAPE[1],
        bytes=8 * SOFTMAX_SHAPE[0] * SOFTMAX_SHAPE[1],
    ),
    "layernorm_gelu": Workload(
        "gelu_tanh(layernorm(x + r)·g + b) of 2048 rows of 1024",
        inputs=lambda g: {
            "x": normal(g, *NORM_SHAPE),
            "r": normal(g, *NORM_SHAPE),
            "g": 1 + np.float32(0.1) * normal(g, NORM_SHAPE[1]),
            "b": np.float32(0.1) * normal(g, NORM_SHAPE[1]),
        },
        reference=layernorm_gelu,
        flops=40 * NORM_SHAPE[0] * NORM_SHAPE[1],
        bytes=12 * NORM_SHAPE[0] * NORM_SHAPE[1] + 8 * NORM_SHAPE[1],
    ),
    "matmul_512": square(512),
    "matmul_1024": square(1024),
    "matmul_2048": square(2048),
    "matmul_skinny": Workload(
        "1x4096 by 4096x4096",
        inputs=lambda g: {
            "a": normal(g, 1, 4096),
            "b": normal(g, 4096, 4096) * np.float32(1 / 64),
        },
        reference=np.matmul,
        flops=2 * 4096 * 4096,
        bytes=4 * 4096 * 4096,
    ),
    "matmul_bias_gelu": Workload(
        "gelu of 512x768 by 768x3072 and a bias",
        inputs=lambda g: {
            "x": normal(g, 512, 768),
            "w": normal(g, 768, 3072) * np.float32(768**-0.5),
            "b": np.float32(0.1) * normal(g, 3072),
        },
        reference=lambda x, w, b: gelu(x @ w + b),
        flops=2 * 512 * 768 * 3072 + 512 * 3072 * 30,
        bytes=4 * (512 * 768 + 768 * 3072 + 512 * 3072),
    ),
    "mlp_infer_b1": perceptron(1),
    "mlp_infer_b64": perceptron(64),
    "attention": Workload(
        "causal attention, 12 heads of 64, 512 positions",
        inputs=lambda g: {name: normal(g, *ATTENTION_SHAPE) for name in "qkv"},
        reference=attention,
        flops=HEADS * 512 * 512 * (2 * 64 + 12.5),
        bytes=4 * 4 * HEADS * 512 * 64,
    ),
    "gpt2_block_t128": Workload(
        "one block of GPT-2 small, 128 positions",
        inputs=block_inputs,
        reference=gpt2_block,
        flops=2 * 128 * 12 * 768 * 768 + 2 * 128 * 128 * 768,
        bytes=4 * (12 * 768 * 768 + 2 * 128 * 768),
    ),
    "conv3x3": Workload(
        "64 to 64 channels of 56x56 by 3x3, padded",
        inputs=lambda g: {
            "x": normal(g, 1, 64, 56, 56),
            "w": normal(g, 64, 64, 3, 3) * np.float32(np.sqrt(2 / 576)),
        },
        reference=conv3x3,
        flops=2 * 64 * 64 * 9 * 56 * 56,
        bytes=4 * (2 * 64 * 56 * 56 + 64 * 64 * 9),
    ),
    "train_mlp": Workload(
        "a training step of 784-512-512-10, batch 128, by Adam",
        inputs=lambda g: {"x": normal(g, 128, 784), "y": labels(g, 10, 128)}
        | dense(g, [784, 512, 512, 10]),
        reference=None,
        flops=2 * 128 * (3 * 668_672 - 401_408) + 12 * 668_672,
        bytes=4 * 668_672 * 6,
        tolerance=2e-3,
    ),
    "train_cnn": Workload(
        "a training step of a small CNN on 28x28, batch 64, by SGD",
        inputs=lambda g: {
            "x": normal(g, 64, 1, 28, 28),
            "y": labels(g, 10, 64),
            "c1": normal(g, 32, 1, 3, 3) * np.float32(0.47),
            "cb1": normal(g, 32) * np.float32(0.1),
            "c2": normal(g, 64, 32, 3, 3) * np.float32(0.083),
            "cb2": normal(g, 64) * np.float32(0.1),
        }
        | dense(g, [3136, 128, 10]),
        reference=None,
        flops=2 * 64 * (2 * 225_792 + 3 * 3_612_672 + 3 * 402_688),
        bytes=4 * 2 * 402_688,
    ),
    "train_gpt": Workload(
        "a training step of a GPT, 4 layers of 128, 16 texts of 128, by AdamW",
        inputs=lambda g: {"x": labels(g, 65, 16, 128), "y": labels(g, 65, 16, 128)} | gpt(g),
        reference=None,
        flops=3 * 16 * (4 * 128 * (24 * 128**2 + 4 * 128 * 128 // 2) + 2 * 128 * 128 * 65),
        bytes=4 * 6 * 4 * 12 * 128 * 128,
        tolerance=4e-3,
    ),
    "lstm": Workload(
        "256 units over 32 sequences of 128 steps",
        inputs=lambda g: {
            "x": normal(g, 128, 32, 256),
            "wx": normal(g, 256, 1024) * np.float32(1 / 16),
            "wh": normal(g, 256, 1024) * np.float32(1 / 16),
            "b": normal(g, 1024) * np.float32(0.1),
        },
        reference=lstm,
        flops=2 * 128 * 32 * 2 * 256 * 1024 + 128 * 32 * 256 * 100,
        bytes=4 * (2 * 256 * 1024 + 2 * 128 * 32 * 256),
    ),
    "prefix_sum": Workload(
        "running sum of 16,777,216 elements",
        inputs=lambda g: {"x": g.random(SUM_COUNT, dtype=np.float32) - np.float32(0.5)},
        reference=np.cumsum,
        flops=SUM_COUNT,
        bytes=8 * SUM_COUNT,
        tolerance=2e-3,
    ),
    "mandelbrot": Workload(
        "iterations to escape, at most 200, on 1024x1024 points",
        inputs=lambda g: {
            "cx": np.linspace(-2, 0.5, 1024, dtype=np.float32),
            "cy": np.linspace(-1.25, 1.25, 1024, dtype=np.float32),
        },
        reference=escape_counts,
        flops=1024 * 1024 * 52 * 10,
        bytes=4 * 1024 * 1024,
        outliers=0.01,  # near the border one rounding decides
    ),
    "nbody": Workload(
        "accelerations of 4096 bodies by all pairs",
        inputs=lambda g: {"p": normal(g, 4096, 3), "m": g.random(4096, dtype=np.float32)},
        reference=accelerations,
        flops=20 * 4096 * 4096,
        bytes=4 * 7 * 4096,
    ),
    "jacobi": Workload(
        "10 Jacobi sweeps over 2048x2048",
        inputs=lambda g: {"u": g.random((2048, 2048), dtype=np.float32)},
        reference=jacobi,
        flops=40 * 2048 * 2048,
        bytes=8 * 2048 * 2048,
    ),
    "dtw": Workload(
        "cost of dynamic time warping, 2048 by 2048",
        inputs=lambda g: {key: np.cumsum(normal(g, 2048), dtype=np.float32) for key in "ab"},
        reference=time_warping,
        flops=4 * 2048 * 2048,
        bytes=8 * 2048,
    ),
    "histogram": Workload(
        "16,777,216 bytes counted in 256 bins",
        inputs=lambda g: {
            "x": np.minimum(255, np.abs(normal(g, SUM_COUNT)) * 60).astype(np.uint8)
        },
        reference=lambda x: np.bincount(x.astype(np.int64), minlength=256),
        flops=SUM_COUNT,
        bytes=SUM_COUNT,
    ),
    "overhead": Workload(
        "10 elementwise operations on 64 elements: the cost of a warm call",
        inputs=lambda g: {"x": g.random(TINY_COUNT, dtype=np.float32)},
        reference=overhead_chain,
        flops=10 * TINY_COUNT,
        bytes=8 * TINY_COUNT,
    ),
}


# Single operations, named op_NAME_COUNT: reference, number of inputs, axes of 256.
OPERATIONS = {
    "add": (np.add, 2, 0),
    "mul": (np.multiply, 2, 0),
    "scale": (lambda x: x * x.dtype.type(2), 1, 0),
    "relu": (lambda x: np.maximum(x, x.dtype.type(0)), 1, 0),
    "sqrt": (np.sqrt, 1, 0),
    "exp": (np.exp, 1, 0),
    "tanh": (np.tanh, 1, 0),
    "sum": (np.sum, 1, 0),
    "max": (np.max, 1, 0),
    "rowsum": (lambda x: np.sum(x, axis=1), 1, 1),
    "colsum": (lambda x: np.sum(x, axis=0), 1, 1),
    "rowmax": (lambda x: np.max(x, axis=1), 1, 1),
    "midsum": (lambda x: np.sum(x, axis=1), 1, 2),
    "cumsum": (np.cumsum, 1, 0),
}
REDUCING = {"sum", "max", "rowsum", "colsum", "rowmax", "midsum"}


def operation_workload(name):
    """The workload op_NAME_COUNT; None for other names."""
    parts = name.split("_")
    if len(parts) != 3 or parts[0] != "op" or parts[1] not in OPERATIONS:
        return None
    reference, inputs, axes = OPERATIONS[parts[1]]
    count = int(parts[2])
    shape = [(count,), (count // 256, 256), (256, count // 65536, 256)][axes]
    outputs = reference(np.empty(shape, np.float32)).size if parts[1] in REDUCING else count
    return Workload(
        f"{parts[1]} of {count:,} numbers",
        inputs=lambda g: {"xy"[i]: g.random(shape, dtype=np.float32) for i in range(inputs)},
        reference=reference,
        flops=count * (20 if parts[1] in ("exp", "tanh") else 1),
        bytes=4 * (inputs * count + outputs),
    )


MANY = 1 << 20


def largest(x):
    return np.sort(np.partition(x, MANY - 100)[-100:])[::-1]


WORKLOADS |= {
    "gather_rows": Workload(
        "1,048,576 rows of 64 out of as many, by random indices",
        inputs=lambda g: {
            "x": g.random((MANY, 64), dtype=np.float32),
            "i": g.integers(0, MANY, MANY).astype(np.float32),
        },
        reference=lambda x, i: np.take(x, i.astype(np.int64), axis=0),
        flops=MANY * 64,
        bytes=MANY * (2 * 64 * 4 + 4),
    ),
    "sort": Workload(
        "1,048,576 numbers in order",
        inputs=lambda g: {"x": normal(g, MANY)},
        reference=np.sort,
        flops=MANY * 20,
        bytes=MANY * 8,
    ),
    "argsort": Workload(
        "where 1,048,576 numbers stand in order, those of equal ones in theirs",
        inputs=lambda g: {"x": normal(g, MANY)},
        reference=lambda x: np.argsort(x, kind="stable").astype(np.float32),
        flops=MANY * 20,
        bytes=MANY * 8,
    ),
    "topk": Workload(
        "the 100 largest of 1,048,576 numbers",
        inputs=lambda g: {"x": normal(g, MANY)},
        reference=largest,
        flops=MANY,
        bytes=MANY * 4,
    ),
    "fft": Workload(
        "1,024 transforms of 1,024 complex numbers",
        inputs=lambda g: {"x": normal(g, 1024, 1024, 2)},
        reference=transforms,
        flops=5 * 1024 * 1024 * 10,
        bytes=1024 * 1024 * 16,
    ),
}
WORKLOADS["prefix_sum_loop"] = WORKLOADS["prefix_sum"]  # written as a loop where there is a choice


class _Workloads(dict):
    """The named workloads; single operations are made when they are asked for."""

    def __missing__(self, name):
        found = operation_workload(name)
        if found is None:
            raise KeyError(name)
        self[name] = found
        return found

    def __contains__(self, name):
        return super().__contains__(name) or operation_workload(name) is not None


WORKLOADS = _Workloads(WORKLOADS)


def write_inputs(name, folder):
    """Writes each input as FOLDER/NAME-INPUT.npy and returns {input: path}."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    paths = {}
    for key, array in WORKLOADS[name].inputs(generator).items():
        paths[key] = folder / f"{name}-{key}.npy"
        np.save(paths[key], array)
    return paths


def reference(name, paths):
    """What is expected; None where the first worker's result is."""
    if WORKLOADS[name].reference is None:
        return None
    arrays = [np.load(path).astype(np.float64) for path in paths.values()]
    return WORKLOADS[name].reference(*arrays)


def check(name, expected, output):
    """The largest error, relative to the largest expected value; ValueError when too large."""
    found = np.load(output)
    if found.shape != expected.shape:
        raise ValueError(f"result has shape {found.shape}, expected {expected.shape}")
    if not np.all(np.isfinite(found)):
        raise ValueError("result is not finite")
    errors = np.abs(found - expected) / np.max(np.abs(expected))
    allowed = WORKLOADS[name].outliers
    error = float(np.quantile(errors, 1 - allowed) if allowed else np.max(errors))
    if error > WORKLOADS[name].tolerance:
        raise ValueError(f"error {error:.1e}, expected at most {WORKLOADS[name].tolerance:.0e}")
    return error
