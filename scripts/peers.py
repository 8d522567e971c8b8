#!/usr/bin/env python3
"""Times the TinyViT image encoder of resam against MobileSAM's PyTorch modules, alternating.

    python3 scripts/peers.py --resam target/release/resam --weights mobile_sam.pth --image IMAGE

Needs torch, timm, numpy, Pillow, safetensors and the `mobile_sam` package of MobileSAM's repository.
Prints the medians, their ratio and each side's peak memory.
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--resam", required=True)
parser.add_argument("--weights", required=True)
parser.add_argument("--image", required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=9)
arguments = parser.parse_args()

folder = tempfile.TemporaryDirectory()
output = pathlib.Path(folder.name) / "out.json"
command = [arguments.resam, "segment", arguments.image, "--weights", arguments.weights]
command += ["--point", "1,1", "--quiet", "--threads", str(arguments.threads), "-o", str(output)]


def resam_seconds():
    """Runs resam and returns the seconds of its encoder, pre-processing included."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads(output.with_name("run.json").read_text())["seconds"]["encode"]


def peak_gigabytes(who):
    return resource.getrusage(who).ru_maxrss / 1e6


# Before PyTorch is loaded: a child's peak begins with the size of the process that started it.
resam_seconds()
resam_peak = peak_gigabytes(resource.RUSAGE_CHILDREN)

import numpy  # noqa: E402
import torch  # noqa: E402
from mobile_sam import sam_model_registry  # noqa: E402
from PIL import Image  # noqa: E402

torch.set_num_threads(arguments.threads)
model = sam_model_registry["vit_t"]().eval()
if arguments.weights.endswith(".safetensors"):
    from safetensors.torch import load_file

    state = load_file(arguments.weights)
else:
    state = torch.load(arguments.weights, weights_only=True)
# The classifier that no mask needs may be absent; anything else may not.
missing, extra = model.load_state_dict(state, strict=False)
assert not extra and all(".head." in name or "norm_head" in name for name in missing), missing
pixels = numpy.array(Image.open(arguments.image).convert("RGB").resize((1024, 1024)))
image = model.preprocess(torch.tensor(pixels).permute(2, 0, 1).float())[None]

theirs, ours = [], []
with torch.no_grad():
    model.image_encoder(image)  # warms up
    for _ in range(arguments.rounds):
        started = time.perf_counter()
        model.image_encoder(image)
        theirs.append(time.perf_counter() - started)
        ours.append(resam_seconds())

torch_peak = peak_gigabytes(resource.RUSAGE_SELF)
print(f"PyTorch {torch.__version__}: median {statistics.median(theirs):.2f} s, peak {torch_peak:.2f} GB")
print(f"resam: median {statistics.median(ours):.2f} s, peak {resam_peak:.2f} GB")
pairs = [a / b for a, b in zip(ours, theirs)]
print(f"ratio: median {statistics.median(pairs):.2f}, {min(pairs):.2f} to {max(pairs):.2f}")
