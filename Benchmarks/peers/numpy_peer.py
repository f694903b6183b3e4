"""NumPy, operation by operation."""
import numpy as np
from worker import serve
from workloads import overhead_chain

f32 = np.float32


def ew_chain(x):
    return np.tanh(x * f32(0.5) + f32(0.1)) * (1 / (1 + np.exp(-x))) + np.exp(-x * x)


FUNCTIONS = {"ew_chain": ew_chain, "overhead": overhead_chain}


def build(workload, inputs, options):
    if workload not in FUNCTIONS:
        return None
    function, last = FUNCTIONS[workload], {}

    def run():
        last["y"] = function(**inputs)

    return run, lambda: last["y"], ""


serve(f"numpy {np.__version__}", build)
