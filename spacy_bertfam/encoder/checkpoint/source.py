"""Where an encoder comes from: a local folder, the hub's cache, or the hub."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

from ...gate import CheckpointError, describe_foreign
from ...gate.folder import CONFIG
from ...gate.tokenizer_files import TOKENIZER_FILES
from ...gate.weights import INDEX, ONLY_PICKLES, PICKLE_INDEX, has_safetensors

# What an encoder needs from a repository: files that the gate reads, and nothing else
PATTERNS = (CONFIG, *TOKENIZER_FILES, INDEX, "*.safetensors")
# Fetched only where the user asks for them, and there are no safetensors
PICKLES = ("pytorch_model*.bin", PICKLE_INDEX)
PROBE_SECONDS = 3.0


def find_checkpoint(name: str, revision: str | None = None, *, allow_pickle: bool = False) -> Path:
    """The folder of an encoder, downloaded if need be.

    name (str): a folder, or the name of a repository on the Hugging Face hub.
    revision (str | None): branch, tag or commit of the repository.
    allow_pickle (bool): where a repository has its weights only as pickles, fetch them; they are not opened here.
    RAISES (CheckpointError): when there is neither; that the hub does not answer is found in seconds.
    """
    return local_folder(name) or _from_hub(name, revision, allow_pickle=allow_pickle)


def local_folder(name: str) -> Path | None:
    """RETURNS (Path | None): the folder of that name; None where it may be that of a repository on the hub.
    RAISES (CheckpointError): when it can only be that of a folder, and there is none.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name.count("/") > 1 or name.startswith((".", "/", "~")) or "\\" in name or Path(name).is_absolute():
        raise CheckpointError(f"No folder {name}; expected a Hugging Face checkpoint on this disk.")
    return None


def _from_hub(name: str, revision: str | None, *, allow_pickle: bool) -> Path:
    from huggingface_hub import snapshot_download

    offline = not hub_answers()
    with _refusals_in_sentences(name, revision):
        patterns = [*PATTERNS, *PICKLES] if allow_pickle else [*PATTERNS]
        if not offline:
            patterns = _patterns(name, revision, allow_pickle)
        path = snapshot_download(
            name,
            revision=revision,
            allow_patterns=patterns,
            ignore_patterns=["*/*"],
            local_files_only=offline,
        )
    return Path(path)


@contextmanager
def _refusals_in_sentences(name: str, revision: str | None) -> Iterator[None]:
    from huggingface_hub import errors

    refusals: tuple[type[Exception], ...] = (errors.HfHubHTTPError, *network_errors())
    is_off = " (HF_HUB_OFFLINE is set)" if os.environ.get("HF_HUB_OFFLINE") else ""
    try:
        yield
    except errors.HFValidationError as error:
        raise CheckpointError(f"{name!r} is neither a folder nor a name on the hub: {error}") from error
    except errors.LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"Encoder {name!r} is not a folder, not in the hub's cache, and the hub does not answer{is_off}. "
            "Give a folder (in a config its name, for most --paths.encoder FOLDER), or run again with a network."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            f"The hub has no repository {name!r}, or it is private: check the name."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise CheckpointError(f"{name!r} has no revision {revision!r}: check it on the hub.") from error
    except refusals as error:
        raise CheckpointError(f"The hub did not hand out {name!r} ({error}); run again later.") from error


def _patterns(name: str, revision: str | None, allow_pickle: bool) -> list[str]:
    """Which files of a repository to fetch. RAISES (CheckpointError): on what could not be opened anyway."""
    from huggingface_hub import HfApi

    files = HfApi().list_repo_files(name, revision=revision)
    foreign = describe_foreign({*files, *(f"{file.split('/')[0]}/" for file in files if "/" in file)})
    if foreign:
        raise CheckpointError(f"{name} {foreign}")
    top = [file for file in files if "/" not in file]
    has_pickles = any(fnmatch(file, pattern) for file in top for pattern in PICKLES)
    if has_safetensors(top) or not has_pickles:
        return list(PATTERNS)
    if not allow_pickle:
        raise CheckpointError(f"{name} {ONLY_PICKLES}")
    return [*PATTERNS, *PICKLES]


def network_errors() -> tuple[type[Exception], ...]:
    """RETURNS (tuple): what `huggingface_hub` raises when a connection fails; since its version 1 through httpx."""
    try:
        from httpx import HTTPError
    except ImportError:
        return (OSError,)
    return (OSError, HTTPError)


def hub_answers(seconds: float = PROBE_SECONDS) -> bool:
    """Whether the hub can be reached: one attempt, no retries. ``HF_HUB_OFFLINE`` is obeyed."""
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
