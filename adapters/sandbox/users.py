"""The methods about people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sandbox.call import Answer, is_yes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.sandbox.call import Caller, Params
    from adapters.sandbox.people import Person
    from adapters.sandbox.portal import SandboxPortal

_PAGE = 50
_FILTERS = frozenset({"ID", "ACTIVE", "NAME", "LAST_NAME", "EMAIL", "WORK_POSITION", "USER_TYPE"})


def get_users(portal: SandboxPortal, _caller: Caller, params: Params) -> Answer:
    """List people, 50 at a time: ``user.get``.

    Fields to filter by stand in ``FILTER`` or among the parameters; each may have several values.
    Dismissed people are listed, too, and a field that is not known does not filter. With a
    negative ``start`` nothing is counted.

    Source: https://apidocs.bitrix24.com/api-reference/user/user-get.html
    """
    asked = params.get("FILTER")
    wanted = _wanted(asked if isinstance(asked, dict) else params.values)
    users = _sorted([u for u in map(_user, portal.people) if _matches(u, wanted)], params)
    start = params.number("START")
    if start < 0:
        return Answer(users[:_PAGE])
    following = start + _PAGE
    has_more = following < len(users)
    return Answer(users[start:following], following if has_more else None, len(users))


def get_current_user(portal: SandboxPortal, caller: Caller, _params: Params) -> Answer:
    """Show the owner of the webhook: ``user.current``.

    Source: https://apidocs.bitrix24.com/api-reference/user/user-current.html
    """
    return Answer(_user(_owner(portal, caller)))


def get_profile(portal: SandboxPortal, caller: Caller, _params: Params) -> Answer:
    """Show who the owner of the webhook is, in short: ``profile``.

    Source: https://apidocs.bitrix24.com/api-reference/common/users/profile.html
    """
    owner = _owner(portal, caller)
    return Answer(
        {
            "ID": str(owner.id),
            "ADMIN": True,
            "NAME": owner.name,
            "LAST_NAME": owner.last_name,
            "PERSONAL_GENDER": "",
            "TIME_ZONE": "",
        }
    )


def _owner(portal: SandboxPortal, caller: Caller) -> Person:
    return next(person for person in portal.people if person.id == caller.user_id)


def _user(person: Person) -> dict[str, object]:
    return {
        "ID": str(person.id),
        "ACTIVE": person.active,
        "NAME": person.name,
        "LAST_NAME": person.last_name,
        "EMAIL": person.email,
        "WORK_POSITION": person.work_position,
        "UF_DEPARTMENT": [1],
        "USER_TYPE": "employee",
    }


def _wanted(asked: Mapping[str, object]) -> dict[str, set[str]]:
    """Collect the values that a field may have; ``=`` or ``@`` before its name changes nothing."""
    wanted = {}
    for prefixed, value in asked.items():
        name = prefixed.upper().lstrip("=@")
        if name in _FILTERS:
            values = value if isinstance(value, list) else [value]
            wanted[name] = {_comparable(name, item) for item in values}
    return wanted


def _matches(user: dict[str, object], wanted: dict[str, set[str]]) -> bool:
    return all(_comparable(name, user[name]) in values for name, values in wanted.items())


def _comparable(name: str, value: object) -> str:
    # The portal's database compares without regard to case.
    return str(is_yes(value)) if name == "ACTIVE" else str(value).casefold()


def _sorted(users: list[dict[str, object]], params: Params) -> list[dict[str, object]]:
    asked = params.text("SORT").upper()
    field = asked if asked in _FILTERS else "ID"
    is_descending = params.text("ORDER").upper() == "DESC"
    return sorted(
        users,
        key=lambda u: (len(str(u["ID"])) if field == "ID" else 0, str(u[field])),
        reverse=is_descending,
    )
