"""The encoder of a `transformer` component of spacy-transformers as a plain Hugging Face folder."""

from pathlib import Path
from typing import Any

from thinc.api import Model

from ...encoder.checkpoint.network import quiet_transformers
from ...encoder.pieces.piece_scheme import SCHEME_FILE, PieceScheme
from ...errors import UserError


def write_transformer(model: Model[Any, Any], folder: Path) -> None:
    """Write config, weights and tokenizer of a spacy-transformers encoder into ``folder``.

    RAISES (UserError): when its tokenizer gives no character offsets.
    """
    shim: Any = model.layers[0].shims[0]
    objects = shim._hfmodel
    if objects.transformer is None:
        raise UserError(
            "The pipeline's encoder has no weights; expected a trained pipeline: load a finished one."
        )
    backend = getattr(objects.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise UserError(
            f"The pipeline's encoder has the tokenizer {type(objects.tokenizer).__name__}, written in Python (use_fast "
            "= false); expected a fast one: alignment needs its character offsets."
        )
    with quiet_transformers():
        objects.transformer.save_pretrained(folder)
        objects.tokenizer.save_pretrained(folder, legacy_format=False)
    # spacy-transformers takes a piece's offsets literally where they include the space before it
    if any(start == 1 for start, _ in backend.encode("a a", add_special_tokens=False).offsets):
        (folder / SCHEME_FILE).write_bytes(PieceScheme(space_to_both=True).to_bytes())
