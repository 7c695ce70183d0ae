"""Where an encoder comes from: a local folder, the hub's cache, or the hub."""

import os
from pathlib import Path
from typing import Optional

from ..gate import CheckpointError

# What an encoder needs from a repository; pickles and other frameworks' weights are never fetched
PATTERNS = ("*.json", "*.safetensors", "vocab.txt", "merges.txt", "*.model")
PROBE_SECONDS = 3.0


def find_checkpoint(name: str, revision: Optional[str] = None) -> Path:
    """The folder of an encoder, downloaded if need be.

    name (str): a folder, or the name of a repository on the Hugging Face hub.
    revision (Optional[str]): branch, tag or commit of the repository.
    Raises a CheckpointError where there is neither; that the hub does not answer is found in seconds.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if _looks_like_path(name):
        raise CheckpointError(f"No folder {name}; expected a Hugging Face checkpoint on this disk.")
    return _from_hub(name, revision)


def _looks_like_path(name: str) -> bool:
    return name.count("/") > 1 or name.startswith((".", "/", "~")) or "\\" in name or Path(name).is_absolute()


def _from_hub(name: str, revision: Optional[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

    offline = not hub_answers()
    try:
        path = snapshot_download(
            name, revision=revision, allow_patterns=list(PATTERNS), local_files_only=offline
        )
    except HFValidationError as error:
        raise CheckpointError(f"{name!r} is neither a folder nor a name on the hub: {error}") from error
    except LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"Encoder {name!r} is not a folder, not in the hub's cache, and the hub does not answer"
            f"{' (HF_HUB_OFFLINE is set)' if os.environ.get('HF_HUB_OFFLINE') else ''}. "
            "Give a folder, or run again with a network."
        ) from error
    except RepositoryNotFoundError as error:
        raise CheckpointError(f"The hub has no repository {name!r}, or it is private: check the name.") from error
    return Path(path)


def hub_answers(seconds: float = PROBE_SECONDS) -> bool:
    """Whether the hub can be reached: one attempt, no retries. ``HF_HUB_OFFLINE`` is obeyed."""
    import socket
    from urllib.parse import urlsplit

    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True  # the proxy answers in place of the hub; huggingface_hub finds out
    address = urlsplit(constants.ENDPOINT)
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        with socket.create_connection((address.hostname or "", port), timeout=seconds):
            return True
    except OSError:
        return False
