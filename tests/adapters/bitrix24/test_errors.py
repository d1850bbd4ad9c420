from __future__ import annotations

import json

import httpx
import pytest

from adapters.bitrix24.errors import (
    LONGEST_PAUSE_SECONDS,
    MEANINGS,
    error_from,
    error_from_failure,
)
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected, TryLater

# The method's own page, row by row, then its table of system errors: status, code, our class.
PAGE: list[tuple[int, str, type[PortalError]]] = [
    (403, "WRONG_AUTH_TYPE", PortalOnHold),
    (400, "USER_ID_EMPTY", Rejected),
    (400, "MESSAGE_EMPTY", Rejected),
    (400, "ATTACH_OVERSIZE", Rejected),
    (400, "ATTACH_ERROR", Rejected),
    (500, "INTERNAL_SERVER_ERROR", OutcomeUnknown),
    (500, "ERROR_UNEXPECTED_ANSWER", OutcomeUnknown),
    (503, "QUERY_LIMIT_EXCEEDED", TryLater),
    (405, "ERROR_BATCH_METHOD_NOT_ALLOWED", TryLater),
    (400, "ERROR_BATCH_LENGTH_EXCEEDED", TryLater),
    (401, "NO_AUTH_FOUND", PortalOnHold),
    (400, "INVALID_REQUEST", PortalOnHold),
    (503, "OVERLOAD_LIMIT", PortalOnHold),
    (403, "ACCESS_DENIED", PortalOnHold),
    (403, "INVALID_CREDENTIALS", PortalOnHold),
    (404, "ERROR_MANIFEST_IS_NOT_AVAILABLE", Rejected),
    (403, "insufficient_scope", PortalOnHold),
    (401, "expired_token", PortalOnHold),
    (403, "user_access_error", PortalOnHold),
    (500, "PORTAL_DELETED", PortalOnHold),
]
# Seen elsewhere in the documentation.
ELSEWHERE: list[tuple[int, str, type[PortalError]]] = [
    (429, "OPERATION_TIME_LIMIT", TryLater),
    (403, "PORTAL_DELETED", PortalOnHold),
    (410, "PORTAL_DELETED", PortalOnHold),
    (404, "ERROR_METHOD_NOT_FOUND", Rejected),
    (404, "APPLICATION_NOT_FOUND", PortalOnHold),
    (401, "authorization_error", PortalOnHold),
    (502, "CONNECTION_ERROR", TryLater),
    (401, "PAYMENT_REQUIRED", PortalOnHold),
    (401, "METHOD_CONFIRM_WAITING", Rejected),
    (403, "METHOD_CONFIRM_DENIED", Rejected),
]


def answered(code: object, status: int = 400, description: object = "No", **headers: str) -> bytes:
    return json.dumps({"error": code, "error_description": description}).encode()


@pytest.mark.parametrize(("status", "code", "kind"), PAGE + ELSEWHERE)
def test_every_documented_code_has_its_class(
    status: int, code: str, kind: type[PortalError]
) -> None:
    error = error_from(status, answered(code), {})
    assert type(error) is kind
    assert error.code == code.upper()
    assert error.detail == f"HTTP {status} No"


def test_the_table_holds_the_documented_codes_and_no_others() -> None:
    assert set(MEANINGS) == {code.upper() for _, code, _ in PAGE + ELSEWHERE}


@pytest.mark.parametrize("status", [200, 400, 403, 500, 503])
@pytest.mark.parametrize("code", ["query_limit_exceeded", "Query_Limit_Exceeded "])
def test_a_code_counts_whatever_its_case_and_the_status(status: int, code: str) -> None:
    assert type(error_from(status, answered(code), {})) is TryLater


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("SOMETHING_NEW", "SOMETHING_NEW"),
        (100, "100"),
        ("", "UNKNOWN_ERROR"),
        ({"code": 1}, "UNKNOWN_ERROR"),
        ("no code at all, but prose", "UNKNOWN_ERROR"),
        ("X" * 65, "UNKNOWN_ERROR"),
    ],
)
def test_an_unknown_code_is_a_refusal_below_500_and_a_fault_above(code: object, shown: str) -> None:
    refusal = error_from(400, answered(code), {})
    fault = error_from(500, answered(code), {})
    assert (type(refusal), refusal.code) == (Rejected, shown)
    assert (type(fault), fault.code) == (OutcomeUnknown, shown)


@pytest.mark.parametrize("status", [200, 400, 404, 500, 502, 503])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad Gateway</html>",
        b'{"error": "MESSAGE_E',
        b'{"error": null}',
        b'{"error": "\xff"}',
        b"[]",
        b"1",
        b"{}",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_no_error_code_in_the_answer_leaves_the_outcome_unknown(status: int, body: bytes) -> None:
    error = error_from(status, body, {"content-type": "text/html"})
    assert (type(error), error.code) == (OutcomeUnknown, "UNEXPECTED_ANSWER")
    assert error.detail == f"HTTP {status}, text/html"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_holds_the_portal_and_names_the_new_host_alone(status: int) -> None:
    headers = {"location": "https://new.example/rest/1/s3cret/profile.json"}
    error = error_from(status, b"", headers)
    assert (type(error), error.code) == (PortalOnHold, "PORTAL_MOVED")
    assert error.detail == f"HTTP {status} to new.example"


@pytest.mark.parametrize("location", ["", "/login", "https://[bad/rest/1/s3cret"])
def test_a_redirect_to_nowhere_holds_the_portal_too(location: str) -> None:
    error = error_from(302, b"", {"location": location})
    assert type(error) is PortalOnHold
    assert "s3cret" not in str(error)


def test_an_error_code_is_stronger_than_a_redirect() -> None:
    error = error_from(302, answered("PORTAL_DELETED"), {"location": "https://new.example/"})
    assert error.code == "PORTAL_DELETED"


@pytest.mark.parametrize(
    ("code", "headers", "seconds"),
    [
        ("QUERY_LIMIT_EXCEEDED", {}, 5.0),
        ("OPERATION_TIME_LIMIT", {}, 60.0),
        ("CONNECTION_ERROR", {}, None),
        ("QUERY_LIMIT_EXCEEDED", {"retry-after": "17"}, 17.0),
        ("CONNECTION_ERROR", {"retry-after": " 17 "}, 17.0),
        ("QUERY_LIMIT_EXCEEDED", {"retry-after": "9" * 5000}, LONGEST_PAUSE_SECONDS),
        ("QUERY_LIMIT_EXCEEDED", {"retry-after": "-1"}, 5.0),
        ("QUERY_LIMIT_EXCEEDED", {"retry-after": "٣"}, 5.0),
        ("QUERY_LIMIT_EXCEEDED", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 5.0),
    ],
)
def test_later_says_when(code: str, headers: dict[str, str], seconds: float | None) -> None:
    error = error_from(503, answered(code), headers)
    assert isinstance(error, TryLater)
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("description", "detail"),
    [
        ("see https://acme.example/rest/1/s3cret/x now", "HTTP 400 see (address) now"),
        ("at acme.example/rest/1/s3cret/", "HTTP 400 at (address)"),
        ("the code S3cret is wrong", "HTTP 400 the code *** is wrong"),
        ("two\nlines\t\x1b[31mred\u2028", "HTTP 400 two lines [31mred"),
        ("x" * 1000, "HTTP 400 " + "x" * 190 + "…"),
        (None, "HTTP 400"),
        (["a", 1], "HTTP 400 ['a', 1]"),
    ],
)
def test_the_detail_is_one_short_line_without_addresses(description: object, detail: str) -> None:
    def hide(text: str) -> str:
        return text.replace("s3cret", "***").replace("S3cret", "***")

    assert error_from(400, answered("NEW", description=description), {}, hide=hide).detail == detail


def every_kind_of(kind: type[httpx.HTTPError]) -> set[type[httpx.HTTPError]]:
    return {kind}.union(*(every_kind_of(below) for below in kind.__subclasses__()))


CONNECTION_ERROR = (TryLater, "CONNECTION_ERROR")
BROKEN = (OutcomeUnknown, "CONNECTION_BROKEN")
TIMEOUT = (OutcomeUnknown, "TIMEOUT")
FAILURES: dict[type[httpx.HTTPError], tuple[type[PortalError], str]] = {
    httpx.HTTPError: BROKEN,
    httpx.RequestError: BROKEN,
    httpx.TransportError: BROKEN,
    httpx.TimeoutException: TIMEOUT,
    httpx.ConnectTimeout: CONNECTION_ERROR,
    httpx.ReadTimeout: TIMEOUT,
    httpx.WriteTimeout: TIMEOUT,
    httpx.PoolTimeout: CONNECTION_ERROR,
    httpx.NetworkError: BROKEN,
    httpx.ConnectError: CONNECTION_ERROR,
    httpx.ReadError: BROKEN,
    httpx.WriteError: BROKEN,
    httpx.CloseError: BROKEN,
    httpx.ProxyError: CONNECTION_ERROR,
    httpx.UnsupportedProtocol: CONNECTION_ERROR,
    httpx.ProtocolError: BROKEN,
    httpx.LocalProtocolError: BROKEN,
    httpx.RemoteProtocolError: BROKEN,
    httpx.DecodingError: (OutcomeUnknown, "UNEXPECTED_ANSWER"),
    httpx.TooManyRedirects: BROKEN,
    httpx.HTTPStatusError: BROKEN,
}


def made(kind: type[httpx.HTTPError]) -> httpx.HTTPError:
    if issubclass(kind, httpx.HTTPStatusError):
        request = httpx.Request("POST", "http://127.0.0.1/")
        return kind("No", request=request, response=httpx.Response(500, request=request))
    return kind("No")


@pytest.mark.parametrize("kind", sorted(every_kind_of(httpx.HTTPError), key=str))
def test_every_failure_that_httpx_knows_has_its_class(kind: type[httpx.HTTPError]) -> None:
    error = error_from_failure(made(kind))
    assert (type(error), error.code) == FAILURES[kind]
    assert error.detail == f"{kind.__name__} No"


def test_the_detail_of_a_failure_hides_addresses() -> None:
    failure = httpx.ConnectError("no way to https://acme.example/rest/1/s3cret/x")
    assert error_from_failure(failure).detail == "ConnectError no way to (address)"
