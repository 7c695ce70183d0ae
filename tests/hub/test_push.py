"""Uploading an export, against a hub that is not there."""

import huggingface_hub
import pytest
from huggingface_hub.errors import HFValidationError

from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.hub.export_hf import push_folder


class FakeApi:
    """Writes down what it is asked; `error` is raised by the upload."""

    calls: list = []
    error: Exception | None = None

    def create_repo(self, repository, **options):
        self.calls.append(("create_repo", repository, options))

    def upload_folder(self, **options):
        if self.error is not None:
            raise self.error
        self.calls.append(("upload_folder", options))
        return "https://hub/me/ner/commit/1"


@pytest.fixture
def api(monkeypatch):
    fake = type("Api", (FakeApi,), {"calls": []})
    monkeypatch.setattr(huggingface_hub, "HfApi", fake)
    return fake


def test_the_folder_goes_to_a_repository_made_for_it(api, tmp_path):
    assert push_folder(tmp_path, "me/ner") == "https://hub/me/ner/commit/1"
    (create, name, options), (upload, uploaded) = api.calls
    assert (create, name, options) == ("create_repo", "me/ner", {"exist_ok": True})
    assert (upload, uploaded["repo_id"], uploaded["folder_path"]) == ("upload_folder", "me/ner", tmp_path)


def connection_error():
    try:
        from httpx import ConnectError
    except ImportError:
        return ConnectionError("no route")
    return ConnectError("no route")


@pytest.mark.parametrize(
    "error",
    [OSError("token missing"), HFValidationError("bad name"), connection_error()],
    ids=["token", "name", "network"],
)
def test_a_refused_upload_says_that_the_folder_was_written(api, tmp_path, error):
    api.error = error
    with pytest.raises(CheckpointError, match=f"was written but not uploaded to me/ner: {error}"):
        push_folder(tmp_path, "me/ner")
