"""Hostile settings: code of their own, kernels, broken JSON, wrong kinds and absurd sizes, files elsewhere."""

import base64
import json
from pathlib import Path
from typing import Any

from checkpoint_edits import make_sparse, set_fields, write_python
from hostile_row import Build, Hostile, content, fields

CONFIG = "config.json"
TOKENIZER = "tokenizer_config.json"


def with_python(module: str, file: str, **values: Any) -> Build:
    """A Python file, and settings that name it."""

    def build(folder: Path, canary: Path) -> None:
        write_python(folder, module, canary)
        set_fields(folder / file, **values)

    return build


def nested(depth: int) -> dict[str, Any]:
    """An object in an object in an object ..."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


CODE = (
    Hostile(
        "auto_map",
        with_python("modeling_evil.py", CONFIG, auto_map={"AutoModel": "modeling_evil.EvilModel"}),
        "config.json names Python code of its own (auto_map)",
    ),
    Hostile(
        "auto_map_without_model_type",
        with_python(
            "modeling_evil.py", CONFIG, model_type="evil", auto_map={"AutoConfig": "modeling_evil.EvilConfig"}
        ),
        "config.json names Python code of its own (auto_map)",
    ),
    Hostile(
        "auto_map_tokenizer",
        with_python("tok.py", TOKENIZER, auto_map={"AutoTokenizer": [None, "tok.EvilTokenizer"]}),
        "tokenizer_config.json names Python code of its own (auto_map)",
    ),
    Hostile(
        "auto_map_nested",
        fields(CONFIG, text_config={"inner": [{"auto_map": {"AutoModel": "a/b--m.Model"}}]}),
        "(auto_map in text_config.inner)",
    ),
    Hostile(
        "kernel_under_another_name",
        fields(CONFIG, attribute_map={"x": "_attn_implementation"}, x="evil/kernel:foo"),
        "sets attribute_map to {'x': '_attn_implementation'}; expected no private field",
    ),
    Hostile(
        "quantization_under_another_name",
        fields(
            CONFIG, inner={"attribute_map": {"x": "quantization_config"}}, x={"quant_method": "bitsandbytes"}
        ),
        "sets attribute_map in inner to",
    ),
    Hostile("all_names_at_once", fields(CONFIG, __dict__={"hidden_size": 32}), "sets __dict__ to"),
    Hostile(
        "auto_map_elsewhere",
        fields("processor_config.json", auto_map={"AutoProcessor": "p.P"}),
        "processor_config",
    ),
    Hostile("trust_remote_code", fields(CONFIG, trust_remote_code=True), "(trust_remote_code)"),
    Hostile(
        "custom_pipelines",
        fields(CONFIG, custom_pipelines={"ner": {"impl": "ner.Ner"}}),
        "(custom_pipelines)",
    ),
    Hostile(
        "tokenizer_in_python",
        with_python("tokenization_evil.py", TOKENIZER, tokenizer_class="tokenization_evil.EvilTokenizer"),
        "names a Python file (tokenizer_class",
    ),
    Hostile(
        "python_path", fields(CONFIG, encoder_module="../evil.py"), "names a Python file (encoder_module"
    ),
    Hostile(
        "attention_internal", fields(CONFIG, _attn_implementation_internal="evil/kernel"), "no private field"
    ),
    Hostile(
        "attention_internal_plain", fields(CONFIG, _attn_implementation_internal="sdpa"), "no private field"
    ),
    Hostile(
        "attention_internal_nested",
        fields(CONFIG, text_config={"_attn_implementation_internal": "evil/kernel:f"}),
        "_attn_implementation_internal in text_config",
    ),
    Hostile(
        "experts_internal", fields(CONFIG, _experts_implementation_internal="evil/kernel"), "no private field"
    ),
    Hostile(
        "attention_private", fields(CONFIG, _attn_implementation="evil/kernel"), "_attn_implementation to"
    ),
    Hostile(
        "attention_kernel",
        fields(CONFIG, attn_implementation="kernels-community/flash-attn"),
        "kernels-community",
    ),
    Hostile(
        "attention_mapping",
        fields(CONFIG, attn_implementation={"": "evil/kernel@main:f"}),
        "evil/kernel@main",
    ),
    Hostile(
        "attention_flash", fields(CONFIG, attn_implementation="flash_attention_2"), "setting `attention`"
    ),
    Hostile("use_kernels", fields(CONFIG, use_kernels=True), "kernels from the hub"),
    Hostile(
        "kernel_config", fields(CONFIG, kernel_config={"RMSNorm": "evil/norm:Norm"}), "kernels from the hub"
    ),
    Hostile(
        "quantized", fields(CONFIG, quantization_config={"quant_method": "gptq", "bits": 4}), "plain weights"
    ),
)
SETTINGS = (
    Hostile("not_json", content(CONFIG, b'{"model_type": "bert"'), "is not JSON"),
    Hostile("not_utf8", content(CONFIG, b'{"model_type": "b\xe9rt"}'), "is not JSON in UTF-8"),
    Hostile("not_an_object", content(CONFIG, b'["bert"]'), "holds a list"),
    Hostile("nested_to_overflow", content(CONFIG, b'{"a":' * 1_000_000), "nested too deeply"),
    Hostile("nested_deep", fields(CONFIG, text_config=nested(60)), "nested more than 20 deep"),
    Hostile(
        "settings_too_large",
        lambda folder, _: make_sparse(folder / CONFIG, 3_000_000_000),
        "at most 10,000,000",
    ),
    Hostile(
        "too_many_digits",
        content(CONFIG, b'{"model_type": "bert", "hidden_size": 1' + b"0" * 6000 + b"}"),
        "not JSON",
    ),
    Hostile(
        "surrogate", content(CONFIG, b'{"model_type": "bert", "a": ["\\ud83d"]}'), "half of a surrogate pair"
    ),
    Hostile(
        "many_digits",
        content(CONFIG, b'{"model_type": "bert", "hidden_size": 1' + b"0" * 3000 + b"}"),
        "3,001 digits",
    ),
    Hostile("no_model_type", content(CONFIG, b'{"hidden_size": 32}'), "has no model_type"),
    Hostile("model_type_list", fields(CONFIG, model_type=["bert"]), "sets model_type"),
    Hostile("labels_list", fields(CONFIG, id2label=["O", "B-PER"]), "sets id2label"),
    Hostile("dropout_nan", fields(CONFIG, hidden_dropout_prob=float("nan")), "a number from 0 to 1"),
    Hostile(
        "epsilon_text", fields(CONFIG, layer_norm_eps="x"), "sets layer_norm_eps to 'x'; expected a number"
    ),
    Hostile("dtype_of_settings", fields(CONFIG, torch_dtype="load"), "sets torch_dtype to 'load'"),
    Hostile("padding_text", fields(CONFIG, pad_token_id="0"), "sets pad_token_id"),
    Hostile("padding_outside", fields(CONFIG, pad_token_id=10**12), "the number of a piece"),
    Hostile("width_null", fields(CONFIG, hidden_size=None), "sets hidden_size to None"),
    Hostile("width_text", fields(CONFIG, hidden_size="32"), "sets hidden_size to '32'"),
    Hostile("width_infinite", fields(CONFIG, hidden_size=float("inf")), "a whole number above 0"),
    Hostile("heads_zero", fields(CONFIG, num_attention_heads=0), "sets num_attention_heads to 0"),
    Hostile("width_absurd", fields(CONFIG, hidden_size=4_000_000), "more numbers than the weights hold"),
    Hostile("inner_absurd", fields(CONFIG, intermediate_size=10**9), "more numbers than the weights hold"),
    Hostile("vocabulary_absurd", fields(CONFIG, vocab_size=10**10), "vocab_size = 10,000,000,000"),
    Hostile("positions_absurd", fields(CONFIG, max_position_embeddings=10**9), "max_position_embeddings"),
    Hostile("layers_absurd", fields(CONFIG, num_hidden_layers=10**8), "100,000,000; expected at most 1,000"),
    Hostile("layers_many", fields(CONFIG, num_hidden_layers=900, hidden_size=512), "900 layers"),
    Hostile(
        "nested_absurd", fields(CONFIG, text_config={"hidden_size": 10**9}), "hidden_size = 1,000,000,000"
    ),
    Hostile("labels_absurd", fields(CONFIG, id2label=None, num_labels=400_000), "num_labels to 400,000"),
    Hostile(
        "weights_elsewhere", fields(CONFIG, transformers_weights="../x.safetensors"), "transformers_weights"
    ),
)


def tokenizer_after_the_model(**parts: Any) -> Build:
    """Parts of tokenizer.json a second time, after the model: the library takes the last ones."""

    def build(folder: Path, canary: Path) -> None:
        content = (folder / "tokenizer.json").read_bytes().rstrip()
        (folder / "tokenizer.json").write_bytes(content[:-1] + b"," + json.dumps(parts).encode()[1:])

    return build


def piece(content: str, number: int = 600) -> dict[str, Any]:
    """An added piece."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    return {"id": number, "content": content, **flags}


def ten_of_one(n: int) -> dict[str, Any]:
    """Steps that make ten characters of one, then ten of each, and so on."""
    step = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 10}
    return {"type": "Sequence", "normalizers": [step] * n}


CHARSMAP = base64.b64encode((4).to_bytes(4, "little") + b"0000" + b"a" * 100_000 + b"\0").decode()
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}] * 1000
    + [{"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [],
    "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2] * 1000, "tokens": ["[CLS]"] * 1000}},
}
TOKENIZERS = (
    Hostile("tokenizer_grows", fields("tokenizer.json", normalizer=ten_of_one(8)), "1e+08 characters of one"),
    Hostile(
        "tokenizer_grows_without_types",
        fields(
            "tokenizer.json",
            normalizer={"normalizers": [{"pattern": {"Regex": "."}, "content": "a" * 10}] * 8},
        ),
        "characters of one",
    ),
    Hostile(
        "tokenizer_grows_by_unicode",
        fields(
            "tokenizer.json",
            normalizer={
                "type": "Sequence",
                "normalizers": [
                    {"type": "Replace", "pattern": {"String": "\u0644"}, "content": "\ufdfa"},
                    {"type": "NFKD"},
                ]
                * 9,
            },
        ),
        "characters of one",
    ),
    Hostile(
        "tokenizer_grows_by_map",
        fields("tokenizer.json", normalizer={"type": "Precompiled", "precompiled_charsmap": CHARSMAP}),
        "3.03e+03 characters of one",
    ),
    Hostile(
        "tokenizer_grows_by_bytes",
        fields("tokenizer.json", pre_tokenizer={"type": "Sequence", "pretokenizers": [BYTES] * 30}),
        "characters of one",
    ),
    Hostile(
        "tokenizer_special_pieces",
        fields("tokenizer.json", post_processor=TEMPLATE),
        "1,001,000 special pieces",
    ),
    Hostile(
        "tokenizer_added_pieces",
        fields("tokenizer.json", added_tokens=[piece(f"x{i}", i) for i in range(25_000)]),
        "25,000 added_tokens",
    ),
    Hostile(
        "tokenizer_added_long",
        fields("tokenizer.json", added_tokens=[piece("x" * 3_000_000)]),
        "3,000,000 characters",
    ),
    Hostile(
        "tokenizer_surrogate",
        content("tokenizer.json", b'{"version": "\\ud800"}'),
        "half of a surrogate pair",
    ),
    Hostile(
        "tokenizer_of_many_pieces",
        fields("tokenizer.json", model={"type": "WordPiece", "vocab": {str(i): i for i in range(200_000)}}),
        "strings for embeddings of 4",
    ),
    Hostile(
        "vocabulary_sparse",
        lambda folder, _: make_sparse(folder / "vocab.txt", 6 << 30),
        "at most 64,000,000",
    ),
    Hostile(
        "spiece_sparse", lambda folder, _: make_sparse(folder / "spiece.model", 6 << 30), "at most 64,000,000"
    ),
    Hostile(
        "vocabulary_large",
        lambda folder, _: make_sparse(folder / "vocab.txt", 40_000_000),
        "bytes of tokenizer for embeddings",
    ),
    Hostile("vocabulary_absolute", fields(TOKENIZER, vocab_file="/etc/passwd"), "sets vocab_file"),
    Hostile("vocabulary_above", fields(TOKENIZER, merges_file="../../secret.txt"), "sets merges_file"),
    Hostile("vocabulary_windows", fields(TOKENIZER, spm_file="C:\\secret"), "sets spm_file"),
    Hostile(
        "vocabulary_in_specials", fields("special_tokens_map.json", vocab_file="../x"), "sets vocab_file"
    ),
    Hostile(
        "versions_above",
        fields(TOKENIZER, fast_tokenizer_files=["tokenizer.4.0.json", "../t.json"]),
        "'../t.json'",
    ),
    Hostile("arguments", fields(TOKENIZER, init_inputs=["/etc/passwd"]), "init_inputs"),
    Hostile("tokenizer_not_json", content("tokenizer.json", b'{"model": {'), "is not JSON"),
    Hostile("tokenizer_nested", content("tokenizer.json", b'{"model":' * 100_000), "nested too deeply"),
    Hostile("tokenizer_without_model", content("tokenizer.json", b'{"version": "1.0"}'), "has no model"),
    Hostile(
        "tokenizer_cut",
        content("tokenizer.json", b'{"model": "' + b"a" * 2_000_000),
        "not a whole JSON object",
    ),
    Hostile(
        "tokenizer_too_large",
        lambda folder, _: make_sparse(folder / "tokenizer.json", 4 << 30),
        "at most 64,000,000",
    ),
)
