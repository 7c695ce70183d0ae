"""Small pipelines that find entities untrained, and the same made for an engine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import spacy
import torch
from spacy.language import Language

from spacy_bertfam.hub.import_hf import import_hf


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def plain_folder(tiny_token_classifier: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`encoder` and `ner` as they were imported, on disk; to be read only."""
    path = tmp_path_factory.mktemp("plain") / "pipeline"
    import_hf(str(tiny_token_classifier("bert", ["O", "B-PER", "I-PER", "B-LOC"])), lang="fr").to_disk(path)
    return path


@pytest.fixture
def plain(plain_folder: Path) -> Language:
    """The pipeline in torch, this test's own copy."""
    return spacy.load(plain_folder)


@pytest.fixture(scope="session")
def onnx_folder(plain_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same made for onnxruntime in float32; to be read only."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from spacy_bertfam.optimize.optimize import Plan, optimize, write_pipeline

    nlp = spacy.load(plain_folder)
    optimize(nlp, Plan("onnxruntime", "fp32"))
    path = tmp_path_factory.mktemp("onnx") / "pipeline"
    write_pipeline(nlp, path)
    return path


@pytest.fixture
def fast(onnx_folder: Path) -> Language:
    """The pipeline in onnxruntime, this test's own copy."""
    return spacy.load(onnx_folder)


@pytest.fixture(scope="session")
def without_torch_folder(onnx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without its torch weights; to be read only."""
    from spacy_bertfam.encoder.checkpoint.checkpoint import without_weights
    from spacy_bertfam.encoder.model import encoder_shim

    nlp = spacy.load(onnx_folder)
    shim = encoder_shim(nlp.get_pipe("encoder").model)
    shim.take(without_weights(shim.loaded))
    path = tmp_path_factory.mktemp("without_torch") / "pipeline"
    nlp.to_disk(path)
    return path


@pytest.fixture
def engine_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of the windows that onnxruntime gets, as they come."""
    pytest.importorskip("onnxruntime")
    from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime

    calls: list[tuple[int, ...]] = []
    run = OnnxRuntime.__call__

    def counted(self, ids, mask):
        calls.append(tuple(ids.shape))
        return run(self, ids, mask)

    monkeypatch.setattr(OnnxRuntime, "__call__", counted)
    return calls


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if onnxruntime were not installed."""
    from spacy_bertfam.encoder.runtimes import engines

    class Absent(engines.Engine):
        def is_installed(self) -> bool:
            return False

    absent = Absent(**replace(engines.ENGINES["onnxruntime"]).__dict__)
    monkeypatch.setitem(engines.ENGINES, "onnxruntime", absent)
