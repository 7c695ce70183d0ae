"""An exported folder -> a repository on the hub."""

from pathlib import Path
from typing import Tuple, Type

from ..gate import CheckpointError


def push_folder(folder: Path, repository: str) -> str:
    """Upload a folder, making the repository if there is none.

    repository (str): owner/name. The token is the one of ``huggingface-cli login`` or ``HF_TOKEN``.
    RETURNS (str): the address of the commit.
    Raises a CheckpointError where the hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    from ..encoder.checkpoint.source import network_errors

    api = HfApi()
    refusals: Tuple[Type[Exception], ...] = (HfHubHTTPError, HFValidationError, *network_errors())
    try:
        api.create_repo(repository, exist_ok=True)
        return str(
            api.upload_folder(repo_id=repository, folder_path=folder, commit_message="Export from spaCy")
        )
    except refusals as error:
        raise CheckpointError(
            f"{folder} was written but not uploaded to {repository}: {error}. Check the name, the network and the "
            "token (huggingface-cli login), and push the folder again."
        ) from error
