"""The gate: what every checkpoint passes before `transformers` sees it.

It stands below `encoder/`, which loads checkpoints, and not in `hub/`, which builds pipelines:
imports point one way.
"""

from .errors import CheckpointError
from .folder import check_folder

__all__ = ["CheckpointError", "check_folder"]
