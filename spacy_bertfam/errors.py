"""What the user has to put right, as opposed to what we have to."""


class UserError(ValueError):
    """Its text is one sentence: what was found, what was expected, what to do. No traceback adds to it."""


class WriteError(UserError, OSError):
    """A file or folder of the user's cannot be written: the disk is full, read-only, or not there."""
