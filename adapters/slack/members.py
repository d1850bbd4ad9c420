"""What Slack tells of the people in a workspace.

Sources: https://docs.slack.dev/reference/methods/users.info/ (and ``users.list``,
``usergroups.users.list``, ``auth.test``), https://docs.slack.dev/reference/objects/user-object/
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from adapters.slack.errors import FOREIGN_ERRORS, read_error
from adapters.slack.fields import get_list, get_object, get_objects, get_text
from bridge.errors import ChatError
from bridge.people.identity import Identity, Platform
from bridge.people.member import Member

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from adapters.slack.fields import Object
    from adapters.slack.notices import Notices
    from bridge.ports import Clock

_KEPT_FOR: Final = timedelta(minutes=5)
_MOST_KEPT: Final = 2_000
_PAGE: Final = 200
_NOBODY: Final = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
_NO_GROUP: Final = frozenset({"no_such_subteam", "subteam_not_found"})
_SLACKBOT: Final = "USLACKBOT"
"""Slack's own helper, whom Slack does not call a bot."""


class Home(Struct, frozen=True):
    """The organisation whose bot we are.

    Attributes:
        team: the id of its workspace.
        enterprise: of its Enterprise Grid, with more workspaces; empty if it has none.
    """

    team: str
    enterprise: str = ""


class SlackMembers:
    """``bridge.ports.Members`` of Slack; what it has told of a person is kept for five minutes.

    Args:
        client: the Web API, with the bot's token.
        clock: the time.
        notices: tells the administrator of scopes that are missing.
    """

    def __init__(self, client: AsyncWebClient, clock: Clock, notices: Notices) -> None:
        self._client = client
        self._clock = clock
        self._notices = notices
        self._kept: OrderedDict[Identity, tuple[datetime, Member | None]] = OrderedDict()
        self._home: Home | None = None

    async def find(self, identity: Identity) -> Member | None:
        """Find a person; None if Slack does not know them.

        Raises:
            ChatError: Slack could not be asked, or does not allow it.
        """
        now = self._clock.now()
        kept_at, member = self._kept.get(identity, (None, None))
        if kept_at is not None and now - kept_at < _KEPT_FOR:
            return member
        asking = self._client.users_info(user=identity.external_id, include_locale=True)
        response = await self._ask(asking, _NOBODY)
        member = None
        if response is not None:
            user = get_object(_data(response), "user")
            member = read_member(user, identity.workspace, await self._find_home())
        self._keep(identity, now, member)
        return member

    async def list_group(self, workspace: str, group_id: str) -> Sequence[Identity] | None:
        """List the people in a user group; None if there is no such group.

        Raises:
            ChatError: Slack could not be asked, or does not allow it.
        """
        asking = self._client.usergroups_users_list(usergroup=group_id, team_id=workspace)
        response = await self._ask(asking, _NO_GROUP)
        if response is None:
            return None
        ids = get_list(_data(response), "users")
        return [Identity(Platform.SLACK, workspace, one) for one in ids if isinstance(one, str)]

    async def list_workspaces(self) -> Sequence[str]:
        """List the one workspace that the bot's token is for.

        Raises:
            ChatError: Slack could not be asked.
        """
        return [(await self._find_home()).team]

    async def list_all(self, workspace: str) -> AsyncIterator[Member]:
        """List everybody in a workspace, those who left and programs included.

        Raises:
            ChatError: Slack could not be asked, or does not allow it.
        """
        home = await self._find_home()
        cursor = ""
        while True:
            response = await self._ask(
                self._client.users_list(
                    cursor=cursor, limit=_PAGE, include_locale=True, team_id=workspace
                )
            )
            page = _data(response) if response is not None else {}
            for user in get_objects(page, "members"):
                yield read_member(user, workspace, home)
            cursor = get_text(get_object(page, "response_metadata"), "next_cursor")
            if not cursor:
                return

    async def _find_home(self) -> Home:
        if self._home is None:
            response = await self._ask(self._client.auth_test())
            data = _data(response) if response is not None else {}
            self._home = Home(get_text(data, "team_id"), get_text(data, "enterprise_id"))
        return self._home

    def _keep(self, identity: Identity, now: datetime, member: Member | None) -> None:
        self._kept[identity] = now, member
        self._kept.move_to_end(identity)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    async def _ask(
        self, asking: Awaitable[AsyncSlackResponse], nothing: frozenset[str] = frozenset()
    ) -> AsyncSlackResponse | None:
        """Ask Slack; None if it answers with one of the codes that say there is no such thing."""
        try:
            return await asking
        except FOREIGN_ERRORS as error:
            trouble = read_error(error)
        if trouble.code in nothing:
            return None
        self._notices.note(trouble)
        raise ChatError(
            f"Slack did not tell of its people: {trouble.code}",
            retry_after_seconds=trouble.retry_after_seconds,
            permission=trouble.scope,
        )


def read_member(user: Object, workspace: str, home: Home) -> Member:
    """Read Slack's user object, as seen from a workspace; who says no team is foreign.

    In a channel that organisations share, Slack may name the workspace of whoever typed, so that
    this one need not be ours.
    """
    profile = get_object(user, "profile")
    external_id = get_text(user, "id")
    return Member(
        identity=Identity(Platform.SLACK, workspace, external_id),
        handle=get_text(user, "name"),
        display_name=get_text(profile, "real_name", "display_name") or get_text(user, "real_name"),
        # An address that nobody has confirmed proves nothing.
        email=get_text(profile, "email") if user.get("is_email_confirmed") is True else "",
        is_active=not user.get("deleted"),
        is_bot=bool(user.get("is_bot")) or external_id == _SLACKBOT,
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_foreign=_is_foreign(user, workspace, home),
        is_administrator=bool(user.get("is_admin") or user.get("is_owner")),
        language=get_text(user, "locale"),
    )


def _is_foreign(user: Object, workspace: str, home: Home) -> bool:
    """Tell whether somebody is of another organisation: of Enterprise Grid, all teams are one."""
    enterprise = get_object(user, "enterprise_user")
    teams = [get_text(user, "team_id"), *get_list(enterprise, "teams")]
    is_ours = workspace == home.team or (
        home.enterprise != "" and get_text(enterprise, "enterprise_id") == home.enterprise
    )
    return bool(user.get("is_stranger")) or not is_ours or workspace not in teams


def _data(response: AsyncSlackResponse) -> Object:
    return response.data if isinstance(response.data, dict) else {}
