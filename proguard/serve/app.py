"""The ASGI application: all routes over one service."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from proguard.serve.chat import read_chat
from proguard.serve.errors import ApiError, error_response, on_router_error, to_api_error
from proguard.serve.guardrails import read_classify, read_litellm
from proguard.serve.openai_names import MODEL_ALIASES
from proguard.serve.routes import judging_route, read_moderation
from proguard.serve.service import Service

Endpoint = Callable[[Request], Awaitable[Response]]

PAGE = files("proguard.serve") / "page.html"


def make_app(service: Service, *, on_failure: Callable[[], None] = lambda: None) -> Starlette:
    """Return the application; the guard loads when it starts.

    Args:
        on_failure: Called when the guard cannot be loaded.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.start(on_failure)
        yield
        service.is_draining = True

    routes = [
        judging_route("/v1/moderations", service, read_moderation),
        judging_route("/beta/litellm_basic_guardrail_api", service, read_litellm),
        judging_route("/classify", service, read_classify),
        judging_route("/v1/chat/completions", service, read_chat),
        *_reading_routes(service),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: on_router_error})


def _reading_routes(service: Service) -> list[Route]:
    """Return the routes that judge nothing. `/`, `/health` and `/ready` need no key."""

    async def page(_: Request) -> Response:
        return HTMLResponse(PAGE.read_text(encoding="utf-8"), headers={"Content-Security-Policy": _PAGE_POLICY})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        service.check_ready()
        return JSONResponse({"status": "ready"})

    async def metrics(request: Request) -> Response:
        service.keys.check(request)
        return Response(service.metrics.render(), media_type=CONTENT_TYPE_LATEST)

    async def models(request: Request) -> Response:
        service.keys.check(request)
        return JSONResponse({"object": "list", "data": [_model(service.name)]})

    async def model(request: Request) -> Response:
        service.keys.check(request)
        name = request.path_params["name"]
        if name != service.name and name not in MODEL_ALIASES:
            raise ApiError(404, "model_not_found", f"model: expected {service.name}", "model")
        return JSONResponse(_model(service.name))

    async def policies(request: Request) -> Response:
        service.keys.check(request)
        return JSONResponse({"policies": {n: p.names for n, p in service.loaded.policies.items()}})

    paths = {
        "/": page,
        "/health": health,
        "/ready": ready,
        "/metrics": metrics,
        "/v1/models": models,
        "/v1/models/{name}": model,
        "/v1/policies": policies,
    }
    return [Route(path, _answering(endpoint), methods=["GET"]) for path, endpoint in paths.items()]


_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
)
"""The page holds its own style and script, and talks to this server alone."""


def _answering(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that turns what it raises into an error in OpenAI's shape."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:
            return error_response(to_api_error(error))

    return answer


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "proguard"}
