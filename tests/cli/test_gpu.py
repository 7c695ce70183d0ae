"""A GPU that cannot be had is said in one sentence with a remedy, by every command that has the option."""

import platform
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from thinc import compat
from typer.testing import CliRunner

from spacy_bertfam.cli import gpu
from spacy_bertfam.cli.app import COMMANDS, app
from spacy_bertfam.cli.gpu import use_gpu, why_no_gpu
from spacy_bertfam.errors import UserError

pytestmark = pytest.mark.skipif(platform.system() == "Darwin", reason="its GPUs need no CuPy")
CONFIG = Path(__file__).parents[2] / "configs" / "ner_shared.cfg"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`machine(...)` pretends one, with or without CuPy, torch for a CUDA, and so many GPUs."""

    def pretend(
        *, cupy: bool = True, is_found: bool = False, cuda: str | None = "12.8", n_gpus: int = 1
    ) -> None:
        monkeypatch.setattr(compat, "has_cupy", cupy)
        monkeypatch.setattr(
            gpu.util, "find_spec", lambda name: SimpleNamespace() if cupy or is_found else None
        )
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: n_gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n_gpus)

    return pretend


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"cupy": False},
            r'CuPy is not installed, .*: pip install "spacy-bertfam\[cuda12x\]"; or leave --gpu-id',
        ),
        ({"cupy": False, "cuda": "13.0"}, r'pip install "spacy-bertfam\[cuda13x\]"; or'),
        (
            {"cupy": False, "cuda": None},
            r'"spacy-bertfam\[cuda12x\]" or pip install "spacy-bertfam\[cuda13x\]"',
        ),
        (
            {"cupy": False, "is_found": True},
            r"CuPy is installed and cannot be imported \(ModuleNotFoundError: No module named 'cupy'",
        ),
        ({"cuda": None, "n_gpus": 0}, r"torch .* is built for CPUs alone; expected one with CUDA"),
        ({"n_gpus": 0}, r"finds no GPU; expected one with a driver for CUDA 12.8"),
        ({"n_gpus": 2}, r"--gpu-id is 2, and there are 2 GPUs; expected 0 to 1"),
    ],
)
def test_why_there_is_no_gpu(machine: Callable[..., None], given: dict[str, Any], said: str) -> None:
    machine(**given)
    with pytest.raises(UserError, match=said):
        use_gpu(2)


def test_the_extras_that_are_named_are_there() -> None:
    lines = (Path(__file__).parents[2] / "setup.cfg").read_text(encoding="utf8").splitlines()
    assert {f"{extra} =" for extra in gpu.EXTRAS} <= set(lines)


def test_what_thinc_says_is_explained_and_nothing_else() -> None:
    assert why_no_gpu(ValueError("Cannot use GPU, CuPy is not installed"))
    assert why_no_gpu(ValueError("No GPU devices detected"))
    assert why_no_gpu(ValueError("No CUDA GPU devices detected"))
    assert why_no_gpu(ValueError("No such thing")) is None


ARGUMENTS = {
    "audit": ["data.spacy", "--output", "out", "--encoder", "encoder", "--lang", "fr"],
    "annotate": ["model", "texts.txt", "out.jsonl"],
    "train": [str(CONFIG), "--paths.train", "a.spacy", "--paths.dev", "a.spacy"],
    "calibrate": ["model", "data.spacy", "out"],
    "pretrain": ["encoder", "texts.txt", "out"],
    "serve": ["model", "--port", "0"],
    "report": ["model", "data.spacy", "--output", "out"],
}


def test_all_commands_with_the_option_are_looked_at() -> None:
    assert {name for name, command in COMMANDS.items() if "use_gpu" in command.__annotations__} == set(
        ARGUMENTS
    )


@pytest.mark.parametrize("command", ARGUMENTS)
def test_each_command_says_it(
    command: str, machine: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("fastapi", "uvicorn", "prometheus_client") if command == "serve" else ():
        pytest.importorskip(package)
    machine(cupy=False)
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("\n\n".join(f"Le texte {i} ." for i in range(30)), encoding="utf8")
    result = CliRunner().invoke(app, [command, *ARGUMENTS[command], "--gpu-id", "0"])
    assert result.exit_code == 1
    (sentence,) = (line for line in result.stderr.splitlines() if line.startswith("Error: "))
    assert sentence.startswith("Error: CuPy is not installed") and "cuda12x" in sentence
