"""Which methods the portal has, and the way to call one: over HTTP or from another method."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from adapters.sandbox.call import Answer, Caller, Params, is_yes
from adapters.sandbox.errors import RestError
from adapters.sandbox.notify import add_personal_notification
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.users import get_current_user, get_profile, get_users

_ALL_SCOPES = ("crm", "department", "disk", "im", "imbot", "log", "task", "user", "user_basic")


class Method(Struct, frozen=True):
    """A method, and the permission that it takes; empty where anybody may."""

    run: Callable[[SandboxPortal, Caller, Params], Answer]
    scope: str = ""


def get_scope(_portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """List what the caller may do: ``scope``; with ``full`` all that there is.

    Source: https://apidocs.bitrix24.com/api-reference/common/system/scope.html
    """
    return Answer(list(_ALL_SCOPES) if is_yes(params.get("FULL")) else sorted(caller.scope))


METHODS = {
    "im.notify.personal.add": Method(add_personal_notification, "im"),
    "user.get": Method(get_users, "user"),
    "user.current": Method(get_current_user, "user"),
    "profile": Method(get_profile),
    "scope": Method(get_scope),
}


def call(portal: SandboxPortal, caller: Caller, method: str, params: Params) -> Answer:
    """Carry out a call; the case of the method's name does not matter.

    Raises:
        RestError: it is refused.
    """
    known = METHODS.get(method.lower())
    if known is None:
        raise RestError("ERROR_METHOD_NOT_FOUND")
    if known.scope and known.scope not in caller.scope:
        raise RestError("insufficient_scope")
    return known.run(portal, caller, params)
