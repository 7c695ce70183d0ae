"""Imports point one way, and neither spaCy nor our own name drags torch's world in."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "spacy_bertfam"
# the order in which data flows: a part imports from parts with a lower number, and from itself
RANKS = {
    "__init__": 0, "about": 0, "errors": 0, "types": 0, "files": 1, "data": 2, "gate": 2, "decoding": 2, "encoder": 3,
    "listeners": 4, "heads": 5, "head_fit": 6, "pipeline": 7, "annotation": 8, "training": 8, "hub": 8, "evaluation": 8,
    "optimize": 9, "checks": 9, "visual": 9, "audit": 10, "report": 10, "server": 10,
    "cli": 11,
}  # fmt: skip
# within a part: what has no number is above all that have one
RANKS_WITHIN = {"encoder": {"pieces": 0, "runtimes": 1, "checkpoint": 2, "gradients": 2}}
DATA_MAY_IMPORT = {"types", "errors", "files", "data"}
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


def imported_rooms(path, part):
    """The rooms of a part that one of its modules imports, "" for the part's own modules, and the line of each."""
    package = ("spacy_bertfam", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            if base[:2] == ["spacy_bertfam", part]:
                yield base[2] if base[2:3] and base[2] in RANKS_WITHIN[part] else "", node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    part = part_of(path)
    for imported, line in imported_parts(path):
        where = f"{path.relative_to(PACKAGE.parent)}:{line} imports {imported}"
        if part == "data":
            assert imported in DATA_MAY_IMPORT, where
        else:
            assert imported == part or RANKS[imported] < RANKS[part], where


@pytest.mark.parametrize("part", RANKS_WITHIN)
def test_imports_point_one_way_within_a_part(part):
    ranks = RANKS_WITHIN[part]
    for path in sorted((PACKAGE / part).rglob("*.py")):
        room = path.relative_to(PACKAGE / part).parts[0]
        for imported, line in imported_rooms(path, part):
            allowed = room not in ranks or imported == room or ranks.get(imported, 99) < ranks[room]
            assert allowed, f"{path.relative_to(PACKAGE.parent)}:{line} imports {imported or part}"


def test_nothing_stands_loose_at_the_root():
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "about", "errors", "types"}
    assert {path.name for path in PACKAGE.iterdir() if list(path.glob("*.py"))} <= set(RANKS)


@pytest.mark.parametrize(
    "name", ["AdamW", "annotate_dataset", "attention_of", "export_hf", "import_hf", "to_hf_output"]
)
def test_what_a_program_imports_by_name_is_found_at_the_root(name):
    import spacy_bertfam

    assert (
        callable(getattr(spacy_bertfam, name))
        and name in dir(spacy_bertfam)
        and name in spacy_bertfam.__all__
    )


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


def test_what_ci_runs_once_meets_no_network_of_transformers():
    """With transformers 5 it would find the same again."""
    root = PACKAGE.parent
    ignored = re.findall(r"--ignore=(\S+)", (root / ".ci" / "run").read_text(encoding="utf8"))
    files = [
        path for name in ignored for path in [root / name, *(root / name).rglob("*.py")] if path.is_file()
    ]
    assert len(files) > 30
    needs = re.compile(
        r"(?m)tiny_(encoder|token_classifier)|make_tiny|^ *(from|import) transformers|bertfam_encoder"
    )
    assert [path.name for path in files if needs.search(path.read_text(encoding="utf8"))] == []


@pytest.mark.slow
def test_a_blank_pipeline_loads_no_heavy_module_for_us():
    statement = "import spacy_bertfam, spacy; spacy.blank('fr'); spacy.blank('en')"
    bare = modules_after(statement, with_ours=False)
    new = modules_after(statement, with_ours=True) - bare
    assert not {name for name in new if name.split(".")[0] in HEAVY}
    rooms = {".".join(name.split(".")[1:3]) for name in new if name.startswith("spacy_bertfam.")}
    assert not {room for room in rooms if room.startswith("encoder")}
    assert {room for room in rooms if room.startswith("hub")} <= {"hub", "hub.hf_output"}  # a component
    foreign = {name.split(".")[0] for name in new} - {name.split(".")[0] for name in bare} - {"spacy_bertfam"}
    assert not foreign, "our entry points load what spaCy alone does not"
