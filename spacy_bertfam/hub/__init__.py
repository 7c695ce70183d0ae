"""Step 6, Hugging Face checkpoints <-> pipelines."""

from .hf_output.output import to_hf_output

__all__ = ["to_hf_output"]
