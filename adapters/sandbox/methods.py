"""Which methods the portal has, and the way to call one: over HTTP or from a batch."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from adapters.sandbox.call import Answer, Caller, Params, is_yes
from adapters.sandbox.errors import RestError
from adapters.sandbox.notify import (
    add_personal_notification,
    add_system_notification,
    delete_notification,
)
from adapters.sandbox.portal import SandboxPortal
from adapters.sandbox.users import get_current_user, get_profile, get_users, search_users

_ALL_SCOPES = (
    "crm",
    "department",
    "disk",
    "im",
    "imbot",
    "log",
    "task",
    "user",
    "user_basic",
    "user_brief",
)
_IM = frozenset({"im"})
_USER = frozenset({"user", "user_basic", "user_brief"})


class Method(Struct, frozen=True):
    """A method, and the permissions of which it takes one; none where anybody may."""

    run: Callable[[SandboxPortal, Caller, Params], Answer]
    scope: frozenset[str] = frozenset()


def get_scope(_portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """List what the caller may do: ``scope``; with ``full`` all that there is.

    Source: https://apidocs.bitrix24.com/api-reference/common/system/scope.html
    """
    return Answer(list(_ALL_SCOPES) if is_yes(params.get("FULL")) else sorted(caller.scope))


def get_application(_portal: SandboxPortal, caller: Caller, _params: Params) -> Answer:
    """Tell about the calling application: ``app.info``.

    Source: https://apidocs.bitrix24.com/api-reference/common/system/app-info.html

    Raises:
        RestError: ``ACCESS_DENIED`` with a webhook.
    """
    if not caller.application:
        description = "Access denied! Application context required"
        raise RestError("ACCESS_DENIED", description, status=400)
    return Answer(
        {
            "ID": 1,
            "CODE": caller.application,
            "VERSION": 1,
            "STATUS": "L",
            "INSTALLED": True,
            "PAYMENT_EXPIRED": "N",
            "DAYS": None,
            "LANGUAGE_ID": "en",
            "LICENSE": "en_ent250",
            "LICENSE_TYPE": "ent250",
            "LICENSE_FAMILY": "ent",
        }
    )


METHODS = {
    "im.notify.personal.add": Method(add_personal_notification, _IM),
    "im.notify.system.add": Method(add_system_notification, _IM),
    "im.notify.delete": Method(delete_notification, _IM),
    "user.get": Method(get_users, _USER),
    "user.search": Method(search_users, _USER),
    "user.current": Method(get_current_user, _USER),
    "profile": Method(get_profile),
    "scope": Method(get_scope),
    "app.info": Method(get_application),
}


def call(portal: SandboxPortal, caller: Caller, method: str, params: Params) -> Answer:
    """Carry out a call; the case of the method's name does not matter.

    Raises:
        RestError: it is refused.
    """
    known = METHODS.get(method.lower())
    if known is None:
        raise RestError("ERROR_METHOD_NOT_FOUND")
    if known.scope and known.scope.isdisjoint(caller.scope):
        raise RestError("insufficient_scope")
    return known.run(portal, caller, params)
