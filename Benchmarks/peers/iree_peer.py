"""IREE: its llvm-cpu backend, from StableHLO that the JAX peer exported."""
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import iree.runtime as rt
import numpy as np
from iree.runtime import _binding
from worker import serve

TARGET = [
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-input-type=stablehlo",
]
# Tried in turn: the first fails to compile some models.
TUNING = [
    ["--iree-opt-data-tiling", "--iree-llvmcpu-enable-ukernels=default", "--iree-opt-level=O3"],
    ["--iree-opt-data-tiling", "--iree-llvmcpu-enable-ukernels=default"],
    [],
]


def compile_module(source, module):
    """Compiles with the first flags that work, and returns them."""
    compiler = Path(sys.executable).parent / "iree-compile"
    for flags in TUNING:
        command = [compiler, source, "-o", module, *TARGET, *flags]
        process = subprocess.run(command, capture_output=True, text=True)
        if process.returncode == 0:
            return " ".join(flag.removeprefix("--iree-") for flag in flags) or "default flags"
    sys.exit("iree-compile: " + process.stderr.strip().splitlines()[0])


def build(workload, inputs, options):
    source = Path(options.cache) / f"{workload}.stablehlo"
    if not source.exists():
        sys.exit("no StableHLO: the jax peer exports what it has (set-up jax)")
    module = Path(options.cache) / f"{workload}.vmfb"
    note = compile_module(source, module)
    _binding.parse_flags(f"--task_topology_group_count={options.threads}")
    config = rt.Config("local-task")
    arguments = [rt.asdevicearray(config.device, array) for array in inputs.values()]
    context = rt.SystemContext(config=config)
    vm = rt.VmModule.mmap(context.instance, str(module))
    context.add_vm_module(vm)
    function, last = context.modules[vm.name]["main"], {}

    def run():
        last["y"] = function(*arguments)

    return run, lambda: np.asarray(last["y"]), note


serve("iree " + importlib.metadata.version("iree-base-compiler"), build)
