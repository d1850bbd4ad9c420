"""What an installed application was given: tokens, and where they are good for something.

Sources: https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html and
https://apidocs.bitrix24.com/settings/oauth/simple-way.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping


class Grant(Struct, frozen=True, kw_only=True):
    """Implements ``adapters.bitrix24.auth.Credential`` as long as its access token lives.

    Attributes:
        member_id: names the portal, whatever it is called.
        client_endpoint: where the portal's methods are, with a slash at the end.
        server_endpoint: where the tokens come from.
        access_token: goes along with each call.
        refresh_token: good for one exchange for two new tokens.
        application_token: what the portal's events are proved by; empty if it has not been told.
        installed_with: the fingerprint of the refresh token that came with the installation.
    """

    member_id: str
    client_endpoint: str
    server_endpoint: str
    access_token: str
    refresh_token: str
    application_token: str = ""
    installed_with: str = ""

    def __repr__(self) -> str:
        return f"Grant({self.key!r})"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what ``encode`` has written.

        Raises:
            ValueError: it has not; the text is not repeated.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError:
            raise ValueError("these are no tokens") from None

    def encode(self) -> str:
        """Write it down. All of it is secret."""
        return msgspec.json.encode(self).decode()

    @property
    def key(self) -> str:
        """The portal's host."""
        return urlsplit(self.client_endpoint).netloc

    @property
    def secrets(self) -> tuple[str, ...]:
        """Its tokens."""
        tokens = (self.access_token, self.refresh_token, self.application_token)
        return tuple(token for token in tokens if token)

    async def address_of(self, method: str) -> str:
        """Return where to call a method."""
        return f"{self.client_endpoint}{method}.json"

    async def parameters(self) -> Mapping[str, str]:
        """Return the access token."""
        return {"auth": self.access_token}

    async def renew(self, failed_token: str) -> bool:  # noqa: ARG002
        """Return False: a grant stays what it is; ``OAuth`` is what replaces it."""
        return False
