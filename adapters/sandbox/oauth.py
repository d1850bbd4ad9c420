"""Local applications and their tokens: what the authorization server of a portal knows."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from adapters.sandbox.call import Caller
from adapters.sandbox.errors import RestError
from adapters.sandbox.people import OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.ports import Clock

_CODE_LIFETIME = timedelta(seconds=30)


class Application(Struct, frozen=True, kw_only=True):
    """A local application of the portal.

    Attributes:
        user_id: who installs it, and in whose name it calls.
        application_token: what its events are proved with.
    """

    client_id: str = "local.sandbox"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 (known to everybody)
    scope: frozenset[str] = frozenset({"im", "user"})
    user_id: int = OWNER_ID
    application_token: str = "sandbox-application-token"  # noqa: S105 (known to everybody)


class Grant(Struct, frozen=True):
    """A pair of tokens; the lifetime is that of the first one."""

    application: Application
    access_token: str
    refresh_token: str
    lifetime: timedelta
    expires_at: datetime
    refreshable_until: datetime


class OAuthServer:
    """Gives tokens to applications and tells who calls with one.

    Source: https://apidocs.bitrix24.com/settings/oauth/index.html

    Attributes:
        applications: what is installed, by ``client_id``.
        access_lifetime: how long an access token lives.
        refresh_lifetime: how long a refresh token lives, if it is not used.
        refreshes: how often tokens were renewed.
        refused: how often the token endpoint refused.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.applications: dict[str, Application] = {}
        self.access_lifetime = timedelta(hours=1)
        self.refresh_lifetime = timedelta(days=180)
        self.refreshes = 0
        self.refused = 0
        self._by_access_token: dict[str, Grant] = {}
        self._by_refresh_token: dict[str, Grant] = {}
        self._codes: dict[str, tuple[Application, datetime]] = {}

    def grant(self, application: Application) -> Grant:
        """Install an application, if it is not, and give it a pair of tokens."""
        self.applications[application.client_id] = application
        now = self._clock.now()
        grant = Grant(
            application,
            secrets.token_hex(16),
            secrets.token_hex(16),
            self.access_lifetime,
            now + self.access_lifetime,
            now + self.refresh_lifetime,
        )
        self._by_access_token[grant.access_token] = grant
        self._by_refresh_token[grant.refresh_token] = grant
        return grant

    def make_code(self, application: Application) -> str:
        """Return what a person brings an application that they allowed; it lives for 30 seconds."""
        code = secrets.token_hex(16)
        self._codes[code] = application, self._clock.now() + _CODE_LIFETIME
        return code

    def expire(self) -> None:
        """Let all access tokens expire; they can be renewed."""
        now = self._clock.now()
        for token, grant in self._by_access_token.items():
            self._by_access_token[token] = msgspec.structs.replace(grant, expires_at=now)

    def remove(self, application: Application) -> None:
        """Uninstall an application: its tokens are worth nothing any more."""
        self.applications.pop(application.client_id, None)

    def renew(self, request: Mapping[str, str]) -> Grant:
        """Answer a request for tokens.

        The refresh token that it was made with is of no further use.

        Raises:
            RestError: ``invalid_request``, ``unsupported_grant_type``, ``invalid_client`` or
                ``invalid_grant``.
        """
        try:
            return self._renew(request)
        except RestError:
            self.refused += 1
            raise

    def find_caller(self, access_token: str) -> Caller:
        """Tell who calls with a token.

        Raises:
            RestError: ``NO_AUTH_FOUND``, ``expired_token`` or ``APPLICATION_NOT_FOUND``.
        """
        grant = self._by_access_token.get(access_token)
        if grant is None:
            raise RestError("NO_AUTH_FOUND")
        application = grant.application
        if application.client_id not in self.applications:
            raise RestError("APPLICATION_NOT_FOUND")
        if self._clock.now() >= grant.expires_at:
            raise RestError("expired_token")
        return Caller(application.user_id, application.scope, application.client_id)

    def _renew(self, request: Mapping[str, str]) -> Grant:
        grant_type = request.get("grant_type", "")
        if not grant_type:
            raise RestError("invalid_request")
        application = self.applications.get(request.get("client_id", ""))
        secret = request.get("client_secret", "")
        if application is None or not compare_digest(
            secret.encode(errors="replace"), application.client_secret.encode()
        ):
            raise RestError("invalid_client")
        if grant_type == "refresh_token":
            self._use_refresh_token(request.get("refresh_token", ""), application)
        elif grant_type == "authorization_code":
            self._use_code(request.get("code", ""), application)
        else:
            raise RestError("unsupported_grant_type")
        return self.grant(application)

    def _use_refresh_token(self, token: str, application: Application) -> None:
        grant = self._by_refresh_token.get(token)
        if (
            grant is None
            or grant.application != application
            or self._clock.now() >= grant.refreshable_until
        ):
            raise RestError("invalid_grant")
        del self._by_refresh_token[token]
        self.refreshes += 1

    def _use_code(self, code: str, application: Application) -> None:
        owner, until = self._codes.pop(code, (None, self._clock.now()))
        if owner != application or self._clock.now() >= until:
            raise RestError("invalid_grant")
