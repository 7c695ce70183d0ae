"""The folder of a component in a pipeline: what is no file, no JSON or no msgpack is refused before spaCy reads it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
import srsly

from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError, check_component
from spacy_bertfam.hub.import_hf import import_hf


@pytest.fixture(scope="module")
def saved(tiny_token_classifier: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline on disk, to be read only."""
    path = tmp_path_factory.mktemp("pipeline") / "model"
    import_hf(str(tiny_token_classifier("bert", ["O", "B-PER", "I-PER"])), lang="fr").to_disk(path)
    return path


@pytest.fixture
def pipeline(saved: Path, tmp_path: Path) -> Path:
    """A copy of this test's own."""
    return shutil.copytree(saved, tmp_path / "model")


CFGS = {
    "no_json": (b"{", "is not JSON"),
    "list": (b"[]", "holds a list"),
    "many_digits": (b'{"labels": 1' + b"0" * 5000 + b"}", "is not JSON in UTF-8"),
    "nested": (b'{"labels":' + b"[" * 100_000, "nested too deeply"),
    "surrogate": (b'{"labels": ["\\ud800"]}', "half of a surrogate pair"),
    "latin1": (b'{"labels": ["\xe9"]}', "is not JSON in UTF-8"),
}


@pytest.mark.parametrize("component", ["encoder", "ner"])
@pytest.mark.parametrize("case", CFGS)
def test_settings_that_are_no_json_are_refused(case: str, component: str, pipeline: Path):
    content, reason = CFGS[case]
    (pipeline / component / "cfg").write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{component}.cfg.*{reason}"):
        spacy.load(pipeline)


SPOILED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda content: b"", "is cut off"),
    "zeros": (lambda content: b"\0" * 1000, "is no msgpack object"),
    "list": (lambda content: srsly.msgpack_dumps([1, 2]), "is no msgpack object"),
    "cut": (lambda content: content[:-7], "is cut off"),
    "cut_early": (lambda content: content[:2], "is cut off"),
    "more": (lambda content: content + b"abc", "has 3 bytes after its end"),
    "reserved": (lambda content: b"\x81\xa1a\xc1", "is no msgpack"),
    "claims": (lambda content: b"\xdf\xff\xff\xff\xff" + content, "is cut off"),
    "many": (lambda content: b"\xdd\x00\x1e\x84\x80".join([b"\x81\xa1a", b"\1" * 2_000_000]), "more than 1,000,000"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_network_that_is_no_whole_msgpack_is_refused(case: str, pipeline: Path):
    path = pipeline / "ner" / "model"
    spoil, reason = SPOILED[case]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(CheckpointError, match=rf"ner.model.*{reason}"):
        spacy.load(pipeline)


def test_values_of_each_kind_are_stepped_over(tmp_path: Path):
    values = [
        None, True, False, 1, 200, 70_000, 1 << 40, -1, -100, -1000, -100_000, -(1 << 40), 0.5, "a", "a" * 100,
        "a" * 1000, "a" * 100_000, b"a", b"a" * 1000, b"a" * 100_000, [], [1] * 20, [1] * 70_000, {"a": {}},
        {str(i): i for i in range(100)},
    ]  # fmt: skip
    (tmp_path / "model").write_bytes(srsly.msgpack_dumps({"values": values}))
    check_component(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no pipes in folders")
def test_a_pipe_in_the_vocabulary_of_a_component_is_refused(pipeline: Path):
    (pipeline / "ner" / "vocab").mkdir()
    os.mkfifo(pipeline / "ner" / "vocab" / "vectors")
    with pytest.raises(CheckpointError, match="vectors is a pipe"):
        spacy.load(pipeline)


@pytest.mark.parametrize("component", ["encoder", "ner"])
def test_a_component_without_a_folder_is_refused(component: str, pipeline: Path):
    shutil.rmtree(pipeline / component)
    with pytest.raises(CheckpointError, match=f"{component} is no folder; expected that of a component"):
        spacy.load(pipeline)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_an_encoder_without_one_of_its_files_is_refused(name: str, pipeline: Path):
    (pipeline / "encoder" / name).unlink()
    with pytest.raises(CheckpointError, match=rf"encoder has no .*{name}"):
        spacy.load(pipeline)


@pytest.mark.parametrize("put", [Path.unlink, lambda path: (path.unlink(), path.mkdir())])
@pytest.mark.parametrize("name", ["cfg", "model"])
def test_a_head_without_one_of_its_files_is_refused(name: str, put: Callable[[Path], object], pipeline: Path):
    put(pipeline / "ner" / name)
    with pytest.raises(UserError, match=r"Component 'ner' in .*ner"):
        spacy.load(pipeline)
