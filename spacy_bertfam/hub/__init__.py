"""Hugging Face checkpoints <-> pipelines, and the pipelines of the two other transformer packages."""

from typing import Any

__all__ = ["to_hf_output"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .hf_output.output import to_hf_output

    return to_hf_output
