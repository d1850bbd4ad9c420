"""Finds many people with few requests.

Sources: https://apidocs.bitrix24.com/api-reference/user/user-get.html and
https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.bitrix24.batch import Call, is_substituted
from adapters.bitrix24.parameters import send_whole_characters
from adapters.bitrix24.people import recipients_from
from bridge.errors import TryLater

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from adapters.bitrix24.answers import Answer
    from adapters.bitrix24.asking import Asking
    from bridge.people.identity import BitrixUserId, Recipient

_GET: Final = "user.get"


class Finding:
    """Asks a portal about several people at once.

    Args:
        asking: asks the portal.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def find_people(
        self, user_ids: Collection[BitrixUserId], emails: Collection[str]
    ) -> Sequence[Recipient]:
        """Find all who have one of these numbers or addresses, dismissed ones too, in no order.

        A request asks for up to 50 of them.

        Raises:
            PortalError: the portal could not be asked.
        """
        numbers = sorted({user_id for user_id in user_ids if user_id > 0})
        addresses = sorted({text for email in emails if (text := _clean(email))})
        # What a batch would change travels by itself.
        alone = [address for address in addresses if is_substituted(address)]
        together = [address for address in addresses if address not in alone]
        if len(numbers) + len(together) == 1:
            found = await self._find_one(numbers, together)
        else:
            found = await self._find_together(numbers, together)
        for address in alone:
            found += await self._asking.find_by_email(address)
        wanted = {address.lower() for address in addresses}
        people = {person.user_id: person for person in found}
        return [
            person
            for person in people.values()
            if person.user_id in numbers or person.email.lower() in wanted
        ]

    async def _find_one(
        self, numbers: Sequence[BitrixUserId], addresses: Sequence[str]
    ) -> list[Recipient]:
        if not numbers:
            return list(await self._asking.find_by_email(addresses[0]))
        person = await self._asking.find_by_id(numbers[0])
        return [person] if person else []

    async def _find_together(
        self, numbers: Sequence[BitrixUserId], addresses: Sequence[str]
    ) -> list[Recipient]:
        pages = await self._list_pages(
            [
                *(_asked("ID", number) for number in numbers),
                *(_asked("EMAIL", address) for address in addresses),
            ]
        )
        missing, is_ignored = [], False
        for address, page in zip(addresses, pages[len(numbers) :], strict=True):
            others = [person for person in page if person.email.lower() != address.lower()]
            is_ignored |= any(person.email for person in others)
            if len(others) == len(page):
                missing.append(address)
        if missing and is_ignored:
            # The portal returns everyone, so one who leafs through them looks for all.
            pages.append(list(await self._asking.list_by_email(missing[0])))
        return [person for page in pages for person in page]

    async def _list_pages(self, calls: Sequence[Call]) -> list[list[Recipient]]:
        """Return what came of each call."""
        answers = await self._asking.ask_together(calls)
        return [_read(answer) for answer in answers]


def _read(answer: Answer) -> list[Recipient]:
    people = recipients_from(answer.result)
    if people is None:
        raise TryLater("UNEXPECTED_ANSWER", f"{_GET} returned no list")
    return people


def _clean(email: str) -> str:
    return send_whole_characters(email).strip()


def _asked(field: str, value: str | int) -> Call:
    return Call(_GET, {f"FILTER[{field}]": value, "start": 0})
