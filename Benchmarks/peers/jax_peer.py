"""JAX: jax.jit on XLA's CPU backend. Variant `export` writes StableHLO, for IREE, instead."""
import os
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
import numpy as np


def ew_chain(x):
    return jnp.tanh(x * 0.5 + 0.1) * jax.nn.sigmoid(x) + jnp.exp(-x * x)


def layernorm_gelu(x, r, g, b):
    y = x + r
    y = y - y.mean(-1, keepdims=True)
    y = y * jax.lax.rsqrt((y * y).mean(-1, keepdims=True) + 1e-5) * g + b
    return jax.nn.gelu(y, approximate=True)


def mlp(x, w1, b1, w2, b2, w3, b3):
    h = jax.nn.relu(x @ w1 + b1)
    return jax.nn.relu(h @ w2 + b2) @ w3 + b3


def layernorm(x, g, b):
    y = x - x.mean(-1, keepdims=True)
    return y * jax.lax.rsqrt((y * y).mean(-1, keepdims=True) + 1e-5) * g + b


def attention(q, k, v):
    scores = q @ jnp.swapaxes(k, -1, -2) * q.shape[-1] ** -0.5
    seen = jnp.tril(jnp.ones(scores.shape[-2:], bool))
    return jax.nn.softmax(jnp.where(seen, scores, -1e30), -1) @ v


def gpt2_block(x, ln1_g, ln1_b, qkv_w, qkv_b, proj_w, proj_b, ln2_g, ln2_b, fc_w, fc_b, out_w, out_b):
    heads = [
        part.reshape(len(x), HEADS, -1).transpose(1, 0, 2)
        for part in jnp.split(layernorm(x, ln1_g, ln1_b) @ qkv_w + qkv_b, 3, axis=-1)]
    attended = attention(*heads).transpose(1, 0, 2).reshape(x.shape)
    x = x + (attended @ proj_w + proj_b)
    hidden = jax.nn.gelu(layernorm(x, ln2_g, ln2_b) @ fc_w + fc_b, approximate=True)
    return x + (hidden @ out_w + out_b)


def conv3x3(x, w):
    return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME")


def pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def train_mlp(p, x):
    return mlp(x, p["w1"], p["b1"], p["w2"], p["b2"], p["w3"], p["b3"])


def train_cnn(p, x):
    h = pool(jax.nn.relu(conv3x3(x, p["c1"]) + p["cb1"][:, None, None]))
    h = pool(jax.nn.relu(conv3x3(h, p["c2"]) + p["cb2"][:, None, None]))
    return jax.nn.relu(h.reshape(len(h), -1) @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]


def train_gpt(p, x):
    h = p["tokens_table"][x] + p["positions"]
    for b in training.blocks(p):
        y = layernorm(h, b["firstNorm_scale"], b["firstNorm_offset"])
        q, k, v = (
            (y @ b[f"attention_{name}_weight"] + b[f"attention_{name}_bias"])
            .reshape(*h.shape[:2], training.GPT_HEADS, -1).swapaxes(1, 2)
            for name in ("query", "key", "value"))
        y = attention(q, k, v).swapaxes(1, 2).reshape(h.shape)
        h = h + (y @ b["attention_output_weight"] + b["attention_output_bias"])
        y = layernorm(h, b["secondNorm_scale"], b["secondNorm_offset"])
        y = jax.nn.gelu(y @ b["expand_weight"] + b["expand_bias"], approximate=True)
        h = h + (y @ b["contract_weight"] + b["contract_bias"])
    return layernorm(h, p["norm_scale"], p["norm_offset"]) @ p["head_weight"]


TRAINING = {"train_mlp": train_mlp, "train_cnn": train_cnn, "train_gpt": train_gpt}


def training_step(workload):
    def loss(p, x, y):
        logs = jax.nn.log_softmax(TRAINING[workload](p, x), -1)
        return -jnp.take_along_axis(logs, y[..., None], -1).mean()

    def descend(state, x, y):
        value, slope = jax.value_and_grad(loss)(state[0], x, y)
        step = lambda p, g: p - training.SGD_RATE * g  # noqa: E731
        return value, (jax.tree_util.tree_map(step, state[0], slope), *state[1:])

    def adam(state, x, y):
        a = training.ADAM[workload]
        p, mean, square, count = state
        value, slope = jax.value_and_grad(loss)(p, x, y)
        tree = jax.tree_util.tree_map
        count = count + 1
        mean = tree(lambda m, g: a["b1"] * m + (1 - a["b1"]) * g, mean, slope)
        square = tree(lambda v, g: a["b2"] * v + (1 - a["b2"]) * g * g, square, slope)
        first, second = 1 - a["b1"] ** count, 1 - a["b2"] ** count
        p = tree(
            lambda p, m, v: p * (1 - a["lr"] * a["decay"])
            - a["lr"] * (m / first) / (jnp.sqrt(v / second) + 1e-8), p, mean, square)
        return value, (p, mean, square, count)

    return jax.jit(descend if workload == "train_cnn" else adam, donate_argnums=0)


def build_training(workload, inputs):
    p = {name: jnp.array(array) for name, array in inputs.items() if name not in "xy"}
    zeros = jax.tree_util.tree_map(jnp.zeros_like, p)
    last = {"state": (p, zeros, jax.tree_util.tree_map(jnp.zeros_like, p), jnp.float32(0))}
    x, y = jnp.array(inputs["x"]), jnp.array(inputs["y"]).astype(int)
    x = x.astype(int) if workload == "train_gpt" else x
    step = training_step(workload)

    def run():
        value, last["state"] = step(last["state"], x, y)
        jax.block_until_ready((value, last["state"]))

    return run, lambda: np.asarray(last["state"][0][training.WATCHED[workload]]), ""


def build(workload, inputs, options):
    if workload in TRAINING:
        return build_training(workload, inputs)
    if workload not in FUNCTIONS:
        return None
    arguments = jax.block_until_ready(jax.device_put(inputs))
    function, last = jax.jit(FUNCTIONS[workload]), {}

    def run():
        last["y"] = function(**arguments).block_until_ready()

    return run, lambda: np.asarray(last["y"]), ""


def export(workload, path, *input_files):
    """Writes the function as StableHLO text, for arrays like those in the files; nothing for
    workloads that this peer does not have."""
    if workload not in FUNCTIONS:
        return
    arguments = [np.load(file) for file in input_files]
    with open(path, "w") as file:
        file.write(jax.jit(FUNCTIONS[workload]).lower(*arguments).as_text())


import training
from workloads import HEADS, overhead_chain

FUNCTIONS = {
    "ew_chain": ew_chain,
    "softmax": lambda x: jax.nn.softmax(x, -1),
    "layernorm_gelu": layernorm_gelu,
    "matmul_512": jnp.matmul,
    "matmul_1024": jnp.matmul,
    "matmul_2048": jnp.matmul,
    "matmul_skinny": jnp.matmul,
    "matmul_bias_gelu": lambda x, w, b: jax.nn.gelu(x @ w + b, approximate=True),
    "mlp_infer_b1": mlp,
    "mlp_infer_b64": mlp,
    "attention": attention,
    "gpt2_block_t128": gpt2_block,
    "conv3x3": conv3x3,
    "prefix_sum": lambda x: jnp.cumsum(x),
    "overhead": overhead_chain,
}
if sys.argv[1] == "export":
    export(*sys.argv[2:])
else:
    from worker import serve

    serve(f"jax {jax.__version__}", build)
