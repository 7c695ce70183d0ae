"""The special tokens of each tokenizer family, by their role, and how a sentence is put between them."""

from tokenizers import AddedToken, Tokenizer
from tokenizers.processors import TemplateProcessing

BERT = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
DEBERTA = {"bos_token": "[CLS]", "eos_token": "[SEP]", **BERT}
ROBERTA = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "mask_token": "<mask>",
}


def frame(tokenizer: Tokenizer, single: str, pair: str) -> None:
    """Put the special tokens named in the two templates around one text and around two texts."""
    names = sorted({part.split(":")[0] for part in pair.split() if not part.startswith("$")})
    tokenizer.post_processor = TemplateProcessing(
        single=single, pair=pair, special_tokens=[(name, tokenizer.token_to_id(name)) for name in names]
    )


def frame_as_bert(tokenizer: Tokenizer) -> None:
    """[CLS] text [SEP], with segment 1 for the second of two texts."""
    frame(tokenizer, "[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1")


def frame_as_roberta(tokenizer: Tokenizer) -> None:
    """<s> text </s>, with two separators between two texts."""
    frame(tokenizer, "<s> $A </s>", "<s> $A </s> </s> $B </s>")


def mark_specials(tokenizer: Tokenizer, names: list[str], *, mask: str, mask_takes_space: bool) -> None:
    """Declare pieces that are in the vocabulary as special, so that no text is cut into them by chance."""
    tokens = [AddedToken(name, special=True, normalized=False) for name in names if name != mask]
    tokens.append(AddedToken(mask, lstrip=mask_takes_space, special=True, normalized=False))
    tokenizer.add_special_tokens(tokens)
