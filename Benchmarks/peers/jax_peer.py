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


def build(workload, inputs, options):
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
