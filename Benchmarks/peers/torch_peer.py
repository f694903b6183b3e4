"""PyTorch, eager in inference mode. Variant `512` lets its MKL use AVX-512 kernels, which that
gives to no processor but Intel's: the answer to its question for the vendor is preloaded."""
import os
import subprocess
import sys
from pathlib import Path

SHIM = """int mkl_serv_intel_cpu_true(void) { return 1; }
int mkl_serv_intel_cpu(void) { return 1; }
"""


def preload_shim(folder):
    """Starts this script again with the shim in front of MKL."""
    library = Path(folder) / "mkl_shim.so"
    if not library.exists():
        flags = ["gcc", "-shared", "-fPIC", "-O1", "-x", "c", "-", "-o", library]
        subprocess.run(flags, input=SHIM, text=True, check=True)
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)


if "--variant" in sys.argv and "LD_PRELOAD" not in os.environ:
    preload_shim(sys.argv[sys.argv.index("--cache") + 1])

import torch
import torch.nn.functional as F
import training
from worker import serve
from workloads import HEADS

LINEAR = {"w", "w1", "w2", "w3", "qkv_w", "proj_w", "fc_w", "out_w"}


def gelu(x):
    return F.gelu(x, approximate="tanh")


def attention(q, k, v):
    one = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)
    return one[0]


def mlp(x, w1, b1, w2, b2, w3, b3):
    return F.linear(F.relu(F.linear(F.relu(F.linear(x, w1, b1)), w2, b2)), w3, b3)


def gpt2_block(x, ln1_g, ln1_b, qkv_w, qkv_b, proj_w, proj_b, ln2_g, ln2_b, fc_w, fc_b, out_w, out_b):
    width = x.shape[1:]
    y = F.linear(F.layer_norm(x, width, ln1_g, ln1_b), qkv_w, qkv_b)
    q, k, v = (part.view(len(x), HEADS, -1).transpose(0, 1) for part in y.chunk(3, -1))
    x = x + F.linear(attention(q, k, v).transpose(0, 1).reshape(x.shape), proj_w, proj_b)
    y = F.linear(F.layer_norm(x, width, ln2_g, ln2_b), fc_w, fc_b)
    return x + F.linear(gelu(y), out_w, out_b)


FUNCTIONS = {
    "softmax": lambda x: torch.softmax(x, -1),
    "layernorm_gelu": lambda x, r, g, b: gelu(F.layer_norm(x + r, x.shape[1:], g, b)),
    "matmul_512": torch.matmul,
    "matmul_1024": torch.matmul,
    "matmul_2048": torch.matmul,
    "matmul_skinny": torch.matmul,
    "matmul_bias_gelu": lambda x, w, b: gelu(F.linear(x, w, b)),
    "mlp_infer_b1": mlp,
    "mlp_infer_b64": mlp,
    "attention": attention,
    "gpt2_block_t128": gpt2_block,
    "conv3x3": lambda x, w: F.conv2d(x, w, padding=1),
}


def train_mlp(p, x):
    h = F.relu(F.linear(x, p["w1"], p["b1"]))
    return F.linear(F.relu(F.linear(h, p["w2"], p["b2"])), p["w3"], p["b3"])


def train_cnn(p, x):
    h = F.max_pool2d(F.relu(F.conv2d(x, p["c1"], p["cb1"], padding=1)), 2)
    h = F.max_pool2d(F.relu(F.conv2d(h, p["c2"], p["cb2"], padding=1)), 2)
    return F.linear(F.relu(F.linear(h.flatten(1), p["w1"], p["b1"])), p["w2"], p["b2"])


def train_gpt(p, x):
    h = F.embedding(x, p["tokens_table"]) + p["positions"]
    batch, length, width = h.shape
    for b in training.blocks(p):
        y = F.layer_norm(h, (width,), b["firstNorm_scale"], b["firstNorm_offset"])
        y = F.linear(y, b["attention_qkv_weight"], b["attention_qkv_bias"])
        q, k, v = (z.view(batch, length, training.GPT_HEADS, -1).transpose(1, 2)
                   for z in y.chunk(3, -1))  # fmt: skip
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
        h = h + F.linear(y.reshape(h.shape), b["attention_output_weight"], b["attention_output_bias"])
        y = F.layer_norm(h, (width,), b["secondNorm_scale"], b["secondNorm_offset"])
        y = gelu(F.linear(y, b["expand_weight"], b["expand_bias"]))
        h = h + F.linear(y, b["contract_weight"], b["contract_bias"])
    return F.linear(F.layer_norm(h, (width,), p["norm_scale"], p["norm_offset"]), p["head_weight"])


TRAINING = {"train_mlp": train_mlp, "train_cnn": train_cnn, "train_gpt": train_gpt}


def layers(inputs):
    """Parameters as PyTorch's layers keep them: products [out, in], query, key and value as one."""
    p = {name: torch.from_numpy(array) for name, array in inputs.items() if name not in "xy"}
    for number in range(training.LAYERS if "positions" in p else 0):
        prefix = f"blocks{number}_attention_"
        for kind in ("weight", "bias"):
            parts = [p.pop(f"{prefix}{name}_{kind}") for name in ("query", "key", "value")]
            p[f"{prefix}qkv_{kind}"] = torch.cat(parts, -1)
    return {
        name: (value.t() if value.dim() == 2 and name not in ("tokens_table", "positions") else value)
        .contiguous().requires_grad_()
        for name, value in p.items()}


def build_training(workload, inputs):
    p, model = layers(inputs), TRAINING[workload]
    x, y = torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["y"]).long()
    if workload == "train_gpt":
        x = x.long()
    if workload == "train_cnn":
        optimizer = torch.optim.SGD(p.values(), lr=training.SGD_RATE, fused=True)
    else:
        a = training.ADAM[workload]
        optimizer = torch.optim.AdamW(
            p.values(), lr=a["lr"], betas=(a["b1"], a["b2"]), weight_decay=a["decay"], fused=True)

    def run():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(p, x).flatten(0, -2), y.flatten()).backward()
        optimizer.step()

    def result():
        found = p[training.WATCHED[workload]].detach()
        return (found.t() if found.dim() == 2 else found).contiguous().numpy()

    return run, result, ""


def build(workload, inputs, options):
    torch.set_num_threads(options.threads)
    if workload in TRAINING:
        return build_training(workload, inputs)
    if workload not in FUNCTIONS:
        return None
    arguments = {name: torch.from_numpy(array) for name, array in inputs.items()}
    if not workload.startswith("matmul_") or workload == "matmul_bias_gelu":
        # Weights as its layers keep them: [out, in].
        for name in LINEAR & arguments.keys():
            if arguments[name].dim() == 2:
                arguments[name] = arguments[name].t().contiguous()
    function, last, listed = FUNCTIONS[workload], {}, list(arguments.values())

    def run():
        with torch.inference_mode():
            last["y"] = function(*listed)

    return run, lambda: last["y"].numpy(), ""


serve(f"torch {torch.__version__}", build)
