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


def build(workload, inputs, options):
    if workload not in FUNCTIONS:
        return None
    arguments = jax.block_until_ready(jax.device_put(inputs))
    function, last = jax.jit(FUNCTIONS[workload]), {}

    def run():
        last["y"] = function(**arguments).block_until_ready()

    return run, lambda: np.asarray(last["y"]), ""


def export(workload, path, *input_files):
    """Writes the function as StableHLO text, for arrays like those in the files."""
    arguments = [np.load(file) for file in input_files]
    with open(path, "w") as file:
        file.write(jax.jit(FUNCTIONS[workload]).lower(*arguments).as_text())


from workloads import overhead_chain

FUNCTIONS = {
    "ew_chain": ew_chain,
    "softmax": lambda x: jax.nn.softmax(x, -1),
    "layernorm_gelu": layernorm_gelu,
    "prefix_sum": lambda x: jnp.cumsum(x),
    "overhead": overhead_chain,
}
if sys.argv[1] == "export":
    export(*sys.argv[2:])
else:
    from worker import serve

    serve(f"jax {jax.__version__}", build)
