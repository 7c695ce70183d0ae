"""What `transformers` itself predicts with a folder, piece by piece, to compare with."""

from pathlib import Path

import numpy as np
import torch
from spacy.tokens import Doc
from tokenizer_of import tokenizer_of
from transformers import AutoModelForTokenClassification

from spacy_bertfam.encoder.pieces.alignment import align


def hf_token_logits(folder: Path, doc: Doc) -> np.ndarray:
    """RETURNS (ndarray): the scores of each token's first piece, Shape: (n_tokens, n_classes)."""
    tokenizer = tokenizer_of(folder)
    (pieces,) = tokenizer([doc.text])
    ids = torch.tensor([[*tokenizer.prefix, *pieces.ids.tolist(), *tokenizer.suffix]])
    network = AutoModelForTokenClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        logits = network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0].numpy()
    return logits[align(doc, pieces).firsts + len(tokenizer.prefix)]


def hf_classes(folder: Path) -> list[str]:
    """RETURNS (list): the names of the classes by id, as `transformers` reads them."""
    from transformers import AutoConfig

    id2label = AutoConfig.from_pretrained(folder).id2label
    return [id2label[i] for i in range(len(id2label))]
