//! The Segment Anything model: encoders, prompts, mask decoder, predictor, LoRA.
