"""`nlp.pipe(n_process=2)`: workers that are forked after the parent's threads have run answer, and answer alike."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys, torch, spacy
torch.set_num_threads(2)
nlp = spacy.load(sys.argv[1])
texts = ["Marie vit à Lyon.", "", "   ", "Paul attend Marie à Paris. " * 8] * 5
def read(docs):
    return [[(e.start, e.end, e.label_, round(e._.score, 5)) for e in doc.ents] for doc in docs]
alone = read(nlp.pipe(texts))
together = read(nlp.pipe(texts, n_process=2, batch_size=3))
assert any(alone), "the trained pipeline finds nothing: the test compares nothing"
assert alone == together, (alone, together)
print("equal")
"""


@pytest.mark.slow
def test_two_processes_find_what_one_finds_and_none_hangs(trained_folder):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(trained_folder)],
        capture_output=True,
        text=True,
        encoding="utf8",
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "equal"
    assert "TOKENIZERS_PARALLELISM" not in done.stderr
