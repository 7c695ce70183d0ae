"""The piece encoders of spacy-curated-transformers as tokenizers of `tokenizers`."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from thinc.api import Model
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import RobertaProcessing, TemplateProcessing

from ...encoder.pieces.tokenizer import MAX_WORD
from ...errors import UserError
from .sentencepiece import CONTROL, UNKNOWN, USER_DEFINED, SentencePieceModel, read_sentencepiece

SPACE = "▁"


class Specials(NamedTuple):
    """Names of the pieces that frame a text or fill up a batch, by their role."""

    cls_token: str
    sep_token: str
    unk_token: str
    pad_token: str
    mask_token: str


ROBERTA = Specials("<s>", "</s>", "<unk>", "<pad>", "<mask>")
CAMEMBERT = ("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED")
XLMR = ("<s>", "<pad>", "</s>", "<unk>")  # all others stand one further
ALBERT = Specials("[CLS]", "[SEP]", "<unk>", "<pad>", "[MASK]")


def build_tokenizer(model: Model[Any, Any], architecture: str) -> tuple[Tokenizer, Specials]:
    """Rebuild a piece encoder as a tokenizer of `tokenizers`.

    model (Model): the piece encoder, with its vocabulary.
    architecture (str): its name in the config, as "spacy-curated-transformers.ByteBpeEncoder.v1".
    RETURNS (tuple[Tokenizer, Specials]): which cuts each token, given the space before it, as the piece encoder does.
    RAISES (UserError): at a piece encoder that cannot be rebuilt.
    """
    name = architecture.removeprefix("spacy-curated-transformers.")
    build = BUILDERS.get(name)
    if build is None:
        raise UserError(
            f"The pipeline's encoder cuts its pieces by {architecture!r}, which cannot be rebuilt as a tokenizer of "
            f"transformers; expected one of {', '.join(BUILDERS)}."
        )
    tokenizer, specials = build(model)
    known = [piece for piece in specials if tokenizer.token_to_id(piece) is not None]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in known])
    return tokenizer, specials


def _byte_bpe(model: Model[Any, Any]) -> tuple[Tokenizer, Specials]:
    processor = model.attrs["byte_bpe_processor"]
    specials = Specials(*_own_marks(model), "<pad>", "<mask>")
    tokenizer = Tokenizer(models.BPE(dict(processor.vocab), [tuple(merge) for merge in processor.merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    cls, sep = ((piece, tokenizer.token_to_id(piece)) for piece in specials[:2])
    tokenizer.post_processor = RobertaProcessing(sep, cls, trim_offsets=True, add_prefix_space=False)
    return tokenizer, specials


def _own_marks(model: Model[Any, Any]) -> tuple[str, str, str]:
    """Beginning and end of a text, and the unknown piece."""
    return model.attrs["bos_piece"], model.attrs["eos_piece"], model.attrs["unk_piece"]


def _wordpiece(model: Model[Any, Any], *, at_punctuation: bool) -> tuple[Tokenizer, Specials]:
    specials = Specials(*_own_marks(model), "[PAD]", "[MASK]")
    vocab = {piece: i for i, piece in enumerate(model.attrs["wordpiece_processor"].to_list())}
    # the package cuts a word of any length, `tokenizers` makes an unknown piece of one with more characters
    wordpiece = models.WordPiece(vocab, unk_token=specials.unk_token, max_input_chars_per_word=MAX_WORD)
    tokenizer = Tokenizer(wordpiece)
    asked = {name: bool(model.attrs[name]) for name in ("strip_accents", "lowercase")}
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, **asked)
    split: Any = pre_tokenizers.BertPreTokenizer() if at_punctuation else pre_tokenizers.WhitespaceSplit()
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.WordPiece()
    _frame(tokenizer, specials)
    return tokenizer, specials


def _fairseq(model: Model[Any, Any], first: Sequence[str], *, n_own: int) -> tuple[Tokenizer, Specials]:
    """The first pieces are fairseq's, in the place of so many of SentencePiece's own."""
    found = _sentencepiece_model(model)
    vocab = [*((piece, 0.0) for piece in first), *_scored(found)[n_own:], ("<mask>", 0.0)]
    return _unigram(found, vocab, ROBERTA)


def _plain_sentencepiece(model: Model[Any, Any]) -> tuple[Tokenizer, Specials]:
    found = _sentencepiece_model(model)
    controls = [text for text, _, kind in found.pieces if kind == CONTROL]
    own = {text for text, _, _ in found.pieces}
    specials = ALBERT if {"[CLS]", "[SEP]"} <= own else ROBERTA
    # The package frames a text by the model's own marks of beginning and end
    processor = model.get_ref("encoder").attrs["sentencepiece_processor"]
    ids = (processor.bos_id(), processor.eos_id())
    if all(0 <= i < len(found.pieces) for i in ids):
        cls, sep = (found.pieces[i][0] for i in ids)
        return _unigram(found, _scored(found), specials._replace(cls_token=cls, sep_token=sep))
    raise UserError(
        f"The pipeline's SentencePiece model has no marks for the beginning and the end of a text (its control pieces: "
        f"{', '.join(controls) or 'none'}); expected them, since the encoder was trained with them."
    )


def _unigram(
    found: SentencePieceModel, vocab: list[tuple[str, float]], specials: Specials
) -> tuple[Tokenizer, Specials]:
    specials = specials._replace(unk_token=found.pieces[found.unknown][0])
    unk_id = [piece for piece, _ in vocab].index(specials.unk_token)
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=unk_id, byte_fallback=False))
    steps: list[Any] = [normalizers.Precompiled(found.charsmap)] if found.charsmap else []
    if found.trim_spaces:
        steps += [normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence(steps)
    scheme = "always" if found.add_prefix else "never"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme=scheme)
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme=scheme)
    tokenizer.add_tokens([text for text, _, kind in found.pieces if kind == USER_DEFINED])
    _frame(tokenizer, specials)
    return tokenizer, specials


def _frame(tokenizer: Tokenizer, specials: Specials) -> None:
    cls, sep = specials[:2]
    marks = [(piece, tokenizer.token_to_id(piece)) for piece in (cls, sep)]
    tokenizer.post_processor = TemplateProcessing(single=f"{cls} $A {sep}", special_tokens=marks)


def _scored(found: SentencePieceModel) -> list[tuple[str, float]]:
    return [(text, 0.0 if kind in (UNKNOWN, CONTROL) else score) for text, score, kind in found.pieces]


def _sentencepiece_model(model: Model[Any, Any]) -> SentencePieceModel:
    return read_sentencepiece(model.get_ref("encoder").attrs["sentencepiece_processor"].to_protobuf())


BUILDERS: dict[str, Callable[[Model[Any, Any]], tuple[Tokenizer, Specials]]] = {
    "BertWordpieceEncoder.v1": lambda model: _wordpiece(model, at_punctuation=True),
    "ByteBpeEncoder.v1": _byte_bpe,
    "CamembertSentencepieceEncoder.v1": lambda model: _fairseq(model, CAMEMBERT, n_own=1),
    "SentencepieceEncoder.v1": _plain_sentencepiece,
    "WordpieceEncoder.v1": lambda model: _wordpiece(model, at_punctuation=False),
    "XlmrSentencepieceEncoder.v1": lambda model: _fairseq(model, XLMR, n_own=3),
}
