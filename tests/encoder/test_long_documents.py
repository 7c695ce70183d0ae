"""A document of any length in bounded memory."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, resource, sys, warnings
import numpy as np
import spacy
from spacy.tokens import Doc
from spacy_bertfam.encoder.model import build_encoder

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

warnings.simplefilter("error", UserWarning)
model = build_encoder(sys.argv[1], window=62, overlap=8, max_batch_pieces=4096)
model.initialize()
vocab = spacy.blank("fr").vocab
words = "Zoé habite à Rouen , sans lever les yeux .".split()
model.predict([Doc(vocab, words=words * 2000)])
before = peak()
doc = Doc(vocab, words=words * 20_000)
rows = model.predict([doc])[0]
print(json.dumps([len(doc), list(rows.shape), bool(np.isfinite(rows).all()), rows.nbytes / 2**20, peak() - before]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is read by the module resource")
def test_a_document_of_two_hundred_thousand_tokens_needs_bounded_memory(tiny_encoder):
    """Its piece vectors alone, all at once and with what attention needs, would be several gigabytes."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tiny_encoder("bert"))],
        capture_output=True, text=True, encoding="utf8", timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    n_tokens, shape, finite, n_vector_mb, n_more_mb = json.loads(done.stdout.splitlines()[-1])
    assert n_tokens >= 200_000
    assert shape == [n_tokens, 32]
    assert finite
    assert n_more_mb < 400 + n_vector_mb
