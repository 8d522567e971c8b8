"""PyTorch's side of `peers.py`: the published modules behind the same door as
`resam doctor --bench --on-request`, a round for each line of standard input, answered with a line of
JSON.

    torch_peer.py MODEL WORKLOAD WEIGHTS ANSWERS PACKAGE START_BLOCK THREADS

`ANSWERS` is what resam wrote with `--answers`: inputs are taken from it, and the first line tells
how far the modules' answers are from resam's. `PACKAGE` is the folder with the package
`segment_anything` or `mobile_sam`.
"""

import json
import sys
import time
import warnings

import torch
import torch.nn.functional as F
from safetensors.torch import load_file


def load_model(name, weights, package):
    sys.path.insert(0, package)
    warnings.simplefilter("ignore")  # MobileSAM uses old names of timm.
    if name == "vit-b":
        from segment_anything import sam_model_registry

        model = sam_model_registry["vit_b"]()
    else:
        from mobile_sam import sam_model_registry

        model = sam_model_registry["vit_t"]()
    missing, extra = model.load_state_dict(load_file(weights), strict=False)
    # The classifier and the counters that no mask needs may be absent; anything else may not.
    unneeded = ("image_encoder.head.", "image_encoder.norm_head.", "num_batches_tracked")
    missing = [name for name in missing if not any(part in name for part in unneeded)]
    if missing or extra:
        sys.exit(f"{weights}: missing {missing}, left over {extra}")
    # After the weights: TinyViT spreads its attention biases when it changes to evaluation.
    return model.eval().requires_grad_(False)


def attention_blocks(model):
    encoder = model.image_encoder
    if hasattr(encoder, "blocks"):
        return list(encoder.blocks)
    return [block for layer in encoder.layers[1:] for block in layer.blocks]


class AdaptedQkv(torch.nn.Module):
    """`y = qkv(x)`, with `B(A(x))` added to the query and the value, as published."""

    def __init__(self, qkv, heads_apart, heads, factors):
        super().__init__()
        self.qkv, self.heads_apart, self.heads = qkv, heads_apart, heads
        self.factors = torch.nn.ParameterDict(factors)

    def path(self, x, name):
        # Factors are [input, output], as resam has them; `linear` takes [output, input].
        inner = F.linear(x, self.factors["a" + name].T)
        return F.linear(inner, self.factors["b" + name].T)

    def forward(self, x):
        y = self.qkv(x)
        channels = x.shape[-1]
        if self.heads_apart:
            # TinyViT has query, key and value of each head together.
            parts = y.view(*x.shape[:-1], self.heads, 3, channels // self.heads)
            shape = (*x.shape[:-1], self.heads, channels // self.heads)
            parts[..., 0, :] += self.path(x, "q").view(shape)
            parts[..., 2, :] += self.path(x, "v").view(shape)
        else:
            y[..., :channels] += self.path(x, "q")
            y[..., -channels:] += self.path(x, "v")
        return y


def decode(model, embedding, points):
    labels = torch.tensor([1, 0]).expand(len(points), 2)
    sparse, dense = model.prompt_encoder(points=(points, labels), boxes=None, masks=None)
    return model.mask_decoder(
        image_embeddings=embedding,
        image_pe=model.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=False,
    )


def encode_workload(model, inputs):
    def run():
        with torch.no_grad():
            return {"embedding": model.image_encoder(inputs["image"])}

    return run


def decode_workload(model, inputs):
    size = model.image_encoder.img_size

    def run():
        with torch.no_grad():
            low_res, quality = decode(model, inputs["embedding"], inputs["points"])
            logits = model.postprocess_masks(low_res, (size, size), (size, size))
            masks = logits > model.mask_threshold
            areas = masks.sum(dim=(1, 2, 3)).float()
        return {"low_res": low_res, "quality": quality, "areas": areas}

    return run


def adapt_workload(model, inputs, start_block):
    trained = {}
    for index, block in enumerate(attention_blocks(model)):
        if index < start_block:
            continue
        names = ("aq", "bq", "av", "bv")
        factors = {name: torch.nn.Parameter(inputs[f"lora.{index}.{name}"]) for name in names}
        trained.update({f"gradient.{index}.{name}": factors[name] for name in names})
        apart = not hasattr(model.image_encoder, "blocks")
        block.attn.qkv = AdaptedQkv(block.attn.qkv, apart, block.attn.num_heads, factors)
    labels = inputs["labels"].flatten(1)
    size = model.image_encoder.img_size

    def run():
        embedding = model.image_encoder(inputs["image"])
        low_res, quality = decode(model, embedding, inputs["points"])
        logits = F.interpolate(low_res, (size, size), mode="bilinear", align_corners=False)
        logits = logits.flatten(1)
        probability = torch.sigmoid(logits)
        entropy = F.binary_cross_entropy(probability, labels, reduction="none")
        focal = (0.8 * (1 - torch.exp(-entropy)) ** 2 * entropy).mean()
        overlap = (probability * labels).sum(1)
        dice = 1 - (2 * overlap + 1) / (probability.sum(1) + labels.sum(1) + 1)
        with torch.no_grad():
            mask = (logits >= 0.5).float()
            overlap = (mask * labels).sum(1)
            iou = overlap / (mask.sum(1) + labels.sum(1) - overlap + 1e-7)
        loss = 20 * focal + dice.mean() + F.mse_loss(quality[:, 0], iou)
        gradients = torch.autograd.grad(loss, list(trained.values()))
        return {"loss": loss.detach().reshape(1), **dict(zip(trained, gradients))}

    return run


def peak_memory():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return None


def main():
    name, workload, weights, answers, package, start_block, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    model = load_model(name, weights, package)
    stored = load_file(answers)
    inputs, expected = (
        {key.split(".", 2)[2]: value for key, value in stored.items() if key.split(".", 2)[1] == kind}
        for kind in ("input", "output")
    )
    del stored
    if workload == "encode":
        run = encode_workload(model, inputs)
    elif workload == "adapt":
        run = adapt_workload(model, inputs, int(start_block))
    else:
        run = decode_workload(model, inputs)

    for _ in sys.stdin:
        started = time.perf_counter()
        answer = run()
        seconds = time.perf_counter() - started
        line = {"seconds": seconds, "peak_memory_bytes": peak_memory()}
        if expected is not None:
            line["peer"] = f"PyTorch {torch.__version__.split('+')[0]}"
            if set(answer) != set(expected):
                sys.exit(f"answers {sorted(answer)} where resam has {sorted(expected)}")
            line["errors"] = {
                name: ((value - expected[name]).norm() / expected[name].norm()).item()
                for name, value in answer.items()
            }
            expected = None
        del answer
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
