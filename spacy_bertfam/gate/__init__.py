"""The gate: what every checkpoint passes before `transformers` sees it.

It stands below `encoder/`, which loads checkpoints, and not in `hub/`, which builds pipelines:
imports point one way.
"""

from .errors import CheckpointError
from .folder import CheckedFolder, check_folder
from .foreign import describe_foreign
from .pickled import convert_pickle

__all__ = ["CheckedFolder", "CheckpointError", "check_folder", "convert_pickle", "describe_foreign"]
