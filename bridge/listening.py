"""Where a server of ours listens."""

from __future__ import annotations

from typing import Final, Self
from urllib.parse import urlsplit

from msgspec import Struct

_LOOKS_LIKE: Final = "must be host and port, like 127.0.0.1:8024"


class ListenAddress(Struct, frozen=True):
    """Host and port; port 0 takes any that is free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``127.0.0.1:8024`` or ``[::1]:8024``.

        Raises:
            ValueError: it is no such address; the message says what one looks like.
        """
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError(_LOOKS_LIKE) from None
        if not host or port is None or parts.netloc != text or parts.username is not None:
            raise ValueError(_LOOKS_LIKE)
        return cls(host, port)

    def url(self, port: int) -> str:
        """Tell the address it is reached at from this machine, once it has a ``port``."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
