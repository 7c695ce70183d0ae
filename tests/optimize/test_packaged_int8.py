"""A pipeline in 8 bits as an installed wheel: it finds the same, and neither transformers nor torch computes it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import spacy
from optimized import TEXTS, found
from spacy.cli.package import package
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("build")

# What a network of the BERT family cannot do without in torch, by both names that torch has for it
COMPUTING = {"embedding", "linear", "addmm", "layer_norm", "native_layer_norm"}

# Reads the texts by one pipeline after the other, and says of each what was found, and what of transformers and of
# torch was taken until then.
# Of the entry points only ours count: other packages import transformers for their own.
READ = """
import json, socket, sys
from importlib import metadata
def refuse(*arguments):
    raise OSError("no network in this test")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
texts = json.loads(sys.argv[1])
sys.path.insert(0, sys.argv[2])
import catalogue
class Points(list):
    def select(self, *, group):
        return [point for point in self if point.group == group]
catalogue.AVAILABLE_ENTRY_POINTS = Points(metadata.distribution("spacy-bertfam").entry_points)
import spacy, torch
from torch.utils._python_dispatch import TorchDispatchMode
operations = set()
class Watch(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        operations.add(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))
for name in sys.argv[3:]:
    with Watch():
        nlp = spacy.load(name)
        docs = list(nlp.pipe(texts))
    print(json.dumps({
        "path": str(nlp.path),
        "entities": [[[e.start, e.end, e.label_, round(e._.score, 3)] for e in doc.ents] for doc in docs],
        "transformers": sorted(module for module in sys.modules if module.split(".")[0] == "transformers"),
        "torch": sorted(operations),
    }))
"""


def read_elsewhere(site, pipelines, cwd):
    """RETURNS (list[dict]): what each pipeline finds and takes, in a process of its own for all of them."""
    done = subprocess.run(
        [sys.executable, "-c", READ, json.dumps(TEXTS), str(site), *map(str, pipelines)],
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def int8_folder(plain_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline as the command makes it, in 8 bits and without its torch weights."""
    out = tmp_path_factory.mktemp("int8") / "pipeline"
    options = ["--runtime", "onnxruntime", "--precision", "int8", "--drop-torch"]
    result = CliRunner().invoke(app, ["optimize", str(plain_folder), str(out), *options])
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module")
def site(int8_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pipeline's wheel installs, and nothing else."""
    work = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PIP_NO_INDEX", "1")
        package(
            int8_folder,
            work,
            name="eight",
            version="1.0.0",
            create_sdist=False,
            create_wheel=True,
            silent=True,
        )
    (wheel,) = work.rglob("*.whl")
    with zipfile.ZipFile(wheel) as packed:  # of Python alone: what pip does with it
        packed.extractall(work / "site")
    return work / "site"


@pytest.mark.slow
def test_the_installed_wheel_finds_the_same_without_transformers_or_torch_computing(
    site, int8_folder, plain_folder, tmp_path
):
    expected = [[list(ent) for ent in ents] for ents in found(spacy.load(int8_folder))]
    assert any(expected), "the pipeline finds nothing: the test compares nothing"
    said, seen = read_elsewhere(site, ["fr_eight", plain_folder], tmp_path)
    assert Path(said["path"]).is_relative_to(site)
    assert said["entities"] == expected
    assert said["transformers"] == []
    assert not COMPUTING & set(said["torch"])
    # torch at work would have been seen: that of the pipeline before it was optimized is
    assert any(name.startswith("transformers.models.bert.modeling") for name in seen["transformers"])
    assert "embedding" in seen["torch"] and len(COMPUTING & set(seen["torch"])) >= 3


@pytest.mark.slow
def test_the_wheel_holds_no_torch_weights_and_requires_the_engine(site):
    names = {path.name for path in site.rglob("*") if path.is_file()}
    assert "model.onnx" in names
    assert not {name for name in names if name.endswith((".safetensors", ".pt")) or "pytorch" in name}
    (metadata,) = site.glob("fr_eight-*.dist-info/METADATA")
    requirements = [
        line for line in metadata.read_text(encoding="utf8").splitlines() if line.startswith("Requires-Dist:")
    ]
    for needed in ("spacy-bertfam", "onnxruntime"):
        assert any(needed in line for line in requirements), requirements
