"""What the training peers share: sizes, and the GPT's parameters as its layers keep them."""

LAYERS, GPT_HEADS = 4, 4
ADAM = {"train_mlp": dict(lr=1e-3, b1=0.9, b2=0.999, decay=0.0),
        "train_gpt": dict(lr=3e-4, b1=0.9, b2=0.95, decay=0.1)}  # fmt: skip
SGD_RATE = 0.01
WATCHED = {"train_mlp": "w2", "train_cnn": "c2", "train_gpt": "blocks2_expand_weight"}


def blocks(p):
    """The parameters of each block by short names, query, key and value side by side."""
    for number in range(LAYERS):
        prefix = f"blocks{number}_"
        yield {name.removeprefix(prefix): value for name, value in p.items()
               if name.startswith(prefix)}  # fmt: skip
