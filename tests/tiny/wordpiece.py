"""WordPiece tokenizers as BERT, DistilBERT and ELECTRA have them."""

from itertools import pairwise

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from . import specials
from .texts import TEXTS

SPECIALS = list(specials.BERT.values())


def build_wordpiece(*, lowercase: bool, n_merged: int = 300) -> Tokenizer:
    """
    lowercase (bool): also strips the accents, as the uncased checkpoints do.
    n_merged (int): characters and merges to learn; those that continue words come on top.
    RETURNS (Tokenizer): offsets are of words without the white space around them.
    """
    normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=lowercase)
    pieces = [*SPECIALS, *_learn_pieces(normalizer, n_merged)]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    specials.mark_specials(tokenizer, SPECIALS, mask="[MASK]", mask_takes_space=False)
    specials.frame_as_bert(tokenizer)
    return tokenizer


def _learn_pieces(normalizer: normalizers.Normalizer, n_merged: int) -> list[str]:
    """The pieces of the texts after merging, with ## where they continue a word, in alphabetical order.

    WordPieceTrainer gives another vocabulary in every process, BpeTrainer always the same.
    """
    bpe = Tokenizer(models.BPE())
    bpe.normalizer, bpe.pre_tokenizer = normalizer, pre_tokenizers.BertPreTokenizer()
    bpe.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=n_merged, show_progress=False))
    characters = {piece for piece in bpe.get_vocab() if len(piece) == 1}
    pieces = characters | {f"##{character}" for character in characters}
    for encoding in bpe.encode_batch(list(TEXTS)):
        numbered = [(None, ""), *zip(encoding.word_ids, encoding.tokens, strict=True)]
        for (before, _), (word, piece) in pairwise(numbered):
            pieces.add(f"##{piece}" if word == before else piece)
    return sorted(pieces)
