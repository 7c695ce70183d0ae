"""The Hugging Face hub: whether it answers, found in seconds, and its files by way of its own cache."""

import http.client
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .errors import EncoderError, HubSilent
from .model_folder import PATTERNS, check_model_folder

PROBE_SECONDS = 3.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer; where it leads is not asked."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def hub_answers(endpoint: str, *, timeout: float = PROBE_SECONDS) -> bool:
    """Whether anything speaks HTTP at the address within `timeout` seconds; one HEAD, no second try."""
    answers: list[bool] = []
    # In a thread, because the timeout of a socket does not bound the look-up of the name.
    probe = threading.Thread(target=lambda: answers.append(_head(endpoint, timeout)), daemon=True)
    probe.start()
    probe.join(timeout)
    return bool(answers and answers[0])


def _head(url: str, timeout: float) -> bool:
    request = urllib.request.Request(url, method="HEAD")
    try:
        urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout).close()
    except urllib.error.HTTPError as err:
        return err.code < 500
    except urllib.error.URLError as err:
        # The hub's client may know a certificate that urllib does not.
        return isinstance(err.reason, ssl.SSLCertVerificationError)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return True


def fetch_from_hub(name: str, revision: str | None) -> Path:
    """The folder in the hub's cache that holds the model, downloaded where the hub answers.

    Raises HubSilent when it does not (or HF_HUB_OFFLINE is set) and the cache does not hold the model either,
    EncoderError when it answers that there is no such model.
    """
    from huggingface_hub import constants, utils

    try:
        utils.validate_repo_id(name)
    except utils.HFValidationError as err:
        raise EncoderError(
            f"{name!r} is neither a folder nor a name on the hub (owner/model); check its spelling."
        ) from err
    offline = constants.HF_HUB_OFFLINE
    path = f"{name}/resolve/{urllib.parse.quote(revision or 'main', safe='')}/config.json"
    if not offline and hub_answers(f"{constants.ENDPOINT}/{path}"):
        return _download(name, revision)
    reason = "HF_HUB_OFFLINE is set" if offline else f"{constants.ENDPOINT} does not answer"
    return _from_cache(name, revision, reason)


def _download(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub import utils as hub

    try:
        return Path(
            snapshot_download(name, revision=revision, allow_patterns=list(PATTERNS), ignore_patterns=["*/*"])
        )
    except hub.GatedRepoError as err:
        raise EncoderError(
            f"{name} is gated: accept its terms on its page and log in with `huggingface-cli login`."
        ) from err
    except hub.RevisionNotFoundError as err:
        raise EncoderError(
            f"{name} has no revision {revision!r}; name a branch, tag or commit of it."
        ) from err
    except hub.RepositoryNotFoundError as err:
        raise EncoderError(f"The hub has no model {name!r} that you may read; check its spelling.") from err
    except _network_errors() as err:
        raise HubSilent(
            f"The download of {name} from the hub broke off ({_first_line(err)})", "; run the command again."
        ) from err


def _from_cache(name: str, revision: str | None, reason: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub import utils as hub

    try:
        folder = Path(snapshot_download(name, revision=revision, local_files_only=True))
        check_model_folder(folder, name)  # the cache may hold the config alone
    except (hub.LocalEntryNotFoundError, EncoderError) as err:
        raise HubSilent(
            f"{reason} and the hub's cache on this machine does not hold {name}",
            ": connect, or name a local folder as the encoder.",
        ) from err
    return folder


def _network_errors() -> tuple[type[Exception], ...]:
    """What the hub's client lets through: OSError of requests, or, since its release 1.0, httpx's own."""
    try:
        from httpx import HTTPError
    except ImportError:
        return (OSError,)
    return (OSError, HTTPError)


def _first_line(err: Exception) -> str:
    return (str(err).strip() or type(err).__name__).splitlines()[0]
