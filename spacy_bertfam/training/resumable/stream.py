"""The batches of a training in an order that depends on its seed alone, so that it can be gone through again."""

import hashlib
from collections.abc import Callable, Iterable, Iterator

from spacy.language import Language
from spacy.training import Example
from tqdm import tqdm

from ...errors import UserError
from .randomness import Arrays, reading_states, restore_reading

Batch = tuple[int, list[Example]]  # epoch, examples
Reader = Callable[[Language], Iterable[Example]]


class Stream:
    """Batches that draw from a generator of their own, whatever the rest of a training draws meanwhile.

    batches (Iterable[Batch]): read only when they are asked for; what they draw they draw from Python's ``random``, as
        spaCy's readers, augmenters and batchers do, or from NumPy's.
    start (Arrays | None): the states that the first batch is drawn from; None are those of now.
    """

    def __init__(self, batches: Iterable[Batch], start: Arrays | None = None) -> None:
        self.start = start if start is not None else reading_states()
        self.n_read = 0
        self._batches = iter(batches)
        self._states = self.start

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        outside = reading_states()
        restore_reading(self._states)
        try:
            batch = next(self._batches)
        finally:
            self._states = reading_states()
            restore_reading(outside)
        self.n_read += 1
        return batch

    def skip(self, n: int) -> None:
        """Read so many batches without a use; fewer where there are no more."""
        for _ in tqdm(range(n), desc="going on after step", disable=None, leave=False):
            if next(self, None) is None:
                break


class Fingerprint:
    """A corpus that takes a digest of its texts while it is read for the first time.

    reader (Reader): a reader of spaCy's.
    expected (str | None): of the corpus that a training began with.
    RAISES (UserError): at the end of the corpus, when it is another one.
    """

    def __init__(self, reader: Reader, expected: str | None = None) -> None:
        self.reader = reader
        self.expected = expected
        self.found: str | None = None

    def __call__(self, nlp: Language) -> Iterator[Example]:
        if self.found is not None:
            yield from self.reader(nlp)
            return
        digest, n = hashlib.sha256(), 0
        for example in self.reader(nlp):
            digest.update(example.reference.text.encode("utf8") + b"\0")
            n += 1
            yield example
        self.found = f"{n} examples, {digest.hexdigest()}"
        if self.expected not in (None, self.found):
            raise UserError(
                f"The training corpus has {n} examples, and they are not the "
                f"{str(self.expected).split(' ', 1)[0]} that this training began with; expected the same, to go on in "
                "the same order (by the same augmenter): put them back, or begin anew with --restart."
            )
