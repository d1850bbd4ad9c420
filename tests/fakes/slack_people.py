"""The people, groups and permissions of a Slack team.

Sources: https://docs.slack.dev/reference/objects/user-object/,
https://docs.slack.dev/reference/methods/users.list/ (and ``users.info``,
``usergroups.users.list``)
"""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

_NEEDED: Final = {
    "users.info": "users:read",
    "users.list": "users:read",
    "usergroups.users.list": "usergroups:read",
}
METHODS: Final = frozenset(_NEEDED)


class Refusal(Exception):
    """Slack refuses a request; the argument is what it answers."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.answer: Json = {"ok": False, "error": code, **fields}


class SlackPeople:
    """Who is in a team.

    Attributes:
        users: by their ids.
        groups: the ids of those in each user group.
        scopes: what the app may do.
    """

    def __init__(self, team: str) -> None:
        self.users: dict[str, Json] = {}
        self.groups: dict[str, list[str]] = {}
        self.scopes = {"users:read", "users:read.email", "usergroups:read"}
        self._team = team

    def add(self, user_id: str, **fields: object) -> Json:
        """Add a person; ``email`` and ``real_name`` go where Slack puts them."""
        name = str(fields.pop("name", f"name.of.{user_id.lower()}"))
        real_name = fields.pop("real_name", name.title())
        profile: Json = {"real_name": real_name, "display_name": name}
        if email := fields.pop("email", ""):
            profile["email"] = email
        user: Json = {
            "id": user_id,
            "team_id": self._team,
            "name": name,
            "deleted": False,
            "is_bot": False,
            "is_email_confirmed": True,
            "locale": "en-US",
            "profile": profile,
        }
        self.users[user_id] = user | fields
        return self.users[user_id]

    def answer(self, method: str, body: Json) -> Json:
        """Answer a request.

        Raises:
            Refusal: Slack would refuse it.
        """
        needed = _NEEDED[method]
        if needed not in self.scopes:
            provided = ",".join(sorted(self.scopes))
            raise Refusal("missing_scope", needed=needed, provided=provided)
        match method:
            case "users.info":
                return {"user": self._show(self._find(body["user"]), body)}
            case "users.list":
                return self._list(body)
            case _:
                return {"users": self._find_group(body["usergroup"])}

    def _find(self, user_id: str) -> Json:
        if user_id not in self.users:
            raise Refusal("user_not_found")
        return self.users[user_id]

    def _find_group(self, group_id: str) -> list[str]:
        if group_id not in self.groups:
            raise Refusal("no_such_subteam")
        return self.groups[group_id]

    def _list(self, body: Json) -> Json:
        start, limit = int(body.get("cursor") or 0), int(body["limit"])
        page = list(self.users.values())[start : start + limit]
        end = start + limit
        return {
            "members": [self._show(user, body) for user in page],
            "response_metadata": {"next_cursor": str(end) if end < len(self.users) else ""},
        }

    def _show(self, user: Json, body: Json) -> Json:
        hidden = {"locale"} if str(body.get("include_locale")) not in {"1", "true"} else set()
        shown = {name: value for name, value in user.items() if name not in hidden}
        if "users:read.email" not in self.scopes:
            shown["profile"] = {
                name: value for name, value in user["profile"].items() if name != "email"
            }
        return shown
