"""The web application: its paths, and what each answers."""

import asyncio
import json
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ..visual.serve_page import page_policy, render_serve
from .guard import RELOAD, App, Guard
from .jobs import Job, Work, annotate_each, ask_each, attend_each
from .model_thread import Ended, Full, ModelThread, Unfit
from .results import answers_found, categories_of, entities_of, vector_found
from .schemas import ForAnswers, ForEntities, Texts
from .service import Reloading, Service

router = APIRouter()
NEEDED = {"attention": " Expected one encoder of spacy-bertfam, saved with its torch weights."}
PLACE = {"start": 0, "end": 6, "score": 0.98}


def make_app(service: Service, *, token: str | None = None, hosts: Collection[str] = ()) -> App:
    """RETURNS (Callable): an ASGI application; see ``Guard`` for token and hosts."""
    app = FastAPI(title="bertfam serve", version="1", docs_url=None, redoc_url=None)
    app.state.service, app.state.may_reload = service, token is not None
    app.include_router(router)
    app.add_exception_handler(RequestValidationError, _explain)
    paths = [route.path for route in router.routes if hasattr(route, "path")]
    return Guard(app, service, token=token, hosts=hosts, paths=[*paths, "/openapi.json"])


def _example(**result: Any) -> dict[int | str, dict[str, Any]]:
    example = {"model": "fr", "results": [result]}
    return {200: {"content": {"application/json": {"example": example}}}}


@router.post("/entities", responses=_example(entities=[{"text": "Claire", "label": "PER", **PLACE}]))
async def entities(asked: ForEntities, request: Request) -> Response:
    """Entities of each text, with scores."""
    read = partial(entities_of, min_score=asked.min_score, offsets=asked.offsets)
    return await _answer(request, asked, read)


@router.post("/categories", responses=_example(categories={"NEWS": 0.98}))
async def categories(asked: Texts, request: Request) -> Response:
    """Categories of each text, with scores."""
    return await _answer(request, asked, categories_of, needs="categories")


@router.post("/vectors", responses=_example(vector=[0.25, -0.5]))
async def vectors(asked: Texts, request: Request) -> Response:
    """A vector of each text."""
    return await _answer(request, asked, vector_found, needs="vectors")


@router.post("/answers", responses=_example(answers=[{"text": "Claire", **PLACE}]))
async def answers(asked: ForAnswers, request: Request) -> Response:
    """Answers of each text to a question; one without words says that the text has none."""
    question, top_k = asked.question, asked.top_k
    return await _answer(
        request, asked, answers_found, needs="answers", work=ask_each, question=question, top_k=top_k
    )


@router.post("/attention", responses=_example(page="<!DOCTYPE html>..."))
async def attention(asked: Texts, request: Request) -> Response:
    """A page that shows how much the words of a text look at each other; for one short text at a time."""
    n_texts, n_characters = len(asked.given), sum(map(len, asked.given))
    limit = request.app.state.service.limits.attention
    if n_texts > 1 or n_characters > limit:
        found = f"Found {n_texts} texts" if n_texts > 1 else f"Found {n_characters} characters"
        raise HTTPException(413, f"{found}; expected one text of {limit} characters at most for attention.")
    return await _answer(request, asked, lambda page: {"page": page}, needs="attention", work=attend_each)


@router.get("/models")
async def models(request: Request) -> Response:
    """What the models are, and what they can do."""
    return JSONResponse({"models": [model.about for model in request.app.state.service.models.values()]})


@router.post(RELOAD)
async def reload(request: Request) -> Response:
    """Load the models again; the earlier ones answer meanwhile. Only where the server has a token."""
    if not request.app.state.may_reload:
        detail = "The server was started without a token; expected one, or the signal SIGHUP."
        raise HTTPException(403, detail)
    try:
        found = await asyncio.shield(asyncio.ensure_future(request.app.state.service.reload(waits=False)))
    except Reloading:
        detail = "The models are being loaded already; ask again when that is done."
        raise HTTPException(409, detail) from None
    is_done = all(outcome == "reloaded" for outcome in found.values())
    return JSONResponse({"models": found}, 200 if is_done else 500)


@router.get("/health")
async def health(request: Request) -> Response:
    """Whether every model can be asked."""
    is_sound = request.app.state.service.is_sound
    return JSONResponse({"status": "ok" if is_sound else "down"}, 200 if is_sound else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """What was counted, for Prometheus."""
    text = generate_latest(request.app.state.service.metrics.registry)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/", include_in_schema=False)
async def page(request: Request) -> Response:
    """A page to try the models."""
    lang = request.headers.get("accept-language", "")[:2].lower()
    return HTMLResponse(render_serve(lang), headers={"Content-Security-Policy": page_policy()})


async def _answer(
    request: Request,
    asked: Texts,
    read: Callable[[Any], Any],
    *,
    needs: str | None = None,
    work: Work = annotate_each,
    question: str | None = None,
    top_k: int = 1,
) -> Response:
    service: Service = request.app.state.service
    model = _find_model(service, asked.model)
    if needs is not None and not model.about[needs]:
        raise HTTPException(404, f"The model {model.name!r} has no {needs}.{NEEDED.get(needs, '')}")
    texts = asked.given
    if len(texts) > service.limits.texts:
        raise HTTPException(413, f"Found {len(texts)} texts; expected {service.limits.texts} at most.")
    longest = max(map(len, [*texts, question or ""]))
    if longest > service.limits.characters:
        expected = f"expected {service.limits.characters} at most"
        raise HTTPException(413, f"A text has {longest} characters; {expected}.")
    if question is not None and len(question) * len(texts) > service.limits.characters:
        each = f"A question of {len(question)} characters is read with each of {len(texts)} texts"
        raise HTTPException(413, f"{each}; expected {service.limits.characters} together at most.")
    jobs = [Job(text, read, work, question, top_k) for text in texts]
    try:
        model.submit(jobs)
    except Ended:
        raise HTTPException(503, "The model has ended; the server has to load it again.") from None
    except Full:
        detail = "Too many texts wait for this model; try again."
        raise HTTPException(503, detail, headers={"Retry-After": "1"}) from None
    # who gives up waiting takes back what has not been begun
    found = await asyncio.gather(*(asyncio.wrap_future(job.future) for job in jobs), return_exceptions=True)
    results = [_told(result) if isinstance(result, BaseException) else result for result in found]
    kinds = {isinstance(result, BaseException) and type(result) for result in found}
    status = 422 if kinds == {Unfit} else 200 if False in kinds else 500
    return JSONResponse({"model": model.name, "results": results}, status)


def _told(error: BaseException) -> dict[str, str]:
    reason = str(error) or "it has ended"
    return {"error": reason if isinstance(error, Unfit) else f"The model fails on this text ({reason})."}


def _find_model(service: Service, name: str | None) -> ModelThread:
    known = service.models
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        asked = "Found no model" if name is None else f"There is no model {name[:50]!r}"
        raise HTTPException(404 if name else 422, f"{asked}; expected one of: {', '.join(known)}.")
    return known[name]


async def _explain(request: Request, error: Exception) -> Response:
    """What is wrong with a body, without the body, which may be long, and hold what no answer can."""
    assert isinstance(error, RequestValidationError)
    pairs = ((each["loc"], each["msg"]) for each in error.errors()[:10])
    wrong = [{"loc": [str(part)[:50] for part in place], "msg": said[:200]} for place, said in pairs]
    return Response(json.dumps({"detail": wrong}), 422, media_type="application/json")
