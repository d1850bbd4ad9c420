"""Where a portal is reached that has been renamed.

Source: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/change-domen.html
"""

from __future__ import annotations

import logging
import re
from typing import Final

import httpx

from adapters.bitrix24.auth import is_loopback

FOLLOWED: Final = frozenset({301, 302, 307, 308})
"""The statuses that have the same request posted again, whatever their names say."""

_VENDORS: Final = re.compile(
    r"[a-z0-9-]+\.bitrix24\."
    r"(com|com\.br|com\.tr|ru|by|kz|uz|az|kg|ua|de|eu|es|fr|it|pl|uk|in|id|vn|jp|cn|mx|co|tech)"
)
"""The domains that the vendor gives to portals; others of that name anybody may have."""

_logger = logging.getLogger(__name__)


class Moves:
    """Remembers, while the process lives, where portals have moved to."""

    def __init__(self) -> None:
        self._moved: dict[str, httpx.URL] = {}

    def follow(self, address: str) -> str:
        """Return where to call instead of an address; mostly the address itself."""
        url = httpx.URL(address)
        target = self._moved.get(_origin(url))
        return str(_replaced(url, target)) if target else address

    def note(self, called: str, location: str) -> bool:
        """Read where a request is sent instead; tell whether it is to be posted again there.

        Only to the same path, at the host that was called or a Bitrix24 one: the request holds the
        credential. Never without encryption, this machine aside.
        """
        old = httpx.URL(called)
        new = _target(old, location)
        if new is None or new == old or not _is_trusted(old, new):
            return False
        for known, target in self._moved.items():
            if _origin(target) == _origin(old):
                self._moved[known] = new
        self._moved[_origin(old)] = new
        _logger.warning("The portal has moved to %s: enter its new address", _origin(new))
        return True


def _target(old: httpx.URL, location: str) -> httpx.URL | None:
    try:
        new = old.join(location)
    except (httpx.InvalidURL, UnicodeError):
        return None
    is_same_call = new.path == old.path and not new.userinfo
    return _replaced(old, new) if is_same_call else None


def _is_trusted(old: httpx.URL, new: httpx.URL) -> bool:
    if new.scheme == "http":
        return is_loopback(old.host) and is_loopback(new.host)
    if new.scheme != "https":
        return False
    is_vendors = _VENDORS.fullmatch(new.host) is not None and new.port is None
    return new.host == old.host or is_vendors


def _replaced(url: httpx.URL, target: httpx.URL) -> httpx.URL:
    return url.copy_with(scheme=target.scheme, host=target.host, port=target.port)


def _origin(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")
