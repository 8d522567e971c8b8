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

import numpy
import torch
from mobile_sam import sam_model_registry
from PIL import Image

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--resam", required=True)
parser.add_argument("--weights", required=True)
parser.add_argument("--image", required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=9)
arguments = parser.parse_args()

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
with tempfile.TemporaryDirectory() as folder, torch.no_grad():
    command = [arguments.resam, "segment", arguments.image, "--weights", arguments.weights]
    command += ["--point", "1,1", "--quiet", "--threads", str(arguments.threads)]
    command += ["-o", str(pathlib.Path(folder) / "out.json")]
    for round_number in range(arguments.rounds + 1):
        started = time.perf_counter()
        model.image_encoder(image)
        seconds = time.perf_counter() - started
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        record = json.loads((pathlib.Path(folder) / "run.json").read_text())
        if round_number > 0:  # the first round warms both up
            theirs.append(seconds)
            ours.append(record["seconds"]["encode"])

peak = lambda who: resource.getrusage(who).ru_maxrss / 1e6
print(f"PyTorch {torch.__version__}: median {statistics.median(theirs):.2f} s, ", end="")
print(f"peak {peak(resource.RUSAGE_SELF):.2f} GB")
print(f"resam: median {statistics.median(ours):.2f} s, ", end="")
print(f"peak {peak(resource.RUSAGE_CHILDREN):.2f} GB")
pairs = [a / b for a, b in zip(ours, theirs)]
print(f"ratio: median {statistics.median(pairs):.2f}, {min(pairs):.2f} to {max(pairs):.2f}")
