"""`nlp.pipe(n_process=2)`: workers that are forked after the parent's threads, of torch and of an engine, have run
answer, and answer alike."""

import subprocess
import sys
from importlib import util

import pytest

SCRIPT = """
import sys, torch, spacy
torch.set_num_threads(2)
texts = ["Marie vit à Lyon.", "", "   ", "Paul attend Marie à Paris. " * 8] * 5
def read(docs):
    return [[(e.start, e.end, e.label_, round(e._.score, 3)) for e in doc.ents] for doc in docs]
for folder in sys.argv[1:]:
    nlp = spacy.load(folder)
    alone = read(nlp.pipe(texts))
    together = read(nlp.pipe(texts, n_process=2, batch_size=3))
    assert any(alone), "the pipeline finds nothing: the test compares nothing"
    assert alone == together, (alone, together)
    print("equal")
"""


@pytest.mark.slow
def test_two_processes_find_what_one_finds_and_none_hangs(plain_folder, request):
    folders = [plain_folder]
    if util.find_spec("onnxruntime") and util.find_spec("onnx"):
        folders.append(request.getfixturevalue("onnx_folder"))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, folders)],
        capture_output=True,
        encoding="utf8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["equal"] * len(folders)
    assert "TOKENIZERS_PARALLELISM" not in done.stderr
