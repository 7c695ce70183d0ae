"""Applications over pipelines; skipped where the extra `server` is missing."""

from importlib.util import find_spec

import pytest

NEEDED = ("fastapi", "uvicorn", "prometheus_client", "httpx")
collect_ignore_glob = [] if all(map(find_spec, NEEDED)) else ["test_*.py"]


@pytest.fixture
def serve():
    """`serve(load, token=..., **limits)` RETURNS (App): with one model, "fr", or with `models`; stopped at the end."""
    from asking import OPEN_GATE, SEEN, make_names

    from spacy_bertfam.server.app import make_app
    from spacy_bertfam.server.limits import Limits
    from spacy_bertfam.server.service import Service

    services = []

    def start(load=make_names, *, models=None, token=None, hosts=(), **limits):
        service = Service(models or {"fr": load}, Limits(**limits))
        service.start()
        services.append(service)
        app = make_app(service, token=token, hosts=hosts)
        SEEN.clear()
        return app

    OPEN_GATE.clear()
    yield start
    OPEN_GATE.set()
    for service in services:
        service.stop()
