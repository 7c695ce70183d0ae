"""Hugging Face checkpoints <-> pipelines, and the pipelines of the two other transformer packages."""

from .hf_output.output import to_hf_output

__all__ = ["to_hf_output"]
