"""The configs on installed transformer packages: trained, packaged and loaded, on stand-ins of both generations."""

import importlib
import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.cli.init_config import fill_config
from spacy.cli.train import train
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import load_config
from standins.generations import BOTH
from standins.gold import SENTENCES, examples
from standins.packages import install_pipelines
from standins.pipelines import NAMES

ROOT = Path(__file__).parents[3]
CONFIGS = {path.stem: path for path in sorted((ROOT / "configs").glob("*_trf_ner*.cfg"))}
STEPS = {
    "training.max_steps": 2,
    "training.eval_frequency": 2,
    "training.optimizer.learn_rate.total_steps": 2,
    "training.optimizer.learn_rate.warmup_steps": 1,
}
both = pytest.mark.parametrize("generation", BOTH)
# Whatever opens a connection fails
READ = """
import json, socket, sys
def refuse(*arguments):
    raise OSError("no network in this test")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
import spacy
nlp = spacy.load(sys.argv[1])
doc = nlp(sys.argv[2])
print(json.dumps([nlp.pipe_names, [[t.pos_, str(t.morph), t.dep_, t.head.i, t.lemma_] for t in doc]]))
"""


@pytest.fixture
def installed(generation: str, site: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The two stand-ins can be imported, by the names of the real packages; nothing of it stays."""
    monkeypatch.syspath_prepend(str(site(generation)))
    yield generation
    for name in NAMES.values():
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


def write_corpus(path: Path, lang: str, label: str) -> dict[str, Any]:
    """RETURNS (dict): overrides that name the corpus; its entities have one label."""
    docs = []
    for eg in examples(spacy.blank(lang)):
        doc = eg.reference
        doc.set_ents([doc.char_span(ent.start_char, ent.end_char, label) for ent in doc.ents])
        docs.append(doc)
    DocBin(docs=docs, store_user_data=True).to_disk(path)
    return {"paths.train": str(path), "paths.dev": str(path), **STEPS}


def old_annotations(doc: Doc) -> list[tuple[Any, ...]]:
    """RETURNS (list): what the heads of the package have found, token by token."""
    return [(t.tag_, t.pos_, str(t.morph), t.dep_, t.head.i, t.lemma_) for t in doc]


def train_config(name: str, tmp_path: Path, *, label: str = "OWN", **settings: Any) -> Language:
    lang = name[:2]
    overrides = write_corpus(tmp_path / "corpus.spacy", lang, label) | settings
    train(CONFIGS[name], tmp_path / "out", overrides=overrides)
    return spacy.load(tmp_path / "out" / "model-last")


def test_there_is_a_config_for_each_package_and_way():
    assert set(CONFIGS) == {
        "en_core_web_trf_ner",
        "en_core_web_trf_ner_replaced",
        "fr_dep_news_trf_ner",
        "fr_dep_news_trf_ner_tuned",
    }


@pytest.mark.slow
@both
def test_nothing_is_left_for_fill_config_to_add(installed, tmp_path):
    for path in CONFIGS.values():
        _, filled = fill_config(tmp_path / "filled.cfg", path, silent=True)
        assert filled == load_config(path, interpolate=False), path.stem


@both
@pytest.mark.parametrize("name", ["fr_dep_news_trf_ner", "en_core_web_trf_ner_replaced"])
def test_entities_come_to_a_package_whose_heads_stay_as_they_are(name, installed, tmp_path):
    package = spacy.load(NAMES[name[:2]])
    nlp = train_config(name, tmp_path)
    assert nlp.pipe_names == [*(n for n in package.pipe_names if n != "ner"), "ner"]
    assert nlp.get_pipe("ner").labels == ("OWN",)
    for text, _ in SENTENCES[nlp.lang]:
        doc = nlp(text)
        assert old_annotations(doc) == old_annotations(package(text))
        assert all(ent.label_ == "OWN" and 0 < ent._.score <= 1 for ent in doc.ents)
    assert encoder_weights(nlp) == encoder_weights(package)


@both
def test_labels_of_ones_own_stand_beside_those_of_the_package(installed, tmp_path):
    package = spacy.load(NAMES["en"])
    nlp = train_config("en_core_web_trf_ner", tmp_path, **{"components.own_ner.min_score": 0.0})
    assert nlp.pipe_names == [*package.pipe_names, "own_ner"]
    for text, _ in SENTENCES["en"]:
        doc, before = nlp(text), package(text)
        assert old_annotations(doc) == old_annotations(before)
        kept = [(ent.start, ent.end, ent.label_) for ent in doc.ents if ent.label_ != "OWN"]
        assert kept == [(ent.start, ent.end, ent.label_) for ent in before.ents]
    scores = nlp.evaluate(examples(nlp))
    # the corpus knows NAME only, which the package finds: ours are not looked at
    assert set(scores["ents_per_type"]) == {"NAME"}


@both
def test_the_encoder_is_trained_with_all_heads_listening(installed, tmp_path):
    if installed == "curated_transformer":
        skip_where_the_package_cannot_train()
    package = spacy.load(NAMES["fr"])
    nlp = train_config("fr_dep_news_trf_ner_tuned", tmp_path)
    assert encoder_weights(nlp) != encoder_weights(package)
    frozen = load_config(CONFIGS["fr_dep_news_trf_ner_tuned"])["training"]["frozen_components"]
    assert frozen == ["attribute_ruler"]


def skip_where_the_package_cannot_train() -> None:
    import numpy
    from packaging.version import Version

    if Version(numpy.__version__) >= Version("2.4"):
        pytest.skip("spacy-curated-transformers 0.3.1 cannot update its encoder on NumPy 2.4")


def encoder_weights(nlp: Language) -> list[float]:
    """RETURNS (list): the sum of each parameter."""
    shims = [shim for node in nlp.get_pipe("transformer").model.walk() for shim in node.shims]
    return [float(weights.detach().double().sum()) for weights in shims[0]._model.parameters()]


@pytest.mark.slow
@both
def test_a_package_of_it_needs_no_other_one_and_no_network(installed, tmp_path):
    nlp = train_config("fr_dep_news_trf_ner", tmp_path)
    nlp.meta.update(name="news_ner", version="1.0.0")
    nlp.to_disk(tmp_path / "pipeline")
    folder = tmp_path / "clean"
    venv.create(folder, with_pip=False)
    purelib = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    # it sees the packages of the running environment, without the stand-ins
    others = [path for path in sys.path if Path(path).is_dir() and not (Path(path) / NAMES["fr"]).exists()]
    (purelib / "shared.pth").write_text("\n".join(others) + "\n", encoding="utf8")
    install_pipelines([tmp_path / "pipeline"], purelib)
    text = SENTENCES["fr"][0][0]
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = subprocess.run(
        [str(python), "-I", "-c", READ, "fr_news_ner", text],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf8",
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names, found = json.loads(done.stdout.splitlines()[-1])
    assert names == nlp.pipe_names
    expected = [[t.pos_, str(t.morph), t.dep_, t.head.i, t.lemma_] for t in spacy.load(NAMES["fr"])(text)]
    assert found == expected
