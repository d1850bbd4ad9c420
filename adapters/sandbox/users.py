"""The methods about people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sandbox.call import Answer
from adapters.sandbox.user_filter import UserFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.sandbox.call import Caller, Params
    from adapters.sandbox.people import Person
    from adapters.sandbox.portal import SandboxPortal
    from adapters.sandbox.user_filter import User

_PAGE = 50
_SEARCHED = ("NAME", "LAST_NAME", "WORK_POSITION")


def get_users(portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """List people, 50 at a time: ``user.get``.

    Fields to filter by stand in ``FILTER`` or among the parameters; each may have several values.
    Dismissed people are listed, too. A field that is not known, or that the caller's scope does not
    show, does not filter. With a negative ``start`` nothing is counted.

    Source: https://apidocs.bitrix24.com/api-reference/user/user-get.html
    """
    users = _visible(portal, caller)
    asked = params.get("FILTER")
    wanted = UserFilter(asked if isinstance(asked, dict) else params.values, _shown(caller))
    return _page([user for user in users if wanted.matches(user)], params)


def search_users(portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """Find people by name or position: ``user.search``, with ``FIND`` or a pattern for each field.

    Every word of ``FIND`` must begin a word of one of the fields.

    Source: https://apidocs.bitrix24.com/api-reference/user/user-search.html
    """
    asked = params.get("FILTER")
    fields = asked if isinstance(asked, dict) else params.values
    patterns = {name.upper(): str(value) for name, value in fields.items()}
    users: Iterable[User] = _visible(portal, caller)
    if found := patterns.get("FIND"):
        users = [user for user in users if _speaks_of(user, _SEARCHED, found)]
    else:
        for name in patterns.keys() & set(_SEARCHED):
            users = [user for user in users if _speaks_of(user, (name,), patterns[name])]
        others = {n: v for n, v in fields.items() if n.upper() not in _SEARCHED}
        wanted = UserFilter(others, _shown(caller))
        users = [user for user in users if wanted.matches(user)]
    return _page(list(users), params)


def get_current_user(portal: SandboxPortal, caller: Caller, _params: Params) -> Answer:
    """Show who calls: ``user.current``.

    Source: https://apidocs.bitrix24.com/api-reference/user/user-current.html
    """
    return Answer(_show(_self(portal, caller), caller))


def get_profile(portal: SandboxPortal, caller: Caller, _params: Params) -> Answer:
    """Show who calls, in short: ``profile``.

    Source: https://apidocs.bitrix24.com/api-reference/common/users/profile.html
    """
    person = _self(portal, caller)
    return Answer(
        {
            "ID": str(person.id),
            "ADMIN": person.id == portal.owner_id,
            "NAME": person.name,
            "LAST_NAME": person.last_name,
            "PERSONAL_GENDER": "",
            "TIME_ZONE": "",
        }
    )


def _self(portal: SandboxPortal, caller: Caller) -> Person:
    return next(person for person in portal.people if person.id == caller.user_id)


def _visible(portal: SandboxPortal, caller: Caller) -> list[User]:
    return [_show(person, caller) for person in portal.people]


def _show(person: Person, caller: Caller) -> User:
    shown = _shown(caller)
    user = {
        "ID": str(person.id),
        "ACTIVE": person.active,
        "NAME": person.name,
        "LAST_NAME": person.last_name,
        "EMAIL": person.email,
        "WORK_POSITION": person.work_position,
        "UF_DEPARTMENT": [1],
        "USER_TYPE": "employee",
    }
    return {name: value for name, value in user.items() if name in shown}


def _shown(caller: Caller) -> frozenset[str]:
    """Return the fields of people that a scope shows.

    Source: https://apidocs.bitrix24.com/api-reference/user/user-scope.html
    """
    brief = frozenset({"ID", "ACTIVE", "NAME", "LAST_NAME", "WORK_POSITION", "UF_DEPARTMENT"})
    if "user" in caller.scope:
        return brief | {"EMAIL", "USER_TYPE"}
    return brief | {"EMAIL"} if "user_basic" in caller.scope else brief


def _speaks_of(user: User, fields: Iterable[str], asked: str) -> bool:
    words = " ".join(str(user.get(field, "")) for field in fields).casefold().split()
    # A pattern may end in the percent sign of SQL.
    starts = asked.casefold().replace("%", " ").split()
    return all(any(word.startswith(start) for word in words) for start in starts)


def _page(users: list[User], params: Params) -> Answer:
    users = _sorted(users, params)
    start = params.number("START")
    if start < 0:
        return Answer(users[:_PAGE])
    following = start + _PAGE
    has_more = following < len(users)
    return Answer(users[start:following], following if has_more else None, len(users))


def _sorted(users: list[User], params: Params) -> list[User]:
    asked = params.text("SORT").upper()
    field = asked if users and asked in users[0] else "ID"
    return sorted(
        users,
        key=lambda user: (len(str(user["ID"])) if field == "ID" else 0, str(user[field])),
        reverse=params.text("ORDER").upper() == "DESC",
    )
