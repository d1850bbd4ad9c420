"""Exchanges a refresh token for two new tokens at an authorization server.

Sources: https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html and
https://apidocs.bitrix24.com/settings/oauth/error-codes.html
"""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus, urlsplit

import httpx

from adapters.bitrix24.answers import answer_from, decode_object, read_bounded
from adapters.bitrix24.grant import Grant
from adapters.bitrix24.masking import Mask, shorten_detail
from bridge.errors import OutcomeUnknown, PortalOnHold, TryLater

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.errors import PortalError

TIMEOUT_SECONDS: Final = 20.0

_KNOWN_ORIGINS: Final = frozenset({"https://oauth.bitrix.info", "https://oauth.bitrix24.tech"})
_SERVER_FAULT: Final = 500
_CODE: Final = re.compile(r"[A-Z0-9_]{1,64}")
_FIELDS: Final = ("access_token", "refresh_token", "client_endpoint", "member_id")
_INSTALL_AGAIN: Final = "the application must be installed in the portal again"
_WORDS: Final = {
    "INVALID_GRANT": f"the refresh token is dead: {_INSTALL_AGAIN}",
    "EXPIRED_TOKEN": f"the refresh token has expired: {_INSTALL_AGAIN}",
    "INVALID_CLIENT": "the server does not know the application: are B24BRIDGE_BITRIX24_CLIENT_ID "
    "and _CLIENT_SECRET those of the portal's form, and is it still installed?",
    "INVALID_SCOPE": "the application's form lacks permissions that it was given before",
    "INSUFFICIENT_SCOPE": "the application's form lacks permissions that it was given before",
    "PAYMENT_REQUIRED": "the portal's subscription or the application's trial has ended",
}


class TokenEndpoint:
    """Believes no token but those that the authorization server gives for our client secret.

    Close it with ``aclose``.

    Args:
        client_id: the application, as the portal's form shows it.
        client_secret: its secret; goes to authorization servers alone.
        own_server: the address of one more server to trust, beside Bitrix24's; may be empty.
    """

    def __init__(self, client_id: str, client_secret: str, own_server: str = "") -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._own_origin = _origin(own_server)
        self._in_use: list[str] = []
        self._mask = Mask(self._list_secrets)
        self._mask.guard_logs()
        # Plain http goes to a server of one's own on this machine, where no proxy stands between.
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, mounts={"http://": None})

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        self._mask.release_logs()

    async def exchange(self, refresh_token: str, server_endpoint: str) -> Grant:
        """Exchange a refresh token; from then on it may be dead, and only the new one is good.

        Everything in the grant comes from the server.

        Raises:
            PortalOnHold: the server says no, or is none that we give our secret to.
            TryLater: it gave no clear answer.
        """
        origin = _origin(server_endpoint)
        if not origin or origin not in {*_KNOWN_ORIGINS, self._own_origin}:
            raise PortalOnHold("UNKNOWN_SERVER", "the tokens are from a server we do not know")
        with self._hiding(refresh_token):
            status, body = await self._ask(origin, refresh_token)
            return self._read(status, body, server_endpoint)

    async def is_of_administrator(self, grant: Grant) -> bool:
        """Ask the portal whether a grant is from one of its administrators.

        Raises:
            TryLater: it gave no clear answer.
        """
        address, token = await grant.address_of("profile"), await grant.parameters()
        with self._hiding(grant.access_token):
            status, body = await self._request("POST", address, json=token)
        answer = answer_from(status, body)
        if answer is None or not isinstance(answer.result, dict):
            raise TryLater("UNEXPECTED_ANSWER", "the portal does not say whose the tokens are")
        return answer.result.get("ADMIN") is True

    async def _ask(self, origin: str, refresh_token: str) -> tuple[int, bytes]:
        query = {
            "grant_type": "refresh_token",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "refresh_token": refresh_token,
        }
        return await self._request("GET", f"{origin}/oauth/token/", params=query)

    async def _request(
        self,
        method: str,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                self._client.stream(method, address, params=params, json=json) as response,
            ):
                return response.status_code, await read_bounded(response)
        except (httpx.HTTPError, OSError, OutcomeUnknown) as error:
            # An error of httpx knows the address, so it is not chained.
            kind = type(error).__name__
            raise TryLater("TOKEN_NOT_RENEWED", f"no answer from the server ({kind})") from None

    def _read(self, status: int, body: bytes, server_endpoint: str) -> Grant:
        fields = decode_object(body) or {}
        if fields.get("error"):
            raise self._error(status, fields)
        found = {name: fields.get(name) for name in _FIELDS}
        texts = {name: value for name, value in found.items() if isinstance(value, str) and value}
        if len(texts) < len(_FIELDS) or not self._is_portal(texts["client_endpoint"]):
            raise TryLater("TOKEN_NOT_RENEWED", f"HTTP {status} without usable tokens")
        endpoint = f"{texts.pop('client_endpoint').rstrip('/')}/"
        return Grant(client_endpoint=endpoint, server_endpoint=server_endpoint, **texts)

    def _error(self, status: int, fields: Mapping[str, object]) -> PortalError:
        code = str(fields["error"]).upper()
        if status >= _SERVER_FAULT or not _CODE.fullmatch(code):
            return TryLater("TOKEN_NOT_RENEWED", f"HTTP {status} from the server")
        description = shorten_detail(self._mask.hide(str(fields.get("error_description") or "")))
        return PortalOnHold(code, _WORDS.get(code, description))

    def _is_portal(self, client_endpoint: str) -> bool:
        origin = _origin(client_endpoint)
        return origin.startswith("https://") or (bool(origin) and origin == self._own_origin)

    @contextmanager
    def _hiding(self, token: str) -> Iterator[None]:
        self._in_use.append(token)
        try:
            yield
        finally:
            self._in_use.remove(token)

    def _list_secrets(self) -> list[str]:
        plain = [self._client_secret, *self._in_use]
        return [text for secret in plain if secret for text in {secret, quote_plus(secret)}]


def _origin(address: str) -> str:
    """Return scheme, host and port of an address, in lower case; empty if it is none."""
    try:
        parts = urlsplit(address.strip())
        _ = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}"
