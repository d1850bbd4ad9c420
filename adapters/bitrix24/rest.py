"""One method call over HTTP: the answer, or the error it means.

Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/general-principles.html
"""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final

import httpx
import msgspec

from adapters.bitrix24.answers import Answer, answer_from, read_bounded
from adapters.bitrix24.errors import error_from, error_from_failure
from adapters.bitrix24.masking import Mask
from adapters.bitrix24.moving import FOLLOWED, Moves
from bridge.errors import OutcomeUnknown, PortalOnHold, TryLater

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.bitrix24.answers import Times
    from adapters.bitrix24.auth import Credential
    from adapters.bitrix24.bucket import Place
    from adapters.bitrix24.turns import Turns
    from bridge.errors import PortalError

CONNECT_SECONDS: Final = 10.0
EXPIRED: Final = "EXPIRED_TOKEN"

_HEADERS: Final = {
    "Accept": "application/json",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "b24bridge",
}


class Rest:
    """Calls a portal's methods; repeats one only when the credential had expired or it has moved.

    Args:
        credential: who calls.
        turns: says when.
        timeout_seconds: the longest a call may take from beginning to end.
        transport: stands in for the network.
    """

    def __init__(
        self,
        credential: Credential,
        turns: Turns,
        timeout_seconds: float,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._credential = credential
        self._turns = turns
        self._moves = Moves()
        self._timeout_seconds = timeout_seconds
        self._mask = Mask(lambda: credential.secrets)
        self._mask.guard_logs()
        # A connection has time for both its steps, TCP and TLS, before the whole call is over:
        # only then is a timeout that ended the call sure to have come after the connection.
        connect_seconds = min(CONNECT_SECONDS, timeout_seconds / 3)
        self._client = httpx.AsyncClient(
            headers=_HEADERS,
            timeout=httpx.Timeout(timeout_seconds, connect=connect_seconds),
            # A portal's session cookie would turn the next call into one by session.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            # Plain http goes to this machine alone, where no proxy stands between.
            mounts={"http://": None},
            transport=transport,
        )

    async def call(
        self, method: str, parameters: Mapping[str, object], place: Place | None = None
    ) -> Answer:
        """Call a method once, when it is its turn.

        Args:
            method: its name.
            parameters: texts, numbers and what JSON makes of them.
            place: whose turn it is already.

        Raises:
            PortalError: there is no clear yes; which kind says whether the call was carried out.
        """
        place = place or await self._turns.take((method,))
        address, ours = await self._prepare(method, place)
        try:
            return await self._call_once(method, address, {**parameters, **ours}, place)
        except PortalOnHold as error:
            # Refused before anything was done, so calling again is no second attempt.
            if error.code != EXPIRED or not await self.renew(ours.get("auth", "")):
                raise
        place = await self._turns.take((method,))
        address, ours = await self._prepare(method, place)
        return await self._call_once(method, address, {**parameters, **ours}, place)

    async def read_token(self) -> str:
        """Return the token that the next call goes with; empty if there is none."""
        return (await self._credential.parameters()).get("auth", "")

    async def renew(self, failed_token: str) -> bool:
        """Replace a token that the portal called expired; tell whether to call again."""
        return await self._credential.renew(failed_token)

    def note_operating(self, method: str, times: Times) -> None:
        """Read from an answer how near a method is to its time limit."""
        self._turns.operating.note(method, times, asyncio.get_running_loop().time())

    def heed_time_limit(self, method: str, error: PortalError) -> None:
        """When a method has reached its time limit: have it wait until a part is forgotten."""
        if isinstance(error, TryLater) and error.code == "OPERATION_TIME_LIMIT":
            now = asyncio.get_running_loop().time()
            known_seconds = self._turns.operating.exhaust(method, now)
            error.retry_after_seconds = known_seconds or error.retry_after_seconds

    def hide(self, text: str) -> str:
        """Return a text without the credential's secrets."""
        return self._mask.hide(text)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        self._mask.release_logs()

    async def _prepare(self, method: str, place: Place) -> tuple[str, Mapping[str, str]]:
        try:
            address = await self._credential.address_of(method)
            return self._moves.follow(address), await self._credential.parameters()
        except BaseException:
            self._turns.give_back(place)
            raise

    async def _call_once(
        self, method: str, address: str, parameters: Mapping[str, object], place: Place
    ) -> Answer:
        content = msgspec.json.encode(parameters)
        outcome, redirect = await self._post(address, content, place)
        if redirect and self._moves.note(address, redirect):
            # The old address did nothing: this is no second attempt either.
            place = await self._turns.take((method,))
            outcome, _ = await self._post(self._moves.follow(address), content, place)
        if isinstance(outcome, Answer):
            self.note_operating(method, outcome.times)
            return outcome
        self.heed_time_limit(method, outcome)
        raise outcome

    async def _post(
        self, address: str, content: bytes, place: Place
    ) -> tuple[Answer | PortalError, str]:
        """Return what came of a request, and where it is sent instead, if it is."""
        try:
            status, headers, body = await self._exchange(address, content)
            answer = answer_from(status, body)
        except BaseException:
            self._turns.settle(place, "UNKNOWN")
            raise
        if answer:
            self._turns.settle(place, duration_seconds=answer.times.duration_seconds or 0.0)
            return answer, ""
        error = error_from(status, body, headers, hide=self._mask.hide)
        self._turns.settle(place, error.code)
        return error, headers.get("location", "") if status in FOLLOWED else ""

    async def _exchange(self, address: str, content: bytes) -> tuple[int, httpx.Headers, bytes]:
        try:
            # httpx limits each read; a portal that drips its answer must end, too.
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._client.stream("POST", address, content=content) as response,
            ):
                return response.status_code, response.headers, await read_bounded(response)
        except httpx.HTTPError as error:
            # The foreign error knows the address of its request, so it is not chained.
            raise error_from_failure(error, hide=self._mask.hide) from None
        except TimeoutError:
            raise OutcomeUnknown("TIMEOUT", "the whole call took too long") from None
        except OSError as error:
            # TLS that breaks within the answer passes through httpx as it is.
            raise OutcomeUnknown("CONNECTION_BROKEN", type(error).__name__) from None
