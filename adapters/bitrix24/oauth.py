"""Who we are to a portal that our application is installed in.

Source: https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from adapters.bitrix24.grant import Grant
from bridge.errors import PortalError, PortalOnHold, StorageError, TryLater

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from adapters.bitrix24.token_endpoint import TokenEndpoint
    from bridge.credential import StoredCredential
    from bridge.people.identity import PortalId
    from bridge.ports import Clock, Credentials

CLAIM_SECONDS: Final = 60.0
"""How long a renewal may take; one whose process died is taken over after that."""
POLL_SECONDS: Final = 0.2

log = logging.getLogger(__name__)


class OAuth:
    """Implements ``adapters.bitrix24.auth.Credential`` with tokens that are renewed when they end.

    Args:
        portal: whose tokens they are.
        kept: the credential as it was read.
        credentials: where it is kept; all processes that work for the portal share it.
        endpoint: where new tokens come from.
        clock: the time.

    Raises:
        ValueError: what is kept are no tokens.
    """

    def __init__(
        self,
        portal: PortalId,
        kept: StoredCredential,
        *,
        credentials: Credentials,
        endpoint: TokenEndpoint,
        clock: Clock,
    ) -> None:
        self._portal = portal
        self._grant = Grant.decode(kept.secret)
        self._version = kept.version
        self._credentials = credentials
        self._endpoint = endpoint
        self._clock = clock
        self._renewal: asyncio.Task[None] | None = None
        self._unstored: Grant | None = None

    def __repr__(self) -> str:
        return f"OAuth({self.key!r})"

    @property
    def key(self) -> str:
        """The portal's host."""
        return self._grant.key

    @property
    def secrets(self) -> Collection[str]:
        """The tokens of this moment."""
        return self._grant.secrets

    async def address_of(self, method: str) -> str:
        """Return where to call a method."""
        return await self._grant.address_of(method)

    async def parameters(self) -> Mapping[str, str]:
        """Return the access token."""
        return await self._grant.parameters()

    async def renew(self, failed_token: str) -> bool:
        """Replace the tokens, once for all who ask, in whatever process; True when it is done.

        Raises:
            PortalOnHold: an administrator must install the application again.
            TryLater: it could not be done now.
        """
        if failed_token == self._grant.access_token:
            if self._renewal is None:
                self._renewal = asyncio.create_task(self._renew(failed_token))
                self._renewal.add_done_callback(self._forget_renewal)
            # Once begun it must end, whoever loses patience: only one refresh token is alive.
            await asyncio.shield(self._renewal)
        return True

    async def aclose(self) -> None:
        """Wait until a renewal that has begun is stored."""
        if self._renewal:
            await asyncio.wait([self._renewal])

    def _forget_renewal(self, renewal: asyncio.Task[None]) -> None:
        self._renewal = None
        if not renewal.cancelled() and renewal.exception():
            log.warning("The tokens of %s were not renewed: %s", self.key, renewal.exception())

    async def _renew(self, failed_token: str) -> None:
        try:
            while self._grant.access_token == failed_token:
                if not await self._go_forward():
                    await asyncio.sleep(POLL_SECONDS)
        except StorageError as error:
            raise TryLater("TOKEN_NOT_STORED", str(error)) from None

    async def _go_forward(self) -> bool:
        """Renew, or take what is newer than ours; False while another process is at it."""
        kept = await self._credentials.read(self._portal)
        if kept is None:
            raise PortalOnHold("APP_UNINSTALLED", "the application is not installed any more")
        if kept.version != self._version:
            self._take(kept)
            return True
        if self._unstored is None:
            until = self._clock.now() + timedelta(seconds=CLAIM_SECONDS)
            if not await self._credentials.claim(self._portal, kept.version, until):
                return False
            self._unstored = await self._exchange()
        # Stored before it is used: a process that ends in between leaves the living token behind.
        if await self._credentials.replace(self._portal, self._version, self._unstored.encode()):
            self._grant, self._version = self._unstored, self._version + 1
            self._unstored = None
            log.info("The tokens of %s were renewed", self.key)
        return True

    async def _exchange(self) -> Grant:
        old = self._grant
        try:
            new = await self._endpoint.exchange(old.refresh_token, old.server_endpoint)
            if new.member_id != old.member_id:
                raise PortalOnHold("FOREIGN_MEMBER", "the server gave tokens of another portal")
        except PortalError:
            with suppress(StorageError):
                await self._credentials.abandon(self._portal, self._version)
            raise
        return replace(
            new, application_token=old.application_token, installed_with=old.installed_with
        )

    def _take(self, kept: StoredCredential) -> None:
        self._unstored = None
        try:
            self._grant, self._version = Grant.decode(kept.secret), kept.version
        except ValueError:
            raise PortalOnHold("NOT_INSTALLED", "the portal is reached another way now") from None
