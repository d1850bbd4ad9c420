"""Makes the clients of portals, however they are reached."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from adapters.bitrix24.auth import Webhook
from adapters.bitrix24.bucket import Limit
from adapters.bitrix24.client import Bitrix24Portal
from adapters.bitrix24.oauth import OAuth
from adapters.bitrix24.operating import Operating
from adapters.bitrix24.token_endpoint import TokenEndpoint
from adapters.bitrix24.turns import Turns
from bridge.credential import PortalKind
from bridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from adapters.bitrix24.auth import Credential
    from adapters.cli.stores import PortalRecord, Stores
    from bridge.people.identity import PortalId
    from bridge.ports import Clock, Credentials
    from bridge.settings import Settings


class Clients:
    """What portals are reached with.

    Args:
        make_turns: makes what says when a request to a portal may leave.
        credentials: of the portals in the database.
        clock: the time.
        webhook: the one of the settings, if there is one, and the portal it belongs to.
        endpoint: renews the tokens of installed applications; None without one.
        timeout_seconds: for a request to a portal.
    """

    def __init__(  # noqa: PLR0913
        self,
        make_turns: Callable[[PortalId], Turns],
        credentials: Credentials,
        clock: Clock,
        *,
        webhook: tuple[PortalId, Webhook] | None,
        endpoint: TokenEndpoint | None,
        timeout_seconds: float,
    ) -> None:
        self._make_turns = make_turns
        self._credentials = credentials
        self._clock = clock
        self._webhook = webhook
        self._endpoint = endpoint
        self._timeout_seconds = timeout_seconds

    def can_reach(self, record: PortalRecord) -> bool:
        """Tell whether there is a credential for a portal."""
        if record.kind is PortalKind.SETTINGS:
            return self._webhook is not None and self._webhook[0] == record.id
        return record.connected_at is not None

    async def open(self, record: PortalRecord, stack: AsyncExitStack) -> Bitrix24Portal:
        """Make the client of a portal that can be reached; the stack closes it.

        Raises:
            ConfigError: a setting is missing or wrong.
        """
        credential = await self._credential(record, stack)
        turns = self._make_turns(record.id)
        portal = Bitrix24Portal(credential, turns=turns, timeout_seconds=self._timeout_seconds)
        return await stack.enter_async_context(portal)

    async def _credential(self, record: PortalRecord, stack: AsyncExitStack) -> Credential:
        if record.kind is PortalKind.SETTINGS and self._webhook:
            return self._webhook[1]
        kept = await self._credentials.read(record.id)
        if kept is None:
            raise ConfigError([f"{record.name} has no credential any more"])
        try:
            if record.kind is PortalKind.WEBHOOK:
                return Webhook.parse(kept.secret)
            if self._endpoint is None:
                problem = "B24BRIDGE_BITRIX24_CLIENT_ID and _CLIENT_SECRET are missing"
                raise ConfigError([f"{problem}: {record.name} has the application installed"])
            oauth = OAuth(
                record.id,
                kept,
                credentials=self._credentials,
                endpoint=self._endpoint,
                clock=self._clock,
            )
        except ValueError:
            raise ConfigError([f"The credential of {record.name} cannot be read"]) from None
        stack.push_async_callback(oauth.aclose)
        return oauth


@asynccontextmanager
async def open_clients(settings: Settings, stores: Stores) -> AsyncIterator[Clients]:
    """Make what portals are reached with, without a bridge.

    Raises:
        ConfigError: the webhook of the settings cannot be one.
    """
    async with AsyncExitStack() as stack:
        endpoint = open_endpoint(settings, stack)
        yield await make_clients(settings, stores, read_webhook(settings), endpoint)


def read_webhook(settings: Settings) -> Webhook | None:
    """Read the webhook of the settings; None if there is none.

    Raises:
        ConfigError: it cannot be one.
    """
    if settings.portal_webhook is None:
        return None
    try:
        return Webhook.parse(settings.portal_webhook.get_secret_value())
    except ValueError as error:
        raise ConfigError([f"B24BRIDGE_PORTAL_WEBHOOK: {error}"]) from None


async def make_clients(
    settings: Settings, stores: Stores, webhook: Webhook | None, endpoint: TokenEndpoint | None
) -> Clients:
    """Make what the portals of a database are reached with.

    Args:
        settings: the limits.
        stores: their credentials, and how full their buckets are.
        webhook: the one of the settings; None without one.
        endpoint: renews the tokens of installed applications; None without one.
    """
    ours = None
    if webhook:
        ours = await stores.portals.ensure(webhook.key, webhook.key), webhook
    return Clients(
        partial(make_turns, settings, stores),
        stores.credentials,
        stores.clock,
        webhook=ours,
        endpoint=endpoint,
        timeout_seconds=settings.portal_timeout_seconds,
    )


def make_turns(settings: Settings, stores: Stores, portal: PortalId) -> Turns:
    """Make what says when a request to a portal may leave; it remembers across restarts."""
    return Turns(
        Limit.parse(settings.portal_limit),
        Operating(settings.portal_operating_seconds),
        load=partial(stores.portals.read_level, portal),
        save=partial(stores.portals.save_level, portal),
        clock=stores.clock,
    )


def open_endpoint(settings: Settings, stack: AsyncExitStack) -> TokenEndpoint | None:
    """Make what renews tokens; None if the settings name no application. The stack closes it."""
    client_id, secret = settings.bitrix24_client_id, settings.bitrix24_client_secret
    if not client_id or not secret:
        return None
    own_server = settings.bitrix24_oauth_url or ""
    endpoint = TokenEndpoint(client_id, secret.get_secret_value(), own_server)
    stack.push_async_callback(endpoint.aclose)
    return endpoint
