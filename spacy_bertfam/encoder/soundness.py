"""Does an encoder that was loaded work? Looked at once, by numbers and two made-up windows, so that no text fails."""

import re
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import torch
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.types import Floats2d
from torch import Tensor, nn

from ..errors import Diverged, UserError, in_one_line
from ..gate import CheckpointError
from ..gate.folder import CONFIG
from ..gate.json_file import parse_object
from .checkpoint.checkpoint import Checkpoint
from .runtimes.runtime import Runtime, mask_of

# As few as the setting `window` may be
MIN_ROOM = 4
N_LOOKED_AT = 8192
N_PIECES = 4  # of the longer window
# Capitals, accents, digits, and a character that few vocabularies have: what it is cut into is not looked at
WORDS = ["Zoé", "a", "vu", "3", "\U0001f98e", "."]
MAX_EPS = 0.1  # of a layer norm; encoders have 1e-12 to 1e-3
AGAIN = "Expected config.json, tokenizer and weights of one sound encoder: get the folder again."


def require_numbers(checkpoint: Checkpoint, folder: Path) -> None:
    """Look at what the files of an encoder say of themselves.

    RAISES (CheckpointError): when it cannot work.
    """
    network = checkpoint.weights
    if network is not None:
        _require_small_eps(network, folder)
        # not all would show in the vectors: an infinite bias may look like masking, and few rows of a table are read
        if not all(map(_is_finite, network.parameters())):
            raise _non_finite(network, folder, "")
    special, limit = checkpoint.tokenizer.n_special, checkpoint.max_pieces
    if limit - special < MIN_ROOM:
        raise CheckpointError(
            f"{folder}: the network takes {limit} pieces at once (max_position_embeddings), and the tokenizer adds "
            f"{special} special ones: no room for a text. {AGAIN}"
        )
    _require_known_pieces(checkpoint, folder)


def require_vectors(checkpoint: Checkpoint, runtime: Runtime, folder: Path) -> None:
    """Let the tokenizer cut a few words, and the network read a few pieces.

    RAISES (CheckpointError): when one of them fails, or the vectors are none.
    """
    ids, mask = _windows(checkpoint)
    device = next(checkpoint.weights.parameters()).device if checkpoint.weights is not None else "cpu"
    try:
        doc = Doc(Vocab(), words=WORDS)
        checkpoint.tokenizer.cut_joined([doc], [doc.text])
        with torch.inference_mode():
            vectors = runtime(ids.to(device), mask.to(device))
    except (KeyboardInterrupt, SystemExit, MemoryError, torch.cuda.OutOfMemoryError):
        raise
    # each architecture and engine has exceptions of its own, and the tokenizers library raises what is not even one
    except BaseException as error:
        reason = in_one_line(error)
        raise CheckpointError(f"{folder}: the encoder fails at the first text ({reason}). {AGAIN}") from error
    expected = (*ids.shape, checkpoint.width)
    if tuple(vectors.shape) != expected:
        raise CheckpointError(
            f"{folder}: the network gives vectors of the shape {tuple(vectors.shape)} for a text; expected {expected}. "
            f"{AGAIN}"
        )
    if not bool(torch.isfinite(vectors[mask.to(vectors.device).bool()]).all()):
        raise _non_finite(checkpoint.weights, folder, "the vectors of a text are not finite numbers")


def require_finite(rows: Floats2d, rate: float | None = None, dtype: torch.dtype | None = None) -> None:
    """Look at one number of each row: a layer norm at the end leaves none where one is NaN.

    rows (Floats2d): of a text so long that they are kept in a file only the first are looked at.
    rate (float | None): the last one that the encoder learned at in this process.
    dtype (dtype | None): of the weights that predict; None is float32.
    RAISES (UserError): when vectors are no numbers.
    """
    column: Any = rows[:N_LOOKED_AT, 0]
    if not bool((abs(column) < inf).all()):
        if dtype == torch.float16:
            raise UserError(
                "The encoder gives vectors that are not finite numbers (NaN or infinity) in float16, whose numbers end "
                'at 65,504: some architectures go beyond. Expected precision = "fp32" or "bf16" for it.'
            )
        if rate is not None:
            raise Diverged("a vector of the encoder", rate)
        raise UserError(
            "The encoder gives vectors that are not finite numbers (NaN or infinity): its weights are ruined, mostly "
            "by a training that diverged. Expected finite ones: load the pipeline again, or train with a lower rate."
        )


def _windows(checkpoint: Checkpoint) -> tuple[Tensor, Tensor]:
    """Ids and mask of two windows, one of them padded; Shape: (2, width)."""
    tokenizer = checkpoint.tokenizer
    n_pieces = min(N_PIECES, checkpoint.max_pieces - tokenizer.n_special)
    pieces = np.linspace(0, (_n_known(checkpoint) or 1) - 1, n_pieces, dtype=np.int64).tolist()
    rows = [[*tokenizer.prefix, *part, *tokenizer.suffix] for part in (pieces, pieces[-1:])]
    width = len(rows[0])
    ids = [[*row, *[tokenizer.pad_id] * (width - len(row))] for row in rows]
    return torch.tensor(ids), mask_of(torch.tensor([len(row) for row in rows]), width)


def _n_known(checkpoint: Checkpoint) -> int | None:
    """The number of pieces that the network has vectors for; None where neither it nor its config says."""
    if checkpoint.weights is None:
        config = parse_object(checkpoint.tokenizer_files.get(CONFIG, b"{}"), Path(CONFIG))
        n_pieces = config.get("vocab_size")
        return n_pieces if isinstance(n_pieces, int) and n_pieces > 0 else None
    try:
        return int(checkpoint.network.get_input_embeddings().num_embeddings)
    except (AttributeError, NotImplementedError):
        return None


def _require_known_pieces(checkpoint: Checkpoint, folder: Path) -> None:
    tokenizer, n_known = checkpoint.tokenizer, _n_known(checkpoint)
    if n_known is None:
        return
    special = (*tokenizer.prefix, *tokenizer.suffix, tokenizer.pad_id)
    unknown = next((("a special piece", i) for i in special if not 0 <= i < n_known), None)
    if unknown is None and _may_reach(tokenizer.backend, checkpoint.tokenizer_files, n_known):
        known = tokenizer.backend.get_vocab(with_added_tokens=True).items()
        unknown = next(((f"the piece {name!r:.50}", i) for name, i in known if i >= n_known), None)
    if unknown is not None:
        raise CheckpointError(
            f"{folder}: the tokenizer gives {unknown[0]} the id {unknown[1]}, and the network has vectors for ids 0 to "
            f"{n_known - 1}. {AGAIN}"
        )


def _may_reach(backend: Any, files: Mapping[str, bytes], n_known: int) -> bool:
    """Whether a piece may have an id from ``n_known`` on."""
    # `tokenizers` takes as long to give out a large vocabulary as to read it. A number after a colon that is as large,
    # in as many digits, is looked for in the file instead; in a list of pieces the id is the place
    if backend.get_vocab_size(with_added_tokens=False) > n_known:
        return True
    digits = str(n_known)
    pattern = rb'":\s*(\d{%d,}|[%s-9]\d{%d})(?!\d)' % (len(digits) + 1, digits[:1].encode(), len(digits) - 1)
    return any(int(number) >= n_known for number in re.findall(pattern, files["tokenizer.json"]))


def _require_small_eps(network: nn.Module, folder: Path) -> None:
    for name, module in network.named_modules():
        eps = getattr(module, "eps", getattr(module, "variance_epsilon", 0.0))
        if isinstance(eps, (int, float)) and not 0 <= eps <= MAX_EPS:
            raise CheckpointError(
                f"{folder}: the layer norm {name} adds {eps} to the variance (layer_norm_eps or the like in "
                "config.json), which leaves no numbers, or nothing but what all texts have in common; expected a "
                "little more than 0, as 1e-12."
            )


def _is_finite(weight: Tensor) -> bool:
    """Whether no number is NaN or infinite, or makes infinity of a product: the sum of all squares tells."""
    numbers = weight.detach().reshape(-1)
    return bool(torch.isfinite(torch.dot(numbers, numbers)))


def _non_finite(network: nn.Module | None, folder: Path, otherwise: str) -> CheckpointError:
    """RETURNS (CheckpointError): names the weight and its file, or says what else there is."""
    named: Any = network.named_parameters() if network is not None else ()
    name = next((name for name, weight in named if not _is_finite(weight)), None)
    what = f"{otherwise}, though its weights are: a setting in config.json, or the graph in onnx/, is wrong"
    if name is not None:
        where = f"the weight {name} in {_file_of(folder, name)}"
        what = f"{where} has numbers that are not finite (NaN or infinity), or beyond 1e19"
    return CheckpointError(f"{folder}: {what}. Expected finite ones: get the folder again.")


def _file_of(folder: Path, parameter: str) -> str:
    """RETURNS (str): the file that a parameter stands in, whose name there may begin with that of the architecture."""
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            if any(f".{key}".endswith(f".{parameter}") for key in file.keys()):  # noqa: SIM118  no dictionary
                return path.name
    return "its files"
