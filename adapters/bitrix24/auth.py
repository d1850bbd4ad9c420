"""Who we are to a portal: what every credential can do, and the incoming webhook.

Source: https://apidocs.bitrix24.com/local-integrations/local-webhooks.html
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, Self

import httpx

from bridge.people.identity import BitrixUserId

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PATH: Final = re.compile(r"/rest/([1-9][0-9]{0,17})/([A-Za-z0-9_-]+)(?:/[A-Za-z0-9_.]*)?/?")
_HOST: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_PORTS: Final = range(1, 65536)
_LOOKS_LIKE: Final = "a webhook's address looks like https://<portal>/rest/<user id>/<code>/"


class Credential(Protocol):
    """What lets the bridge call a portal; asked anew for each request, since tokens change."""

    @property
    def key(self) -> str:
        """The portal's host, with its port unless that is the usual one; names the portal."""
        ...

    @property
    def secrets(self) -> Collection[str]:
        """What must be hidden from logs and errors at this moment; no empty strings."""
        ...

    async def address_of(self, method: str) -> str:
        """Return where to call a method; never to be shown."""
        ...

    async def parameters(self) -> Mapping[str, str]:
        """Return what goes along with the parameters of every call: ``auth``, the token, if any."""
        ...

    async def renew(self, failed_token: str) -> bool:
        """Replace a token that the portal called expired; ``failed_token`` is its ``auth``.

        However many calls ask for the same one, it is replaced once; if the current one is another
        already, there is nothing to do. Returns whether it is worth calling again.

        Raises:
            PortalError: it could not be replaced.
        """
        ...


@dataclass(frozen=True, slots=True)
class Webhook:
    """An incoming webhook: its address is the credential, so it shows only the harmless part.

    Attributes:
        key: the portal's host, with its port unless that is the usual one; names the portal.
        user_id: the person in whose name everything is sent.
        scheme: ``https``, or ``http`` to this machine alone.
        secret: the code in the address.
    """

    key: str
    user_id: BitrixUserId
    scheme: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read the address as the portal's page shows it, with or without a method at its end.

        Raises:
            ValueError: it is none; the message says what is wrong without showing the address.
        """
        try:
            address = httpx.URL(url.strip())
            host = address.host
        except (httpx.InvalidURL, UnicodeError):  # the second: a host that IDNA forbids
            raise ValueError(_LOOKS_LIKE) from None
        key, found = address.netloc.decode("ascii"), _PATH.fullmatch(address.path)
        if found is None or address.scheme not in {"http", "https"} or not _HOST.fullmatch(key):
            raise ValueError(_LOOKS_LIKE)
        if address.port is not None and address.port not in _PORTS:
            raise ValueError(f"{_LOOKS_LIKE}; there is no such port")
        if address.userinfo or address.query or address.fragment:
            raise ValueError(f"{_LOOKS_LIKE}, with nothing before the host or after the code")
        if address.scheme == "http" and not is_loopback(host):
            raise ValueError("a webhook's address must begin with https://")
        return cls(key, BitrixUserId(int(found[1])), address.scheme, found[2])

    @property
    def secrets(self) -> Collection[str]:
        """The code: it stands in the address of every call."""
        return (self.secret,)

    async def address_of(self, method: str) -> str:
        """Return where to call a method. The address holds the secret: never show it."""
        return f"{self.scheme}://{self.key}/rest/{self.user_id}/{self.secret}/{method}.json"

    async def parameters(self) -> Mapping[str, str]:
        """Return nothing: the address says it all."""
        return {}

    async def renew(self, failed_token: str) -> bool:  # noqa: ARG002
        """Return False: only the portal's administrator can make another webhook."""
        return False


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
