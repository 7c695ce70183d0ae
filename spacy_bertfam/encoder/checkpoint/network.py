"""The network of a checked folder, made by `transformers` of what the gate has read: it opens no file by itself."""

import inspect
from typing import Any, Dict, List, NamedTuple, Optional

import torch

from ...gate import CheckedFolder, CheckpointError
from ..runtimes.forking import making
from .network_budget import bounded_network, check_known_sizes
from .widening import read_weights

# What the architectures raise, each in its own way, at settings they cannot be built from or weights that do
# not fit: of a checkpoint that somebody else made, none of it is a defect here
UNFIT = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip


class Opened(NamedTuple):
    """A network in float32, and the weights that the folder does not have, which `transformers` has made up."""

    network: Any
    missing: List[str]


def read_config(folder: CheckedFolder) -> Any:
    """RETURNS (PretrainedConfig): of the settings that the gate has read, whatever other files these name."""
    from transformers import CONFIG_MAPPING

    try:
        config = CONFIG_MAPPING[folder.config["model_type"]].from_dict(dict(folder.config))
        check_known_sizes(config, folder)
        return config
    except CheckpointError:
        raise
    except KeyError as error:
        raise CheckpointError(
            f"{folder.path / 'config.json'} cannot be read by transformers: its model type "
            f"{folder.config['model_type']!r:.200} is unknown to the installed version ({error}); expected one that "
            "it has: upgrade it, or take another checkpoint."
        ) from error
    except UNFIT as error:
        raise CheckpointError(
            f"{folder.path / 'config.json'} cannot be read by transformers: {_reason(error)}; expected settings of "
            "this model type."
        ) from error


def open_network(folder: CheckedFolder, config: Any, *, auto: Any, attention: Optional[str] = None) -> Opened:
    """Build a network and fill it with the folder's weights.

    config (PretrainedConfig): of the folder, or changed since.
    auto (Type): of which class of `transformers` the architecture is taken, as ``AutoModel``.
    attention (Optional[str]): as `transformers`' ``attn_implementation``.
    RAISES (CheckpointError): where there is no such architecture, or it does not fit the weights.
    """
    architecture = _find_architecture(folder, config, auto)
    options = offline_options()
    if attention is not None:
        options["attn_implementation"] = attention
    if hasattr(config, "reference_compile"):
        config.reference_compile = False  # ModernBERT would call torch.compile, and so a C compiler
    if "add_pooling_layer" in inspect.signature(architecture.__init__).parameters:
        options["add_pooling_layer"] = False
    try:
        weights = read_weights(folder.weights)
        with quiet_transformers(), bounded_network(folder):
            network, found = architecture.from_pretrained(
                None, config=config, state_dict=weights, output_loading_info=True, **options
            )
            if hasattr(network, "set_attention_type"):
                # BigBird goes over to it for good at the first short window: texts would depend on those read before,
                # and on those of other threads
                network.set_attention_type("original_full")
        return Opened(network.float(), sorted(found["missing_keys"]))
    except CheckpointError:
        raise
    except UNFIT as error:
        raise CheckpointError(
            f"{folder.path}: no {architecture.__name__} can be made of these weights and this config.json "
            f"({_reason(error)})."
        ) from error


def _find_architecture(folder: CheckedFolder, config: Any, auto: Any) -> Any:
    """As `transformers` does: of a few configurations two architectures are made, and the settings say which."""
    found: Any = auto._model_mapping.get(type(config), None)
    if found is None:
        raise CheckpointError(
            f"{folder.path}: model type {config.model_type!r} has no {auto.__name__} in the installed transformers; "
            "expected one that it has."
        )
    if not isinstance(found, (list, tuple)):
        return found
    by_name = {architecture.__name__: architecture for architecture in found}
    return next((by_name[name] for name in config.architectures or () if name in by_name), found[0])


def _reason(error: Exception) -> str:
    """One line: `transformers` writes paragraphs."""
    return f"{type(error).__name__}: {' '.join(str(error).split()):.300}"


def offline_options() -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): for ``from_pretrained``: no network, no pickle, no code of the folder, float32."""
    from transformers import __version__ as version

    dtype = "torch_dtype" if version.startswith("4.") else "dtype"
    return {
        "local_files_only": True,
        "use_safetensors": True,
        "trust_remote_code": False,
        dtype: torch.float32,
    }


class quiet_transformers:
    """Silences the notes of `transformers` on weights that an encoder alone does not use, for one thread at a time:
    what they would be set back to is what another one has set."""

    def __enter__(self) -> None:
        from transformers.utils import logging

        self._lock = making()
        self._lock.acquire()
        self._verbosity = logging.get_verbosity()
        self._bar = logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()

    def __exit__(self, *error: object) -> None:
        from transformers.utils import logging

        logging.set_verbosity(self._verbosity)
        if self._bar:
            logging.enable_progress_bar()
        self._lock.release()
