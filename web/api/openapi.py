"""The OpenAPI description of everything the agent answers, from the table of endpoints."""

from collections.abc import Sequence

from web.endpoints import Area, Endpoint, Media, Parameter

TITLE = "promferry"
Schema = dict[str, object]
_TYPES: dict[Media, tuple[str, ...]] = {
    "json": ("application/json",),
    "text": ("text/plain; charset=utf-8",),
    "page": ("text/plain; charset=utf-8", "text/html; charset=utf-8"),
    "metrics": ("text/plain; version=0.0.4; charset=utf-8",),
    "yaml": ("text/plain; charset=utf-8", "text/html; charset=utf-8"),
    "events": ("text/event-stream; charset=utf-8",),
    "otlp": ("application/x-protobuf", "application/json"),
}
_TEXT: Schema = {"type": "string"}
_ANYTHING: Schema = {}  # bytes in the one type, an object in the other
_ENVELOPE: Schema = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"enum": ["success", "error"]},
        "data": {},
        "errorType": {"type": "string"},
        "error": {"type": "string"},
    },
}
_HEALTH: Schema = {
    "type": "object",
    "required": ["status", "checks"],
    "properties": {
        "status": {"enum": ["ok", "warn", "fail"]},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "status", "text"],
                "properties": {
                    "name": {"type": "string"},
                    "status": {"enum": ["ok", "warn", "fail"]},
                    "text": {"type": "string"},
                },
            },
        },
    },
}
# What is no envelope.
_SCHEMAS: dict[str, Schema] = {
    "/-/health/details": _HEALTH,
    "/api/v1/openapi.json": {"type": "object", "required": ["openapi"]},
}


def describe(endpoints: Sequence[Endpoint], *, version: str, prefix: str = "") -> dict[str, object]:
    """An OpenAPI 3.1 document; paths are below `prefix`."""
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version},
        "servers": [{"url": prefix or "/"}],
        "paths": {endpoint.path: _operations(endpoint) for endpoint in endpoints},
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "authKey": {"type": "apiKey", "in": "query", "name": "authKey"},
            }
        },
    }


def _operations(endpoint: Endpoint) -> dict[str, object]:
    return {
        method.lower(): {
            "operationId": f"{endpoint.handler}_{endpoint.path.strip('/')}_{method}".lower(),
            "summary": endpoint.what,
            "parameters": [_parameter(one) for one in endpoint.parameters],
            "responses": _responses(endpoint),
            **_security(endpoint),
        }
        for method in endpoint.methods
    }


def _security(endpoint: Endpoint) -> dict[str, object]:
    """Empty first: without flags that ask for credentials nobody needs them."""
    if endpoint.area is Area.OPEN:
        return {}
    keyed: list[Schema] = [] if endpoint.area is Area.PAGES else [{"authKey": []}]
    return {"security": [{}, {"basic": []}, *keyed]}


def _parameter(parameter: Parameter) -> dict[str, object]:
    schema: dict[str, object] = {"type": parameter.kind}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.what,
        "required": parameter.is_required,
        "schema": schema,
    }


def _responses(endpoint: Endpoint) -> dict[str, object]:
    content = {media: {"schema": _schema(endpoint)} for media in _TYPES[endpoint.media]}
    responses: dict[str, object] = {
        "200": {"description": "what was asked for", "content": content}
    }
    statuses = dict(endpoint.statuses)
    if endpoint.area is not Area.OPEN:
        statuses[401] = "a credential is wanted"
    for status, when in statuses.items():
        if status == 204:
            responses[str(status)] = {"description": when}
            continue
        # Refusals are a line of text, whatever the page is.
        types: dict[str, Schema] = {"text/plain; charset=utf-8": {"schema": _TEXT}}
        if endpoint.media in ("json", "events"):
            types["application/json"] = {"schema": _schema(endpoint)}
        if endpoint.media == "otlp":
            types |= {media: {"schema": _ANYTHING} for media in _TYPES["otlp"]}
        responses[str(status)] = {"description": when, "content": types}
    return responses


def _schema(endpoint: Endpoint) -> Schema:
    if endpoint.media == "otlp":
        return _ANYTHING
    if endpoint.media != "json":
        return {"type": "string"}
    return _SCHEMAS.get(endpoint.path, _ENVELOPE)
