"""Byte-level BPE tokenizers as RoBERTa, the first DeBERTa and ModernBERT have them."""

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from . import specials
from .texts import TEXTS


def _train(names: list[str], *, mask: str, vocab_size: int, mask_takes_space: bool) -> Tokenizer:
    """A byte-level BPE without a frame; `names` get the first ids, the mask the last."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1,
        special_tokens=names,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    specials.mark_specials(tokenizer, names, mask=mask, mask_takes_space=mask_takes_space)
    return tokenizer


def build_roberta_bpe(*, vocab_size: int = 500) -> Tokenizer:
    """RETURNS (Tokenizer): its post-processor trims the leading space off the offsets."""
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = _train(names, mask="<mask>", vocab_size=vocab_size, mask_takes_space=True)
    sep, cls = (("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
    tokenizer.post_processor = processors.RobertaProcessing(
        sep, cls, trim_offsets=True, add_prefix_space=False
    )
    return tokenizer


def build_deberta_bpe(*, vocab_size: int = 500) -> Tokenizer:
    """RETURNS (Tokenizer): its offsets include the leading space of a word."""
    names = ["[CLS]", "[PAD]", "[SEP]", "[UNK]"]
    tokenizer = _train(names, mask="[MASK]", vocab_size=vocab_size, mask_takes_space=True)
    specials.frame_as_bert(tokenizer)
    return tokenizer


def build_modernbert_bpe(*, vocab_size: int = 500) -> Tokenizer:
    """RETURNS (Tokenizer): composes the text (NFC) first; its offsets include the leading space of a word."""
    names = ["[UNK]", "[CLS]", "[SEP]", "[PAD]"]
    tokenizer = _train(names, mask="[MASK]", vocab_size=vocab_size, mask_takes_space=True)
    tokenizer.normalizer = normalizers.NFC()
    specials.frame(tokenizer, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]")
    return tokenizer
