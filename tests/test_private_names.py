"""Names of other libraries that are not public stand in one module each, and are still what they were."""

import ast
from pathlib import Path

import pytest
import spacy
import torch
from spacy.pipeline.tok2vec import Tok2VecListener
from thinc.api import Linear, PyTorchShim
from transformers import AutoModel, AutoModelForTokenClassification, BertConfig, BertModel

from spacy_bertfam.encoder.checkpoint.transformers_private import architectures_of
from spacy_bertfam.listeners import spacy_private
from spacy_bertfam.listeners.listener import EncoderListener

PACKAGE = Path(__file__).parents[1] / "spacy_bertfam"
# module -> the private names in it, of which library
ALLOWED = {
    "encoder/checkpoint/transformers_private.py": {"_model_mapping"},  # transformers
    "encoder/runtimes/torch_half.py": {"_linear_pointwise"},  # torch
    "listeners/spacy_private.py": {
        "_batch_id",
        "_outputs",
        "_backprop",
        "_func",
        "_link_components",
        "_model",
    },
    "cli/spacy_private.py": {"_util"},  # spaCy
    "cli/explain.py": {"_instances"},  # tqdm
    "hub/adopt/from_transformers.py": {"_hfmodel"},  # spacy-transformers
}
NAMED_TUPLES = {"_replace", "_asdict", "_make", "_fields"}


def is_private(name):
    return name.startswith("_") and not name.startswith("__") and name != "_"


def own_names():
    """Private names that the package itself gives to functions, classes and attributes."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
                names.add(node.attr)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
    return {name for name in names if is_private(name)} - set().union(*ALLOWED.values())


def is_self(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def private_names(path):
    """Those of other libraries that a module uses."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Attribute) and not is_self(node.value):
            yield node.attr
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "setattr", "hasattr"):
            yield from (word.value for word in node.args if isinstance(getattr(word, "value", 0), str))


def test_a_private_name_of_another_library_stands_in_one_module():
    known = own_names() | NAMED_TUPLES
    for path in sorted(PACKAGE.rglob("*.py")):
        found = {name for name in private_names(path) if is_private(name)} - known
        assert found <= ALLOWED.get(path.relative_to(PACKAGE).as_posix(), set()), path


def test_private_imports_and_attributes_are_seen(tmp_path):
    code = "from spacy.cli._util import app\nx._func = 1\ngetattr(x, '_model')\nself._own = x.__dict__\n"
    (tmp_path / "a.py").write_text(code, encoding="utf8")
    assert {name for name in private_names(tmp_path / "a.py") if is_private(name)} == {
        "_util",
        "_func",
        "_model",
    }


def test_transformers_has_the_architectures_of_a_config():
    config = BertConfig()
    assert architectures_of(AutoModel, config) == [BertModel]
    assert architectures_of(AutoModelForTokenClassification, config)[0].base_model_prefix == "bert"
    assert architectures_of(AutoModel, object()) == []


def test_a_listener_begins_in_the_state_that_spacy_gives_its_own():
    ours, theirs = EncoderListener("encoder"), Tok2VecListener("encoder", width=4)
    assert vars(theirs).keys() <= vars(ours).keys()
    for name in ("upstream_name", "_batch_id", "_outputs", "_backprop"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert not spacy_private.has_received(theirs)
    theirs.receive(1, [], lambda gradients: [])
    assert spacy_private.has_received(theirs)


def test_a_layer_computes_what_takes_the_place_of_its_forward():
    model = Linear(2, 2)
    spacy_private.replace_forward(model, lambda model, X, is_train: (X + 1, lambda dY: dY))
    assert model.predict(1) == 2


def test_components_are_linked_and_shims_hold_their_network():
    nlp = spacy.blank("fr")
    nlp.add_pipe("tok2vec")
    nlp.add_pipe(
        "tagger", config={"model": {"tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 96}}}
    )
    spacy_private.link_components(nlp)
    assert nlp.get_pipe("tok2vec").listeners
    network = torch.nn.Linear(1, 1)
    assert spacy_private.network_of(PyTorchShim(network)) is network


def test_torch_adds_a_bias_in_its_product():
    """Where it does not, prediction in bfloat16 falls back on what is slower."""
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch is built without oneDNN")
    x, weight, bias = torch.ones(1, 4), torch.ones(3, 4), torch.ones(3)
    found = torch.ops.mkldnn._linear_pointwise(
        x.bfloat16(), weight.bfloat16(), bias.bfloat16(), "none", [], ""
    )
    assert found.float().tolist() == [[5.0, 5.0, 5.0]]


def test_the_command_line_of_spacy_has_what_ours_uses():
    from spacy_bertfam.cli.spacy_private import app, parse_config_overrides, setup_gpu

    assert parse_config_overrides(["--training.max_steps", "2"]) == {"training.max_steps": 2}
    assert callable(setup_gpu) and any(command.name == "train" for command in app.registered_commands)
