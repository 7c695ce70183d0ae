"""Batches that are bounded in words as well as in Docs: memory follows neither the length of texts nor their number."""

from collections.abc import Iterable, Iterator

from spacy.tokens import Doc

# Enough windows to sort by length; the vectors of so many words (25 MB at a width of 768) are memory
# that is used again from batch to batch
MAX_WORDS = 8192


class BoundedBatches:
    """For a component of spaCy: its ``pipe`` takes so many Docs at a time or fewer, bounded in words too."""

    @property
    def max_words(self) -> int:
        """Tokens of a batch of several Docs."""
        return MAX_WORDS

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Set the annotation of each Doc."""
        for docs in batches(stream, batch_size=batch_size, max_words=self.max_words):
            yield from super().pipe(docs, batch_size=len(docs))  # type: ignore[misc]


def batches(stream: Iterable[Doc], *, batch_size: int, max_words: int = MAX_WORDS) -> Iterator[list[Doc]]:
    """Consecutive Docs in lists of at most ``batch_size``, with at most ``max_words`` tokens in a list of several."""
    batch: list[Doc] = []
    n_words = 0
    for doc in stream:
        if batch and (len(batch) >= batch_size or n_words + len(doc) > max_words):
            yield batch
            batch, n_words = [], 0
        batch.append(doc)
        n_words += len(doc)
    if batch:
        yield batch
