"""The one error that says why a checkpoint is not opened."""

from ..errors import UserError


class CheckpointError(UserError):
    """A checkpoint is missing, incomplete, or holds what is not safe to open."""
