"""What can be asked of a portal, as often as one likes.

Sources: https://apidocs.bitrix24.com/api-reference/user/user-get.html,
https://apidocs.bitrix24.com/api-reference/user/user-search.html,
https://apidocs.bitrix24.com/api-reference/user/user-current.html,
https://apidocs.bitrix24.com/api-reference/common/users/profile.html,
https://apidocs.bitrix24.com/api-reference/common/system/scope.html and
https://apidocs.bitrix24.com/api-reference/common/system/app-info.html
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from adapters.bitrix24.batch import MOST_CALLS, Batch, Call, is_substituted
from adapters.bitrix24.parameters import CLIENT_ID, send_whole_characters
from adapters.bitrix24.people import recipients_from
from adapters.bitrix24.rest import EXPIRED
from bridge.errors import OutcomeUnknown, PortalError, PortalOnHold, Rejected, TryLater

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.bitrix24.answers import Answer
    from adapters.bitrix24.rest import Rest
    from bridge.people.identity import BitrixUserId, Recipient

EMAIL_PAGES: Final = 10
"""How many pages of people are looked through when the portal ignores the e-mail filter."""

_DELETE: Final = "im.notify.delete"
_PEOPLE: Final = frozenset({"user", "user_basic", "user_brief"})

_logger = logging.getLogger(__name__)


class Application(Struct, frozen=True):
    """Our application in a portal.

    Attributes:
        code: what the vendor knows it by.
        license_family: the portal's tariff, such as ``ent``; empty if it is not told.
    """

    code: str
    license_family: str


class Asking:
    """Asks a portal; every method raises ``PortalError`` when it could not be asked.

    Args:
        rest: calls the portal.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def find_by_id(self, user_id: BitrixUserId) -> Recipient | None:
        """Find a person by ``USER_ID``, dismissed ones too; None if there is none."""
        if user_id <= 0:
            return None
        people, _ = await self._list_people("user.get", {"FILTER": {"ID": user_id}, "start": 0})
        # The portal drops a filter that it does not allow, and returns everyone.
        return next((person for person in people if person.user_id == user_id), None)

    async def find_by_email(self, email: str) -> Sequence[Recipient]:
        """Find all persons whose e-mail address, as the portal returns it, equals this one.

        A portal whose credential may not see addresses ignores the filter and returns everyone;
        then the first ``EMAIL_PAGES`` pages are looked through, as far as they show addresses.
        """
        wanted = send_whole_characters(email).strip()
        if not wanted:
            return []
        people = await self.list_by_email(wanted)
        # By number, since a page may repeat a person when somebody joins in between.
        equal = {p.user_id: p for p in people if p.email.lower() == wanted.lower()}
        if any(person.user_id not in equal for person in people):
            _logger.warning("The portal ignores the e-mail filter: may its webhook see addresses?")
        return list(equal.values())

    async def list_by_email(self, email: str) -> Sequence[Recipient]:
        """List what the portal returns for an address: everyone if it ignores the filter."""
        listed: list[Recipient] = []
        start = 0
        for _ in range(EMAIL_PAGES):
            parameters = {"FILTER": {"EMAIL": email}, "start": start}
            people, following = await self._list_people("user.get", parameters)
            listed += people
            if following is None or not any(person.email for person in people):
                break
            start = following
        return listed

    async def search(self, words: str) -> Sequence[Recipient]:
        """Find people by the beginnings of their names or positions; the first page of them."""
        wanted = send_whole_characters(words).strip()
        if not wanted:
            return []
        people, _ = await self._list_people("user.search", {"FIND": wanted})
        return people

    async def current_user(self) -> Recipient:
        """Tell in whose name everything is sent."""
        answer = await self.ask("user.current", {})
        for person in recipients_from([answer.result]) or []:
            return person
        raise TryLater("UNEXPECTED_ANSWER", "user.current returned no person")

    async def application(self) -> Application:
        """Tell about our application; a webhook has none and is refused."""
        answer = await self.ask("app.info", {})
        if not isinstance(answer.result, dict):
            raise TryLater("UNEXPECTED_ANSWER", "app.info returned no application")
        code, family = (answer.result.get(name) for name in ("CODE", "LICENSE_FAMILY"))
        return Application(_text(code), _text(family))

    async def scopes(self) -> frozenset[str] | None:
        """Tell what the credential may do; None if the portal does not say."""
        try:
            answer = await self.ask("scope", {})
        except Rejected:
            return None
        names = answer.result
        return frozenset(map(str, names)) if isinstance(names, list) else None

    async def check(self) -> None:
        """Prove that the credential works and may notify.

        Raises:
            PortalOnHold: with ``INSUFFICIENT_SCOPE`` when it may not.
        """
        answer = await self.ask("profile", {})
        if not isinstance(answer.result, dict):
            raise TryLater("UNEXPECTED_ANSWER", "profile returned no person")
        scopes = await self.scopes()
        if scopes is None:
            return
        if "im" not in scopes:
            raise PortalOnHold("INSUFFICIENT_SCOPE", "the permission im (chats) is missing")
        if scopes.isdisjoint(_PEOPLE):
            _logger.warning("The permission user is missing: nobody can be found in the portal")

    async def delete_by_tags(self, tags: Sequence[str]) -> None:
        """Take our notifications with tags out of the bells; that there are none is no failure.

        Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-delete.html

        Raises:
            Rejected: a tag is empty.
        """
        if not all(tags):
            raise Rejected("PARAMS_ERROR", "refused before sending")
        whole = [send_whole_characters(tag) for tag in tags]
        # What a batch would change travels by itself.
        alone = whole if len(whole) == 1 else [tag for tag in whole if is_substituted(tag)]
        together = [_deleted(tag) for tag in whole if tag not in alone]
        if together:
            await self.ask_together(together)
        for tag in alone:
            await self.ask(_DELETE, _deleted(tag).parameters)

    async def ask(self, method: str, parameters: Mapping[str, object]) -> Answer:
        """Call a method that does no harm when it is called again, whatever came of it."""
        try:
            return await self._rest.call(method, parameters)
        except OutcomeUnknown as error:
            raise TryLater(error.code, error.detail) from None

    async def ask_together(self, calls: Sequence[Call]) -> Sequence[Answer]:
        """Call methods that do no harm when they are called again, up to 50 with one request.

        Raises:
            PortalError: of the first that failed; others may have been carried out.
        """
        answers: list[Answer] = []
        for start in range(0, len(calls), MOST_CALLS):
            portion = calls[start : start + MOST_CALLS]
            batch = Batch(portion)
            outcomes = batch.read(await self.ask("batch", batch.parameters), hide=self._rest.hide)
            answers += map(self._read, portion, outcomes)
        return answers

    def _read(self, call: Call, outcome: Answer | PortalError) -> Answer:
        if isinstance(outcome, PortalError):
            self._rest.heed_time_limit(call.method, outcome)
            if isinstance(outcome, OutcomeUnknown) or outcome.code == EXPIRED:
                raise TryLater(outcome.code, outcome.detail)
            raise outcome
        self._rest.note_operating(call.method, outcome.times)
        return outcome

    async def _list_people(
        self, method: str, parameters: Mapping[str, object]
    ) -> tuple[list[Recipient], int | None]:
        """Return a page of people, and where the next one begins."""
        answer = await self.ask(method, parameters)
        people = recipients_from(answer.result)
        if people is None:
            raise TryLater("UNEXPECTED_ANSWER", f"{method} returned no list")
        return people, answer.next_start


def _deleted(tag: str) -> Call:
    return Call(_DELETE, {"TAG": tag, "CLIENT_ID": CLIENT_ID})


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
