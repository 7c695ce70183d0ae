"""The gate: what every checkpoint, and every component on disk, passes before other libraries see it.

It stands below `encoder/`, which loads checkpoints, and not in `hub/`, which builds pipelines:
imports point one way.
"""

from ..errors import CheckpointError
from .component import check_component
from .folder import CheckedFolder, check_folder
from .foreign import describe_foreign
from .pickled import convert_pickle

__all__ = [
    "CheckedFolder", "CheckpointError", "check_component", "check_folder", "convert_pickle", "describe_foreign",
]  # fmt: skip
