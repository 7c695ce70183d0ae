"""A trained pipeline's encoder and linear head as a `transformers` token classifier, for the other systems."""

from pathlib import Path

import torch
from spacy.language import Language
from transformers import AutoConfig, AutoModelForTokenClassification

from spacy_bertfam.encoder.checkpoint.checkpoint import write_files
from spacy_bertfam.encoder.model import encoder_shim


def export_classifier(nlp: Language, folder: Path) -> None:
    """Write the Hugging Face folder.

    nlp (Language): with a `bertfam_encoder` named "encoder" and a `bertfam_ner` named "ner" behind it.
    """
    shim = encoder_shim(nlp.get_pipe("encoder").model)  # type: ignore[attr-defined]
    ner = nlp.get_pipe("ner")
    tags = ner.tag_set.tags  # type: ignore[attr-defined]
    shim.save(folder)
    config = AutoConfig.from_pretrained(
        folder,
        num_labels=len(tags),
        id2label=dict(enumerate(tags)),
        label2id={t: i for i, t in enumerate(tags)},
    )
    network = AutoModelForTokenClassification.from_pretrained(
        folder, config=config, torch_dtype=torch.float32
    )
    head = ner.model.get_ref("output_layer")  # type: ignore[attr-defined]
    with torch.no_grad():
        network.classifier.weight.copy_(torch.from_numpy(head.get_param("W")))
        network.classifier.bias.copy_(torch.from_numpy(head.get_param("b")))
    network.save_pretrained(folder)
    write_files(folder, shim.loaded.tokenizer_files)
