import numpy as np
from thinc.api import NumpyOps

from spacy_bertfam.heads.score_vectors import in_main_memory


class OpsOfAGpu:
    """Counts the copies to main memory."""

    n_copies = 0

    class xp:
        concatenate = staticmethod(np.concatenate)

    def to_numpy(self, rows):
        self.n_copies += 1
        return rows.copy()


def test_the_scores_of_many_texts_are_fetched_at_once():
    texts = [np.full((n, 2), n, dtype="float32") for n in (3, 0, 1, 0)]
    ops = OpsOfAGpu()
    found = in_main_memory(ops, texts)
    assert ops.n_copies == 1
    assert len(found) == len(texts)
    assert all(np.array_equal(one, other) for one, other in zip(found, texts, strict=True))
    assert in_main_memory(ops, []) == []


def test_what_is_there_already_stays_itself():
    texts = [np.ones((2, 2), dtype="float32")]
    assert in_main_memory(NumpyOps(), texts)[0] is texts[0]
