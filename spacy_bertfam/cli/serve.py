"""`bertfam serve`: pipelines that answer requests over HTTP, and a page to try them."""

import math
import os
import re
import signal
from functools import partial
from pathlib import Path

import typer
from typer import Argument, Option

from ..errors import UserError, require_packages
from ..server.limits import Limits
from .arguments import CODE, GPU, import_code
from .pipelines import load_pipeline

NAME, TOKEN = re.compile(r"[\w.-]{1,64}", re.ASCII), re.compile(r"[!-~]{8,}")
DEFAULT, VARIABLE = Limits(), "BERTFAM_TOKEN"


def serve_cli(
    model: list[str] = Argument(
        ..., metavar="MODEL...", help="Pipelines: folders or installed packages; NAME=MODEL gives a name"
    ),
    host: str = Option("127.0.0.1", help="Address; 0.0.0.0 is every one of this machine"),
    port: int = Option(8000, min=0, max=65535, help="Port; 0 is a free one"),
    token: str | None = Option(
        None, envvar=VARIABLE, help="Who asks must have it. As an option all users of this machine see it"
    ),
    allow_host: list[str] = Option([], help="Name that the server may be called by, without a token"),
    max_body: int = Option(DEFAULT.body, min=1, help="Bytes of a request"),
    max_texts: int = Option(DEFAULT.texts, min=1, help="Texts of a request"),
    max_characters: int = Option(DEFAULT.characters, min=1, help="Characters of a text"),
    max_attention: int = Option(DEFAULT.attention, min=1, help="Characters of a request for attention"),
    batch_size: int = Option(DEFAULT.batch, min=1, help="Texts that go through a pipeline together"),
    queue: int = Option(DEFAULT.queue, min=1, help="Texts that may wait for a pipeline"),
    timeout: float = Option(DEFAULT.timeout, min=0.1, help="Seconds until a request is given up"),
    send_timeout: float = Option(
        DEFAULT.sending, min=0.1, help="Seconds in which a request must arrive, and its answer be taken"
    ),
    use_gpu: int = GPU,
    code_path: Path | None = CODE,
) -> None:
    """Answer requests over HTTP, with a page to try it.

    Paths: /entities, /categories, /answers, /vectors, /attention, /models, /health, /metrics, /reload; / is the page.
    It listens to this machine alone, where --host does not say otherwise. SIGTERM and Ctrl-C end it when what it has
    taken is answered; SIGHUP loads the pipelines again while the earlier ones answer.
    """
    require_packages("fastapi", "uvicorn", "prometheus_client", extra="server", user="the server")
    for name, seconds in (("--timeout", timeout), ("--send-timeout", send_timeout)):
        if not math.isfinite(seconds):
            raise UserError(f"{name} is {seconds}; expected a number of seconds.")
    if token is None:
        token = os.environ.get(VARIABLE)  # an empty one counts as none in typer, and would let everyone ask
    if token is not None and not TOKEN.fullmatch(token):
        raise UserError(
            "The token is not one; expected 8 letters, digits and signs of ASCII or more, no blanks."
        )
    from ..server.app import make_app
    from ..server.run import bind, run
    from ..server.service import Service

    limits = Limits(
        max_body, max_texts, max_characters, max_attention, batch_size,
        queue=queue, timeout=timeout, sending=send_timeout,
    )  # fmt: skip
    paths = name_models(model)
    sock = bind(host, port)
    if hasattr(signal, "SIGHUP"):  # it would end a server that loads its pipelines still
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    import_code(code_path)
    service = Service({name: partial(load_pipeline, path, use_gpu) for name, path in paths.items()}, limits)
    service.start()
    names = [name.lower() for name in (host, *allow_host)]
    for line in _announce(paths, host, sock.getsockname()[1], token is not None):
        typer.echo(line, err=True)
    run(make_app(service, token=token, hosts=names), service, sock)
    typer.echo("Stopped; what was taken is answered.", err=True)


def name_models(given: list[str]) -> dict[str, str]:
    """RETURNS (dict[str, str]): name -> pipeline. RAISES (UserError): when a name is none, or is there twice."""
    found: dict[str, str] = {}
    for each in given:
        name, _, path = each.partition("=") if "=" in each and not Path(each).exists() else ("", "", each)
        name = name or Path(path).resolve().name
        if not NAME.fullmatch(name) or name in found:
            what = "twice" if name in found else f"found {name!r}"
            raise UserError(
                f"The name of the model {path!r} is not one ({what}); expected letters, digits, ., _ and -, of each "
                "another one: give it as NAME=MODEL."
            )
        found[name] = path
    return found


def _announce(paths: dict[str, str], host: str, port: int, has_token: bool) -> list[str]:
    is_local = host in ("localhost", "::1") or host.startswith("127.")
    place = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    who = "this machine alone" if is_local else "everyone who reaches this machine"
    lines = [f"Serving {', '.join(paths)} on {place}, to {who}{', with the token' if has_token else ''}."]
    if not is_local and not has_token:
        lines.append("Note: Nobody is asked for a token: set BERTFAM_TOKEN, or leave --host out.")
    return lines
