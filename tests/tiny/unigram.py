"""Unigram tokenizers with the metaspace, as CamemBERT, XLM-R, ALBERT and DeBERTa-v2 have them."""

from dataclasses import dataclass
from math import log

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from . import specials
from .texts import TEXTS

Piece = tuple[str, float]

# Offsets include the leading space where the metaspace alone splits the text, and exclude it where the
# white space has been split off before: real checkpoints do either, so the tiny ones do both.
SPACE_IN_OFFSETS = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
NO_SPACE_IN_OFFSETS = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), SPACE_IN_OFFSETS])
ONE_SPACE = normalizers.Replace(Regex(" {2,}"), " ")


@dataclass(frozen=True)
class UnigramRecipe:
    """What differs between unigram tokenizers: `first` stands before the trained pieces, the mask after."""

    first: tuple[Piece, ...]
    unk: str
    mask: str
    normalizer: normalizers.Normalizer
    pre_tokenizer: pre_tokenizers.PreTokenizer
    mask_takes_space: bool = False

    def train(self, n_pieces: int) -> list[Piece]:
        """RETURNS (list): pieces with their log probabilities, in alphabetical order, without special tokens.

        The trainer's set of pieces is the same in every process, its scores differ in the last digits
        (it sums in no fixed order): so they are counted anew.
        """
        trained = Tokenizer(models.Unigram())
        trained.normalizer, trained.pre_tokenizer = self.normalizer, self.pre_tokenizer
        trainer = trainers.UnigramTrainer(
            vocab_size=n_pieces, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
        )
        trained.train_from_iterator(TEXTS, trainer)
        pieces = sorted(piece for piece in trained.get_vocab() if piece != "<unk>")
        words = "\n".join(
            word
            for text in TEXTS
            for word, _ in self.pre_tokenizer.pre_tokenize_str(self.normalizer.normalize_str(text))
        )
        return [(piece, round(log(max(words.count(piece), 1) / len(words)), 4)) for piece in pieces]

    def build(self, vocab_size: int) -> Tokenizer:
        """RETURNS (Tokenizer): complete but for the frame around a text."""
        vocab = [*self.first, *self.train(vocab_size - len(self.first) - 1), (self.mask, 0.0)]
        unk_id = [piece for piece, _ in vocab].index(self.unk)
        tokenizer = Tokenizer(models.Unigram(vocab, unk_id=unk_id, byte_fallback=False))
        tokenizer.normalizer, tokenizer.pre_tokenizer = self.normalizer, self.pre_tokenizer
        tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
        names = [piece for piece, _ in self.first]
        specials.mark_specials(tokenizer, names, mask=self.mask, mask_takes_space=self.mask_takes_space)
        return tokenizer


CAMEMBERT = UnigramRecipe(
    # fairseq's four pieces stand before SentencePiece's own, so <s> is 5 and </s> is 6
    first=(
        ("<s>NOTUSED", 0.0),
        ("<pad>", 0.0),
        ("</s>NOTUSED", 0.0),
        ("<unk>", 0.0),
        ("<unk>NOTUSED", -100.0),
        ("<s>", 0.0),
        ("</s>", 0.0),
    ),
    unk="<unk>",
    mask="<mask>",
    normalizer=normalizers.Sequence([normalizers.Strip(left=False, right=True), ONE_SPACE]),
    pre_tokenizer=SPACE_IN_OFFSETS,
    mask_takes_space=True,
)
XLM_ROBERTA = UnigramRecipe(
    first=(("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)),
    unk="<unk>",
    mask="<mask>",
    # real ones have a compiled character map that is close to NFKC; transformers 5 drops any other normalizer
    normalizer=normalizers.Sequence([normalizers.NFKC(), ONE_SPACE]),
    pre_tokenizer=NO_SPACE_IN_OFFSETS,
    mask_takes_space=True,
)
ALBERT = UnigramRecipe(
    first=(("<pad>", 0.0), ("<unk>", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0)),
    unk="<unk>",
    mask="[MASK]",
    normalizer=normalizers.Sequence(
        [
            normalizers.Replace("``", '"'),
            normalizers.Replace("''", '"'),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            ONE_SPACE,
        ]
    ),
    pre_tokenizer=NO_SPACE_IN_OFFSETS,
    mask_takes_space=True,
)
DEBERTA_V2 = UnigramRecipe(
    first=(("[PAD]", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0), ("[UNK]", 0.0)),
    unk="[UNK]",
    mask="[MASK]",
    normalizer=normalizers.Sequence([normalizers.Strip(), normalizers.NFKC(), ONE_SPACE]),
    pre_tokenizer=SPACE_IN_OFFSETS,
)


def build_camembert_unigram(*, vocab_size: int = 500) -> Tokenizer:
    """RETURNS (Tokenizer): its offsets include the leading space of a word."""
    tokenizer = CAMEMBERT.build(vocab_size)
    specials.frame_as_roberta(tokenizer)
    return tokenizer


def build_xlm_roberta_unigram(*, vocab_size: int = 500) -> Tokenizer:
    """RETURNS (Tokenizer): its offsets are of words without the white space around them."""
    tokenizer = XLM_ROBERTA.build(vocab_size)
    specials.frame_as_roberta(tokenizer)
    return tokenizer


def build_albert_unigram(*, vocab_size: int = 500) -> Tokenizer:
    """RETURNS (Tokenizer): lower-cased and without accents; offsets without white space."""
    tokenizer = ALBERT.build(vocab_size)
    specials.frame_as_bert(tokenizer)
    return tokenizer


def build_deberta_v2_unigram(*, vocab_size: int = 500) -> Tokenizer:
    """RETURNS (Tokenizer): its offsets include the leading space of a word."""
    tokenizer = DEBERTA_V2.build(vocab_size)
    specials.frame_as_bert(tokenizer)
    return tokenizer
