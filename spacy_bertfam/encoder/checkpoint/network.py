"""The network of a checked folder, made by `transformers` of what the gate has read: it opens no file by itself."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...errors import in_a_sentence
from ...gate import CheckedFolder, CheckpointError
from ..runtimes.forking import making
from .network_budget import bounded_network, check_known_sizes
from .transformers_private import architectures_of
from .widening import read_weights

# Settings that change the form of a network's output and no number of it: what is expected here
NEUTRAL = {
    "return_dict": True,
    "torchscript": False,
    "output_attentions": False,
    "output_hidden_states": False,
}


class Opened(NamedTuple):
    """A network in float32, and the weights that the folder does not have, which `transformers` has made up."""

    network: Any
    missing: list[str]


def read_config(folder: CheckedFolder) -> Any:
    """RETURNS (PretrainedConfig): of the settings that the gate has read, whatever other files these name."""
    from transformers import CONFIG_MAPPING

    cannot = f"{folder.path / 'config.json'} cannot be read by transformers"
    with in_a_sentence(cannot, "expected settings of this model type.", CheckpointError):
        try:
            kind = CONFIG_MAPPING[folder.config["model_type"]]
        except KeyError as error:
            raise CheckpointError(
                f"{cannot}: its model type {folder.config['model_type']!r:.200} is unknown to the installed version "
                f"({error}); expected one that it has: upgrade it, or take another checkpoint."
            ) from error
        config = kind.from_dict(dict(folder.config))
        check_known_sizes(config, folder)
    return config


def open_network(folder: CheckedFolder, config: Any, *, auto: Any, attention: str | None = None) -> Opened:
    """Build a network and fill it with the folder's weights.

    config (PretrainedConfig): of the folder, or changed since.
    auto (type): of which class of `transformers` the architecture is taken, as ``AutoModel``.
    attention (str | None): as `transformers`' ``attn_implementation``.
    RAISES (CheckpointError): when there is no such architecture, or it does not fit the weights.
    """
    _require_readable(folder, config)
    architecture = _find_architecture(folder, config, auto)
    options = _offline_options()
    if attention is not None:
        options["attn_implementation"] = attention
    if hasattr(config, "reference_compile"):
        config.reference_compile = False  # ModernBERT would call torch.compile, and so a C compiler
    if "add_pooling_layer" in inspect.signature(architecture.__init__).parameters:
        options["add_pooling_layer"] = False
    unfit = in_a_sentence(
        f"{folder.path}: no {architecture.__name__} can be made of these weights and this config.json",
        "expected those of one checkpoint: get the folder again."
        if attention is None
        else f"expected an attention that architecture and installed packages have, in place of {attention!r}: "
        "null takes the fastest.",
        CheckpointError,
    )
    with unfit, quiet_transformers(), bounded_network(folder):
        network, found = architecture.from_pretrained(
            None, config=config, state_dict=read_weights(folder.weights), output_loading_info=True,
            ignore_mismatched_sizes=True, **options,
        )  # fmt: skip
        for key in found["mismatched_keys"]:  # transformers 5 names none in its own error
            name = key if isinstance(key, str) else key[0]
            shape = {each.name: list(each.shape) for each in folder.tensors}.get(name, "of another shape")
            raise ValueError(
                f"{name} is {shape}, and the network has {list(network.state_dict()[name].shape)}"
            )
        if hasattr(network, "set_attention_type"):
            # BigBird goes over to it for good at the first short window: texts would depend on those read before,
            # and on those of other threads
            network.set_attention_type("original_full")
        network = network.float()
    _make_neutral(network)
    return Opened(network, sorted(found["missing_keys"]))


def _require_readable(folder: CheckedFolder, config: Any) -> None:
    """RAISES (CheckpointError): where an architecture reads only what no text is by itself."""
    if config.model_type == "xmod" and config.default_language is None:
        raise CheckpointError(
            f"{folder.path}: an X-MOD reads with the adapter of a language, and config.json names none; expected a "
            f"default_language there: set it to one of {', '.join(config.languages):.300}."
        )
    if config.model_type == "nystromformer" and config.segment_means_seq_len != config.num_landmarks:
        raise CheckpointError(
            f"{folder.path}: this Nyströmformer reads nothing but texts of {config.segment_means_seq_len} pieces; "
            "expected segment_means_seq_len = num_landmarks in config.json, with which it takes any."
        )


def save_network(network: Any, folder: Path) -> None:
    """Write config.json and safetensors, which do not say where they came from."""
    network.config.name_or_path = ""
    with quiet_transformers():
        network.save_pretrained(folder)


def _find_architecture(folder: CheckedFolder, config: Any, auto: Any) -> Any:
    """As `transformers` does: of a few configurations two architectures are made, and the settings say which."""
    found = architectures_of(auto, config)
    if auto.__name__ == "AutoModel":
        from transformers import AutoModelForTextEncoding

        # of T5 the half that reads
        halves = architectures_of(AutoModelForTextEncoding, config)
        found = [half for half in halves if half.__name__.endswith("EncoderModel")] or found
    if not found:
        raise CheckpointError(
            f"{folder.path}: model type {config.model_type!r} has no {auto.__name__} in the installed transformers; "
            "expected one that it has."
        )
    by_name = {architecture.__name__: architecture for architecture in found}
    return next((by_name[name] for name in config.architectures or () if name in by_name), found[0])


def _make_neutral(network: Any) -> None:
    """Overrule settings of a checkpoint that change how its vectors are handed out or computed, not what they are."""
    for name, value in NEUTRAL.items():
        if getattr(network.config, name, value) != value:
            setattr(network.config, name, value)
    # with a chunk size only windows whose width is a multiple of it can be read
    for part in (network.config, *network.modules()):
        if getattr(part, "chunk_size_feed_forward", 0):
            part.chunk_size_feed_forward = 0


def _offline_options() -> dict[str, Any]:
    """RETURNS (dict[str, Any]): for ``from_pretrained``: no network, no pickle, no code of the folder, float32."""
    from transformers import __version__ as version

    dtype = "torch_dtype" if version.startswith("4.") else "dtype"
    return {
        "local_files_only": True,
        "use_safetensors": True,
        "trust_remote_code": False,
        dtype: torch.float32,
    }


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silences the notes of `transformers` on weights that an encoder alone does not use, for one thread at a time:
    what they would be set back to is what another one has set."""
    from transformers.utils import logging

    with making():
        verbosity, has_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(verbosity)
            if has_bar:
                logging.enable_progress_bar()
