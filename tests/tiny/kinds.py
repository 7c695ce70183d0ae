"""The kinds of encoder that tests run on, one row each: its tokenizer and what its config has of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tokenizers import Tokenizer

from . import specials
from .byte_bpe import build_deberta_bpe, build_modernbert_bpe, build_roberta_bpe
from .unigram import (
    build_albert_unigram,
    build_camembert_unigram,
    build_deberta_v2_unigram,
    build_xlm_roberta_unigram,
)
from .wordpiece import build_wordpiece

CASED = {"do_lower_case": False, "strip_accents": False, "tokenize_chinese_chars": True}
UNCASED = {"do_lower_case": True, "strip_accents": True, "tokenize_chinese_chars": True}
ALBERT_SPECIALS = {**specials.DEBERTA, "pad_token": "<pad>", "unk_token": "<unk>"}
RELATIVE = {"relative_attention": True, "position_biased_input": False, "type_vocab_size": 0}
BUCKETS = {
    **RELATIVE,
    "pos_att_type": ["p2c", "c2p"],
    "position_buckets": 16,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
}


@dataclass(frozen=True)
class Kind:
    """How one kind is made; `position_offset` rows of the position table are not for text (RoBERTa: 2)."""

    model_type: str
    build_tokenizer: Callable[..., Tokenizer]
    tokenizer_class: str
    specials: Mapping[str, str]
    tokenizer_settings: Mapping[str, Any] = field(default_factory=dict)
    config_settings: Mapping[str, Any] = field(default_factory=dict)
    position_offset: int = 0
    small_embeddings: bool = False
    min_transformers: str = "4.45"


BY_NAME: Mapping[str, Kind] = {
    "bert": Kind("bert", partial(build_wordpiece, lowercase=False), "BertTokenizer", specials.BERT, CASED),
    "bert-uncased": Kind(
        "bert", partial(build_wordpiece, lowercase=True), "BertTokenizer", specials.BERT, UNCASED
    ),
    "distilbert": Kind(
        "distilbert", partial(build_wordpiece, lowercase=False), "DistilBertTokenizer", specials.BERT, CASED
    ),
    "electra": Kind(
        "electra",
        partial(build_wordpiece, lowercase=True),
        "ElectraTokenizer",
        specials.BERT,
        UNCASED,
        small_embeddings=True,
    ),
    "roberta": Kind(
        "roberta",
        build_roberta_bpe,
        "RobertaTokenizer",
        specials.ROBERTA,
        {"add_prefix_space": False, "trim_offsets": True},
        {"type_vocab_size": 1},
        position_offset=2,
    ),
    "camembert": Kind(
        "camembert",
        build_camembert_unigram,
        "CamembertTokenizer",
        specials.ROBERTA,
        {"additional_special_tokens": ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"]},
        {"type_vocab_size": 1},
        position_offset=2,
    ),
    "xlm-roberta": Kind(
        "xlm-roberta",
        build_xlm_roberta_unigram,
        "XLMRobertaTokenizer",
        specials.ROBERTA,
        config_settings={"type_vocab_size": 1},
        position_offset=2,
    ),
    "deberta": Kind(
        "deberta",
        build_deberta_bpe,
        "DebertaTokenizer",
        specials.DEBERTA,
        {"add_prefix_space": False},
        {**RELATIVE, "pos_att_type": ["c2p", "p2c"]},
    ),
    "deberta-v2": Kind(
        "deberta-v2",
        build_deberta_v2_unigram,
        "DebertaV2Tokenizer",
        specials.DEBERTA,
        {"do_lower_case": False, "split_by_punct": False},
        {**BUCKETS, "conv_kernel_size": 3, "conv_act": "gelu"},
    ),
    "deberta-v3": Kind(
        "deberta-v2",
        build_deberta_v2_unigram,
        "DebertaV2Tokenizer",
        specials.DEBERTA,
        {"do_lower_case": False, "split_by_punct": False},
        BUCKETS,
    ),
    "albert": Kind(
        "albert",
        build_albert_unigram,
        "AlbertTokenizer",
        ALBERT_SPECIALS,
        {"do_lower_case": True, "keep_accents": False},
        small_embeddings=True,
    ),
    "modernbert": Kind(
        "modernbert",
        build_modernbert_bpe,
        "PreTrainedTokenizerFast",
        specials.BERT,
        {"model_input_names": ["input_ids", "attention_mask"]},
        {"local_attention": 16, "global_attn_every_n_layers": 2},
        min_transformers="4.48",
    ),
    "big_bird": Kind(
        "big_bird",
        build_albert_unigram,
        "BigBirdTokenizer",
        ALBERT_SPECIALS,
        {"do_lower_case": False},
        {"attention_type": "block_sparse", "block_size": 4, "num_random_blocks": 1},
    ),
    "convbert": Kind(
        "convbert",
        partial(build_wordpiece, lowercase=True),
        "ConvBertTokenizer",
        specials.BERT,
        UNCASED,
        {"head_ratio": 2, "conv_kernel_size": 9},
        small_embeddings=True,
    ),
    "mobilebert": Kind(
        "mobilebert",
        partial(build_wordpiece, lowercase=True),
        "MobileBertTokenizer",
        specials.BERT,
        UNCASED,
        {"true_hidden_size": 32, "intra_bottleneck_size": 32, "num_feedforward_networks": 1},
        small_embeddings=True,
    ),
    "nystromformer": Kind(
        "nystromformer",
        build_albert_unigram,
        "AlbertTokenizer",
        ALBERT_SPECIALS,
        {"do_lower_case": True, "keep_accents": False},
        {"conv_kernel_size": 5},
    ),
}
# Their vectors depend on the padding of a window
READ_PADDING = ("convbert", "mobilebert", "nystromformer")
# In `transformers` it reads a long window in another way until it has seen a short one
CHANGES = "big_bird"
KINDS = tuple(kind for kind in BY_NAME if kind != CHANGES)
# One of each kind of tokenizer and of positions: tests of all kinds take the others as `slow`
EVERY_DAY = ("bert", "camembert", "roberta", "deberta-v2", "modernbert")
