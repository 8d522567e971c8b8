//! Reads .pth and .safetensors checkpoints of Segment Anything models without running or trusting them.
