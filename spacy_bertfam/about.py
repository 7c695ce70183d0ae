"""The name and version of the package, readable without importing anything else."""

__title__ = "spacy-bertfam"
__version__ = "0.1.0"
