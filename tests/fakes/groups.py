"""Groups and access rules, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bridge.people.identity import Located, Recipient

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bridge.people.groups import Group
    from bridge.people.identity import PortalId
    from bridge.people.permissions import Rule
    from tests.fakes.stores import MemoryStores


class MemoryGroups:
    """``Groups`` in memory."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def find(self, portal: PortalId, names: Collection[str]) -> Sequence[Group]:
        keys = {(portal, name.casefold()) for name in names}
        return [group for key, group in self._stores.groups_kept.items() if key in keys]

    async def list_all(self, portal: PortalId) -> Sequence[Group]:
        kept = self._stores.groups_kept
        return [kept[key] for key in sorted(kept) if key[0] == portal]

    async def is_handle(self, portal: PortalId, name: str) -> bool:
        handles = {
            self._stores.senders[identity].handle.casefold()
            for identity, (linked_to, _) in self._stores.links.items()
            if linked_to == portal
        }
        return name.casefold() in handles

    async def create(self, group: Group) -> bool:
        key = group.portal, group.name.casefold()
        if key in self._stores.groups_kept:
            return False
        self._stores.groups_kept[key] = replace(group, members=_once(group.members))
        return True

    async def change(
        self,
        portal: PortalId,
        name: str,
        *,
        add: Collection[Located] = (),
        remove: Collection[Located] = (),
    ) -> Group | None:
        key = portal, name.casefold()
        if key not in self._stores.groups_kept:
            return None
        group = self._stores.groups_kept[key]
        leaving = {(one.portal, one.recipient.user_id) for one in remove}
        members = tuple(
            one
            for one in _once([*group.members, *add])
            if (one.portal, one.recipient.user_id) not in leaving
        )
        self._stores.groups_kept[key] = changed = replace(group, members=members)
        return changed

    async def delete(self, portal: PortalId, name: str) -> bool:
        return self._stores.groups_kept.pop((portal, name.casefold()), None) is not None


class MemoryAccess:
    """``AccessRules`` in memory, and what administrators do."""

    def __init__(self, stores: MemoryStores) -> None:
        self._stores = stores

    async def list_rules(self) -> Sequence[Rule]:
        return list(self._stores.rules)

    async def allow(self, rule: Rule, allowed_by: str) -> bool:
        """Make a rule; False if there is the same one already."""
        is_new = rule not in self._stores.rules
        self._stores.rules.setdefault(rule, allowed_by)
        return is_new

    async def deny(self, rule: Rule) -> bool:
        """End a rule; False if there was none."""
        return self._stores.rules.pop(rule, None) is not None


def _once(members: Collection[Located]) -> tuple[Located, ...]:
    first: dict[tuple[PortalId, int], Located] = {}
    for member in members:
        kept = Recipient(member.recipient.user_id, member.recipient.name)
        first.setdefault((member.portal, kept.user_id), Located(member.portal, kept))
    return tuple(first.values())
