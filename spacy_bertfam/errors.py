"""What the user has to put right, as opposed to what we have to."""


class UserError(ValueError):
    """Its text is one sentence: what was found, what was expected, what to do. No traceback adds to it."""
