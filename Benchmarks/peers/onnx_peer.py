"""Runtimes of ONNX models: variants ort (ONNX Runtime) and openvino (in f32)."""
import sys

import numpy as np
import onnx_models
from worker import serve


def openvino_request(model, inputs, threads):
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32"}
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", settings)
    request = compiled.create_infer_request()
    for port in compiled.inputs:
        tensor = openvino.Tensor(inputs[port.any_name], shared_memory=True)
        request.set_tensor(port, tensor)
    return request.infer, lambda: np.array(request.get_output_tensor(0).data)


def onnxruntime_request(model, inputs, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    binding, run_options = session.io_binding(), onnxruntime.RunOptions()
    for parameter in session.get_inputs():
        value = onnxruntime.OrtValue.ortvalue_from_numpy(inputs[parameter.name])
        binding.bind_ortvalue_input(parameter.name, value)
    result = session.get_outputs()[0]
    place = onnxruntime.OrtValue.ortvalue_from_numpy(np.empty(result.shape, np.float32))
    binding.bind_ortvalue_output(result.name, place)
    return (lambda: session.run_with_iobinding(binding, run_options)), place.numpy


def build(workload, inputs, options):
    model = onnx_models.model(workload, inputs)
    if model is None:
        return None
    request = openvino_request if VARIANT == "openvino" else onnxruntime_request
    return *request(model, inputs, options.threads), ""


def version():
    if VARIANT == "openvino":
        import openvino

        return "openvino " + openvino.__version__.split("-")[0]
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


VARIANT = sys.argv[sys.argv.index("--variant") + 1]
serve(version(), build)
