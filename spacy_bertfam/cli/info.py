"""`bertfam info`: the versions that a bug report needs."""

import platform
from importlib import metadata

import typer
from wasabi.tables import table

PACKAGES = (
    "spacy-bertfam", "spacy", "thinc", "torch", "transformers", "tokenizers", "safetensors",
    "spacy-transformers", "spacy-curated-transformers", "onnxruntime", "openvino",
)  # fmt: skip


def installed_versions() -> dict[str, str]:
    """RETURNS (dict[str, str]): package name -> its installed version, or "not installed"."""
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def info_cli() -> None:
    """Print the versions that a bug report needs."""
    typer.echo(table(installed_versions(), max_col=200, spacing=2).strip("\n"))
