"""NumExpr: an expression compiled to a virtual machine that works block by block."""
import numexpr
import numpy as np
from worker import serve

EXPRESSIONS = {
    "ew_chain": "tanh(x * half + tenth) * (one / (one + exp(-x))) + exp(-x * x)",
    "overhead": "((((x * 2 + 1) * x - 3) * half + x) * x - 1) * quarter + 2",
}
CONSTANTS = {k: np.float32(v) for k, v in dict(half=0.5, tenth=0.1, one=1, quarter=0.25).items()}


def build(workload, inputs, options):
    if workload not in EXPRESSIONS:
        return None
    numexpr.set_num_threads(options.threads)
    expression, output = EXPRESSIONS[workload], np.empty_like(inputs["x"])
    values = {**CONSTANTS, **inputs}

    def run():
        numexpr.evaluate(expression, values, out=output)

    return run, lambda: output, ""


serve(f"numexpr {numexpr.__version__}", build)
