"""What can go wrong on the way to an encoder, each told in one sentence."""


class EncoderError(ValueError):
    """The encoder cannot be had; the message says what was found, what was expected and what to do."""


class HubSilent(EncoderError):
    """The hub gave no answer, and its local cache does not hold the model: another source may.

    reason (str): why, as the first half of a sentence.
    """

    def __init__(self, reason: str, advice: str) -> None:
        """The message is both, as one sentence."""
        super().__init__(f"{reason}{advice}")
        self.reason = reason
