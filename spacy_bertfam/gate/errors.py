"""The one error that says why a checkpoint is not opened."""


class CheckpointError(ValueError):
    """A checkpoint is missing, incomplete, or holds what is not safe to open."""
