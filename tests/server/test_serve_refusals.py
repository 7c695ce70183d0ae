"""What is refused, and that a refusal tells nothing and harms nobody."""

import asyncio
import json
import logging

import httpx
import pytest
import spacy
from asking import HOST, JSON, OPEN_GATE, SEEN, ask, make_names, post
from pydantic import ValidationError
from spacy.language import Language

from spacy_bertfam.server.schemas import ForEntities

TOKEN = "s3cret-token"
PATHS = ["/entities", "/categories", "/answers", "/vectors", "/attention", "/reload"]


@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer other-token", f"Basic {TOKEN}", "Bearer é"])
def test_without_the_token_nothing_is_told(serve, sent):
    app = serve(models={"secret-name": make_names}, token=TOKEN)
    headers = {} if sent is None else {"authorization": sent.encode("latin-1")}
    posts = [{"url": path, "json": {"model": "secret-name"}, "headers": headers} for path in PATHS]
    gets = [{"method": "GET", "url": url, "headers": headers} for url in ("/models", "/metrics", "/x")]
    answers = ask(app, *posts, *gets)
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {'{"detail":"Expected the token of the server."}'}
    for page in ask(app, *({"method": "GET", "url": url} for url in ("/", "/health", "/openapi.json"))):
        assert page.status_code == 200 and "secret-name" not in page.text


@pytest.mark.parametrize("method, status", [("POST", 401), ("PUT", 401), ("GET", 413), ("HEAD", 413)])
@pytest.mark.parametrize("is_whole", [True, False], ids=["length", "no length"])
def test_no_body_is_waited_for_without_the_token(serve, method, status, is_whole):
    app = serve(token=TOKEN)
    content = b"{}" if is_whole else parts(b"{", b"}")
    [answer] = ask(app, {"method": method, "url": "/health", "headers": JSON, "content": content})
    assert answer.status_code == status
    assert status == 401 or answer.headers["connection"] == "close"


def test_with_the_token_everything_is_answered(serve):
    app, headers = serve(token=TOKEN), {"authorization": f"bearer {TOKEN}"}
    answer, reloaded = ask(
        app,
        {"url": "/entities", "json": {"text": "Claire"}, "headers": headers},
        {"url": "/reload", "headers": headers | JSON},
        host="http://any.example",
    )
    assert answer.json()["results"][0]["entities"] and reloaded.json() == {"models": {"fr": "reloaded"}}


def test_a_reload_takes_its_time_and_there_is_one_at_a_time(serve):
    began = []

    def load():
        if began:
            OPEN_GATE.wait(20)
        began.append(True)
        return make_names()

    app = serve(load, token=TOKEN, timeout=0.1)
    headers = {"authorization": f"Bearer {TOKEN}"} | JSON

    async def send():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as client:
            both = [asyncio.ensure_future(client.post("/reload", headers=headers)) for _ in range(2)]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0.2)
            OPEN_GATE.set()
            return await asyncio.gather(*both)

    assert sorted(answer.status_code for answer in asyncio.run(send())) == [200, 409]
    assert len(began) == 2


def test_without_a_token_nobody_reloads(serve):
    assert ask(serve(), {"url": "/reload", "headers": JSON})[0].status_code == 403


@pytest.mark.parametrize(
    "host, status",
    [
        ("127.0.0.1:8000", 200),
        ("[::1]:80", 200),
        ("localhost", 200),
        ("LocalHost:1", 200),
        ("mine.example", 200),
    ]
    + [(name, 421) for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil", "", "[", "a@b")],
)
def test_without_a_token_no_other_name_leads_to_the_server(serve, host, status):
    app = serve(hosts=["mine.example"])
    assert ask(app, {"method": "GET", "url": "/health", "headers": {"host": host}})[0].status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "text/json"])
def test_a_form_of_another_page_cannot_ask(serve, kind):
    body = json.dumps({"text": "Claire"}).encode()
    [answer] = ask(serve(), {"url": "/entities", "content": body, "headers": {"content-type": kind}})
    assert answer.status_code == 415
    [asked_first] = ask(
        serve(), {"method": "OPTIONS", "url": "/entities", "headers": {"origin": "http://evil"}}
    )
    assert asked_first.status_code == 405 and "access-control-allow-origin" not in asked_first.headers


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{",
            b"[]",
            b'"a"',
            b"{}",
            b'{"text": 1}',
            b'{"text": null}',
            b'{"text": "\xc3"}',
            b"[" * 100_000,
        ),
        *(
            b'{"texts": []}',
            b'{"text": "a", "texts": ["b"]}',
            b'{"txt": "a"}',
            b'{"text": "a", "min_score": NaN}',
        ),
        *(rb'{"text": "\ud800"}', rb'{"\ud800": "a"}', b'{"text": ' + b"1" * 9000 + b"}"),
        *(
            b'{"text": "a", "model": 1}',
            b'{"text": "a", "offsets": ["bytes"]}',
            b'{"text": "a", "min_score": 2}',
        ),
    ],
)
def test_a_hostile_body_is_refused(serve, body):
    [answer] = ask(serve(), {"url": "/entities", "content": body, "headers": JSON})
    assert answer.status_code in (400, 422) and len(answer.content) < 1000


@pytest.mark.parametrize(
    "body",
    [{"texts": [1] * 1000}, dict.fromkeys(map(str, range(1000))), {"text": "a", "offsets": ["x"] * 1000}],
)
def test_a_body_of_many_errors_makes_few(body):
    with pytest.raises(ValidationError) as caught:
        ForEntities.model_validate(body)
    assert caught.value.error_count() < 10


def test_what_is_too_much_is_refused(serve):
    app = serve(body=1000, texts=3, characters=50)
    assert post(app, "/entities", texts=["a"] * 3).status_code == 200
    assert post(app, "/entities", texts=["a"] * 4).status_code == 413
    assert post(app, "/entities", text="a" * 51).status_code == 413
    assert post(app, "/entities", text="a" * 2000).status_code == 413
    assert "1000 bytes" in post(app, "/entities", text="a" * 2000).json()["detail"]


async def parts(*given, wait=0.0):
    for part in given:
        yield part
        await asyncio.sleep(wait)


def test_a_body_without_a_length_is_bounded_too(serve):
    app = serve(body=1000)
    content = {"url": "/entities", "headers": JSON}
    [answer] = ask(app, {**content, "content": parts(b'{"text": "', b"a" * 600, b"b" * 600, b'"}')})
    assert answer.status_code == 413 and answer.headers["connection"] == "close"
    [answer] = ask(app, {**content, "content": parts(b'{"text": "', b"a" * 600, b'"}')})
    assert answer.status_code == 200


def guarded(app, headers, *messages, wait=0.0):
    """RETURNS (list): what an application sends to whom speaks ASGI itself."""
    sent, waiting = [], list(messages)

    async def receive():
        await asyncio.sleep(wait)
        message = waiting.pop(0) if waiting else await asyncio.Event().wait()
        while message["type"] == "http.disconnect" and not SEEN:  # who goes, goes when the work has begun
            await asyncio.sleep(0.01)
        return message

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), *headers]
    scope = {"type": "http", "method": "POST", "path": "/entities", "headers": headers, "query_string": b""}
    asyncio.run(app({**scope, "asgi": {}, "http_version": "1.1", "scheme": "http"}, receive, send))
    return sent


def test_a_length_far_over_the_limit_is_refused_before_it_comes(serve):
    assert guarded(serve(), [(b"content-length", b"9" * 12)])[0]["status"] == 413
    assert guarded(serve(), [(b"content-length", b"9" * 5000)])[0]["status"] == 413


def test_a_slow_sender_is_left(serve):
    part = {"type": "http.request", "body": b"{", "more_body": True}
    sent = guarded(serve(sending=0.1), [], *[part] * 50, wait=0.03)
    assert sent[0]["status"] == 408 and (b"connection", b"close") in sent[0]["headers"]


def test_who_has_gone_is_not_worked_for(serve):
    app = serve(batch=1)
    body = {"type": "http.request", "body": b'{"texts": ["il attend", "perdu"]}', "more_body": False}
    assert guarded(app, [], body, {"type": "http.disconnect"}, wait=0.05) == []
    OPEN_GATE.set()
    post(app, "/entities", text="Claire")
    assert SEEN == ["il attend", "Claire"]


def test_what_takes_too_long_is_given_up(serve):
    app = serve(timeout=0.2, batch=1)
    answer = post(app, "/entities", texts=["il attend", "perdu"])
    assert answer.status_code == 504
    OPEN_GATE.set()
    assert post(app, "/entities", text="Claire").status_code == 200
    assert "perdu" not in SEEN


def test_a_full_queue_says_so_and_takes_all_of_a_request_or_none(serve):
    app = serve(queue=4, batch=1)

    async def send():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
            first = asyncio.ensure_future(client.post("/entities", json={"text": "il attend"}))
            while "il attend" not in SEEN:
                await asyncio.sleep(0.01)
            waiting = asyncio.ensure_future(client.post("/entities", json={"texts": ["a", "b", "c"]}))
            await asyncio.sleep(0.05)
            refused = await client.post("/entities", json={"texts": ["d", "e"]})
            last = asyncio.ensure_future(client.post("/entities", json={"text": "f"}))
            await asyncio.sleep(0.05)
            OPEN_GATE.set()
            return refused, await asyncio.gather(first, waiting, last)

    refused, answered = asyncio.run(send())
    assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
    assert [answer.status_code for answer in answered] == [200] * 3
    assert SEEN == ["il attend", "a", "b", "c", "f"]


def test_more_requests_than_may_be_open_are_refused(serve):
    app = serve(open=2, timeout=0.3)
    answers = ask(app, *[{"url": "/entities", "json": {"text": "il attend"}}] * 3)
    assert sorted(answer.status_code for answer in answers) == [503, 504, 504]
    assert post(app, "/entities", text="Claire").status_code == 504  # the gate is closed; but it is let in


def test_whether_it_is_sound_is_told_also_when_nothing_else_is(serve):
    app = serve(open=1)

    async def send():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as client:
            first = asyncio.ensure_future(client.post("/entities", json={"text": "il attend"}))
            while not SEEN:
                await asyncio.sleep(0.01)
            found = [await client.get("/models"), await client.get("/health")]
            OPEN_GATE.set()
            return [*found, await first]

    assert [answer.status_code for answer in asyncio.run(send())] == [503, 200, 200]


def test_a_model_that_has_ended_is_told(serve, monkeypatch):
    monkeypatch.setattr("threading.excepthook", lambda args: None)

    @Language.component("server_test_exit")
    def leave(doc):
        if "finit" in doc.text:
            raise SystemExit
        return doc

    def load():
        nlp = spacy.blank("fr")
        nlp.add_pipe("server_test_exit")
        return nlp

    app = serve(load)
    assert "the model has ended" in post(app, "/entities", text="il finit").text
    later, health = ask(app, {"url": "/entities", "json": {"text": "a"}}, {"method": "GET", "url": "/health"})
    assert (later.status_code, health.status_code) == (503, 503)
    assert "has ended" in later.json()["detail"] and "retry-after" not in later.headers


def test_a_text_that_fails_harms_no_other_and_is_not_in_the_log(serve, caplog):
    app = serve()
    with caplog.at_level(logging.WARNING):
        both, alone = ask(
            app,
            {"url": "/entities", "json": {"texts": ["Claire", "il échoue\nFAUX", "Claire"]}},
            {"url": "/entities", "json": {"text": "il échoue"}},
        )
    found, failed, other = both.json()["results"]
    assert found["entities"] == other["entities"] != [] and both.status_code == 200
    assert failed == {"error": "The model fails on this text (ZeroDivisionError)."}
    assert alone.status_code == 500 and "secret" not in both.text + alone.text
    assert "ZeroDivisionError in asking.py" in caplog.text
    assert "secret" not in caplog.text and "FAUX" not in caplog.text


@pytest.mark.parametrize("name", ["cache-control", "content-security-policy", "x-content-type-options"])
def test_every_answer_has_the_headers_for_security(serve, name):
    app = serve(load=make_names, token=TOKEN)
    for answer in ask(
        app, {"method": "GET", "url": "/"}, {"method": "GET", "url": "/models"}, {"url": "/entities"}
    ):
        assert answer.headers[name]
