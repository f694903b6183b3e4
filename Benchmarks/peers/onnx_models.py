"""The workloads as ONNX models: weights are initializers, other inputs parameters."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from workloads import HEADS

OPSET, IR_VERSION = 20, 10


class Model:
    """A graph as it is built; values are names."""

    def __init__(self, inputs, parameters):
        self.inputs = {name: inputs[name] for name in parameters}
        self.nodes = []
        self.initializers = [
            numpy_helper.from_array(array, name)
            for name, array in inputs.items() if name not in parameters]

    def constant(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def __call__(self, operation, *operands, count=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(count)]
        self.nodes.append(helper.make_node(operation, list(operands), names, **attributes))
        return names[0] if count == 1 else names

    def finished(self, result):
        def info(name, shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        parameters = [info(name, array.shape) for name, array in self.inputs.items()]
        self.nodes.append(helper.make_node("Identity", [result], ["y"]))
        graph = helper.make_graph(
            self.nodes, "main", parameters, [info("y", None)], self.initializers)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        return onnx.shape_inference.infer_shapes(model)

    def linear(self, x, weights, bias):
        return self("Gemm", x, weights, bias)

    def gelu(self, x):
        return self("Gelu", x, approximate="tanh")

    def shaped(self, x, *shape):
        return self("Reshape", x, self.constant(np.array(shape, np.int64)))

    def attention(self, q, k, v, positions, width):
        """Each [heads, positions, width]; what a position does not see gets the mask."""
        keys = self("Transpose", k, perm=[0, 2, 1])
        scale = self.constant(np.float32(width**-0.5))
        scores = self("Mul", self("MatMul", q, keys), scale)
        mask = np.triu(np.full((positions, positions), -1e30, np.float32), 1)
        seen = self("Add", scores, self.constant(mask))
        return self("MatMul", self("Softmax", seen, axis=-1), v)


def mlp(model):
    h = model("Relu", model.linear("x", "w1", "b1"))
    return model.linear(model("Relu", model.linear(h, "w2", "b2")), "w3", "b3")


def gpt2_block(model):
    positions, width = model.inputs["x"].shape

    def norm(x, layer):
        return model("LayerNormalization", x, f"{layer}_g", f"{layer}_b", axis=-1, epsilon=1e-5)

    projected = model.linear(norm("x", "ln1"), "qkv_w", "qkv_b")
    sizes = model.constant(np.array([width] * 3, np.int64))
    parts = model("Split", projected, sizes, count=3, axis=-1)
    shape = (positions, HEADS, width // HEADS)
    heads = [model("Transpose", model.shaped(part, *shape), perm=[1, 0, 2]) for part in parts]
    attended = model.attention(*heads, positions, width // HEADS)
    joined = model.shaped(model("Transpose", attended, perm=[1, 0, 2]), positions, width)
    x = model("Add", "x", model.linear(joined, "proj_w", "proj_b"))
    hidden = model.gelu(model.linear(norm(x, "ln2"), "fc_w", "fc_b"))
    return model("Add", x, model.linear(hidden, "out_w", "out_b"))


def product(model):
    return model("MatMul", *model.inputs)


# name: (parameters, what builds the result)
BUILDERS = {
    "softmax": ("x", lambda model: model("Softmax", "x", axis=-1)),
    "layernorm_gelu": ("xr", lambda model: model.gelu(
        model("LayerNormalization", model("Add", "x", "r"), "g", "b", axis=-1, epsilon=1e-5))),
    "matmul_512": ("ab", product),
    "matmul_1024": ("ab", product),
    "matmul_2048": ("ab", product),
    "matmul_skinny": ("ab", product),
    "matmul_bias_gelu": ("x", lambda model: model.gelu(model.linear("x", "w", "b"))),
    "mlp_infer_b1": ("x", mlp),
    "mlp_infer_b64": ("x", mlp),
    "attention": ("qkv", lambda model: model.attention(
        "q", "k", "v", *model.inputs["q"].shape[1:])),
    "gpt2_block_t128": ("x", gpt2_block),
    "conv3x3": ("x", lambda model: model("Conv", "x", "w", pads=[1, 1, 1, 1])),
}


def model(workload, inputs):
    """The model, serialized; None where there is none."""
    if workload not in BUILDERS:
        return None
    parameters, body = BUILDERS[workload]
    built = Model(inputs, parameters)
    return built.finished(body(built)).SerializeToString()
