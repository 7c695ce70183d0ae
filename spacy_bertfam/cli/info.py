"""`bertfam info`: the versions that a bug report needs, and the GPUs that can be computed on."""

import platform
from importlib import metadata

import typer
from wasabi.tables import table

PACKAGES = (
    "spacy-bertfam", "spacy", "thinc", "torch", "transformers", "tokenizers", "safetensors", "spacy-transformers",
    "spacy-curated-transformers", "onnxruntime", "openvino", "cupy-cuda12x", "cupy-cuda13x",
)  # fmt: skip
GIB = 2**30


def installed_versions() -> dict[str, str]:
    """RETURNS (dict[str, str]): package name -> its installed version, or "not installed"."""
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def devices() -> dict[str, str]:
    """RETURNS (dict[str, str]): the CUDA that torch was built with, and each GPU that it finds, its memory, and what
    the setting "gpu" makes of it."""
    import torch

    from ..encoder.runtimes.torch_runtime import AUTOCAST, dtype_on

    names = {dtype: name for name, dtype in AUTOCAST.items()}
    facts = {"torch's CUDA": torch.version.cuda or "none"}
    for index in range(torch.cuda.device_count()):
        device = torch.cuda.get_device_properties(index)
        precision = dtype_on(torch.device("cuda", index), "gpu")
        size = f"{device.total_memory / GIB:.0f} GiB"
        facts[f"GPU {index}"] = f"{device.name}, {size}, {names[precision] if precision else 'fp32'}"
    return facts


def info_cli() -> None:
    """Print versions and GPUs, as a bug report needs them."""
    from .gpu import why_no_cuda

    facts = {**installed_versions(), **devices()}
    typer.echo(table(facts, max_col=200, spacing=2).strip("\n"))
    typer.echo(why_no_cuda() or "spaCy can compute on a GPU here: --gpu-id 0.")
