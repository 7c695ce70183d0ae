"""Imports point one way, and neither spaCy nor our own name drags torch's world in."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "spacy_bertfam"
# the order in which data flows: a part imports from parts with a lower number, and from itself
RANKS = {
    "about": 0, "drawing": 0, "errors": 0, "file_rows": 0, "types": 0, "saving": 1, "stretches": 1, "tags": 1,
    "gate": 1, "data": 1, "encoder": 2, "lattice": 2, "tag_scores": 2, "span_scores": 3, "long_texts": 4,
    "decoding": 5, "heads": 6, "pipeline": 7, "hub": 8, "adopt": 8, "optimize": 8, "training": 8, "evaluation": 8,
    "visual": 9, "checks": 9, "pretraining": 9, "cli": 10,
}  # fmt: skip
DATA_MAY_IMPORT = {"types", "errors", "saving", "data"}
HEAVY = {"transformers", "tokenizers", "safetensors", "huggingface_hub", "onnxruntime", "onnx", "openvino"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_parts(path):
    """The parts of our package that a module imports, within functions too, and the line of each."""
    package = ("spacy_bertfam", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{stem}.{alias.name}" for alias in node.names] if stem == "spacy_bertfam" else [stem]
        else:
            continue
        for name in names:
            first, *rest = name.split(".")
            if first == "spacy_bertfam" and rest and rest[0] != "__version__":
                yield rest[0], node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    part = part_of(path)
    for imported, line in imported_parts(path):
        where = f"{path.relative_to(PACKAGE.parent)}:{line} imports {imported}"
        if part == "data":
            assert imported in DATA_MAY_IMPORT, where
        else:
            assert imported == part or RANKS[imported] < RANKS[part], where


def test_relative_and_absolute_imports_are_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(imported_parts.__globals__, "PACKAGE", tmp_path)
    (tmp_path / "heads").mkdir()
    path = tmp_path / "heads" / "crf.py"
    path.write_text(
        "from ..decoding import decode\nfrom .. import tags\nfrom .loss import x\nimport spacy_bertfam.cli.app\n",
        encoding="utf8",
    )
    assert list(imported_parts(path)) == [("decoding", 1), ("tags", 2), ("heads", 3), ("cli", 4)]


def modules_after(statement, *, with_ours):
    """Names of the modules that are loaded in a new process, where only we have entry points, or nobody."""
    program = f"""
import json, sys
from importlib import metadata
import catalogue
class Points(list):
    def select(self, *, group):
        return [point for point in self if point.group == group]
ours = list(metadata.distribution("spacy-bertfam").entry_points) if {with_ours} else []
catalogue.AVAILABLE_ENTRY_POINTS = Points(ours)
{statement}
print(json.dumps([len(ours), sorted(sys.modules)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        encoding="utf8",
        check=True,
        timeout=300,
    )
    n_points, modules = json.loads(done.stdout.splitlines()[-1])
    assert bool(n_points) == with_ours
    return set(modules)


def test_a_blank_pipeline_loads_no_heavy_module_for_us():
    statement = "import spacy_bertfam, spacy; spacy.blank('fr'); spacy.blank('en')"
    bare = modules_after(statement, with_ours=False)
    new = modules_after(statement, with_ours=True) - bare
    assert not {name for name in new if name.split(".")[0] in HEAVY}
    assert not {name for name in new if name.startswith(("spacy_bertfam.encoder", "spacy_bertfam.hub"))}
    foreign = {name.split(".")[0] for name in new} - {name.split(".")[0] for name in bare} - {"spacy_bertfam"}
    assert not foreign, "our entry points load what spaCy alone does not"
