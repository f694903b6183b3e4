"""NumPy, operation by operation."""
import numpy as np
from worker import serve
from workloads import OPERATIONS, layernorm_gelu, operation_workload, overhead_chain, softmax

f32 = np.float32


def ew_chain(x):
    return np.tanh(x * f32(0.5) + f32(0.1)) * (1 / (1 + np.exp(-x))) + np.exp(-x * x)


FUNCTIONS = {
    "ew_chain": ew_chain,
    "softmax": softmax,
    "layernorm_gelu": layernorm_gelu,
    "prefix_sum": lambda x: np.cumsum(x),
    "overhead": overhead_chain,
}


def build(workload, inputs, options):
    function, last = FUNCTIONS.get(workload), {}
    if operation_workload(workload):
        function = OPERATIONS[workload.split("_")[1]][0]
    if function is None:
        return None
    arguments = list(inputs.values())

    def run():
        last["y"] = function(*arguments)

    return run, lambda: last["y"], ""


serve(f"numpy {np.__version__}", build)
