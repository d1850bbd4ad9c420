"""What an administrator must do about a portal, by the code of its hold."""

from __future__ import annotations

from typing import Final

_INSTALL: Final = "install the application in the portal again"
_WEBHOOK: Final = (
    "make a new incoming webhook in the portal, and set it or pipe it to b24bridge portals add"
)
_WORDS: Final = {
    "HELD": "b24bridge portals release {name}",
    "REMOVED": "b24bridge portals add, or remove {name} --move-to its new host",
    "NOT_CONNECTED": (
        "its webhook is not set any more: set it again, add it with b24bridge portals add, or if "
        "the portal has a new host: b24bridge portals remove {name} --move-to the new host"
    ),
    "APP_UNINSTALLED": _INSTALL,
    "INVALID_GRANT": _INSTALL,
    "EXPIRED_TOKEN": _INSTALL,
    "INVALID_CLIENT": "are B24BRIDGE_BITRIX24_CLIENT_ID and _CLIENT_SECRET those of the portal's "
    "form?",
    "PAYMENT_REQUIRED": "the portal's subscription has ended: renew it",
    "NO_AUTH_FOUND": _WEBHOOK,
    "INVALID_CREDENTIALS": _WEBHOOK,
    "AUTHORIZATION_ERROR": _WEBHOOK,
    "INSUFFICIENT_SCOPE": "give the webhook or application the permissions im and user",
    "ACCESS_DENIED": "the portal's plan or its administrator does not allow REST to this user",
    "USER_ACCESS_ERROR": "the portal does not allow the application to this user",
    "WRONG_AUTH_TYPE": _WEBHOOK,
    "APPLICATION_NOT_FOUND": _INSTALL,
    "OVERLOAD_LIMIT": "Bitrix24 has blocked the portal's REST: ask its support",
    "PORTAL_DELETED": "the portal does not exist any more: b24bridge portals remove {name}",
    "PORTAL_MOVED": "the portal has a new host: set a webhook of that one, then b24bridge portals "
    "remove {name} --move-to the new host",
    "INVALID_REQUEST": "the webhook's address must begin with https://",
}


def what_to_do(code: str, name: str) -> str:
    """Tell what ends the hold of a portal called ``name``; nothing if it has none.

    A code that is not known is asked about by ``b24bridge portals check``.
    """
    if not code:
        return ""
    return _WORDS.get(code, "b24bridge portals check {name} tells more").format(name=name)
