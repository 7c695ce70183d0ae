"""Settings that choose how to compute: attention, kernels from the hub, quantised weights."""

import re
from pathlib import Path
from typing import Any, Dict

from .errors import CheckpointError
from .json_file import nested_objects

ATTENTION = re.compile(r"_?(attn|attention|experts)_implementation")
# transformers keeps its own choice under these names and never writes them; a file that sets them has had
# code from the hub fetched and run without asking (CVE-2026-4372)
INTERNAL = re.compile(r"_\w+_implementation_internal")
KERNELS = re.compile(
    r"_?(use_(hub_)?kernels?\w*|(hub_)?kernels|kernel_(config|mapping|repo|repo_id)|\w+_kernel_repo)"
)
QUANTISED = ("quantization_config", "compression_config")
HARMLESS = (None, "eager", "sdpa")


def check_implementations(settings: Dict[str, Any], path: Path) -> None:
    """Refuse settings, at whatever depth, that would fetch or choose kernels on the reader's machine."""
    for place, fields in nested_objects(settings, path):
        for key, value in fields.items():
            reason = _refusal(key, value)
            if reason:
                where = f"{key} in {place}" if place else key
                raise CheckpointError(f"{path} sets {where} to {value!r:.200}; {reason}")


def _refusal(key: str, value: Any) -> str:
    if INTERNAL.fullmatch(key) and value is not None:
        return "expected no private field of transformers in a file: remove it."
    if ATTENTION.match(key) and not _is_harmless(value):
        return (
            "expected eager, sdpa or nothing, since others run kernels that a checkpoint should not choose: "
            "remove it, and choose with the encoder's setting `attention`."
        )
    if KERNELS.fullmatch(key) and value:
        return "expected no kernels from the hub, which are code: remove it."
    if key in QUANTISED and value:
        return "expected plain weights: take the checkpoint from which the quantised one was made."
    return ""


def _is_harmless(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_harmless(item) for item in value.values())
    # ``_attn_implementation_autoset`` is a truth value that transformers 4.46 to 4.51 wrote
    return isinstance(value, bool) or value in HARMLESS
