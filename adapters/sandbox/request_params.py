"""The parameters of a request, from its address and its body."""

from __future__ import annotations

import msgspec
from aiohttp import web

from adapters.sandbox.call import Params
from adapters.sandbox.errors import RestError
from adapters.sandbox.php_form import FormError, parse_form

_BODY_BYTES = 16 * 1024 * 1024


async def read_params(request: web.Request) -> Params:
    """Read the parameters: JSON or a form in the body, and the query, which the body overrides.

    Raises:
        RestError: ``ERROR_ARGUMENT``, with a description that says what is wrong with the body.
    """
    body = await _read_body(request)
    try:
        query = parse_form(request.rel_url.raw_query_string)
        return Params({**query, **_parse_body(body, request.content_type)})
    except FormError as error:
        raise RestError("ERROR_ARGUMENT", f"The form has {error}") from error


async def _read_body(request: web.Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > _BODY_BYTES:
                raise RestError("ERROR_ARGUMENT", "The body is larger than 16 MB", 413)
    except (web.RequestPayloadError, ConnectionError) as error:
        raise RestError("ERROR_ARGUMENT", "The body did not arrive whole") from error
    return bytes(body)


def _parse_body(body: bytes, content_type: str) -> dict[str, object]:
    if not body:
        return {}
    if content_type == "application/json":
        return _parse_json(body)
    if content_type == "application/x-www-form-urlencoded":
        return parse_form(body.decode(errors="replace"))
    raise RestError("ERROR_ARGUMENT", "The body is neither JSON nor a URL-encoded form")


def _parse_json(body: bytes) -> dict[str, object]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RestError("ERROR_ARGUMENT", "The body is not valid JSON") from error
    # PHP clients write an empty object as a list.
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise RestError("ERROR_ARGUMENT", "The body is JSON, but not an object")
    return value
