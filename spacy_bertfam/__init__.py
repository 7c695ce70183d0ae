"""The BERT family in spaCy: encoders, named entities with scores, training and packaging.

spaCy finds the components, architectures and commands through the entry points in ``setup.cfg``. What a program
imports by name is found here, and loaded when it is asked for.
"""

from importlib import import_module
from typing import Any

from .about import __version__

EXPORTS = {
    "AdamW": "training.adamw",
    "annotate_dataset": "annotation.ray_workers",
    "attention_of": "visual.attention",
    "export_hf": "hub.export_hf",
    "import_hf": "hub.import_hf",
    "to_hf_output": "hub.hf_output.output",
}
__all__ = [
    "AdamW", "__version__", "annotate_dataset", "attention_of", "export_hf", "import_hf", "to_hf_output",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{EXPORTS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *EXPORTS})
