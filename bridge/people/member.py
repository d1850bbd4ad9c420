"""What a platform tells of a person."""

from __future__ import annotations

from msgspec import Struct

from bridge.people.identity import Identity


class Member(Struct, frozen=True, kw_only=True):
    """A person in a workspace, as the platform itself describes them.

    Attributes:
        identity: who it is.
        handle: the name others call them by, without ``@``; empty if they have none.
        display_name: for showing only.
        email: verified by the platform; empty when it does not tell.
        is_active: False for an account that was closed.
        is_bot: whether it is no person.
        is_guest: whether they see only parts of the workspace.
        is_foreign: whether they belong to another organisation.
        is_administrator: whether they administer the workspace.
        language: a language tag; empty when it is not known.
    """

    identity: Identity
    handle: str = ""
    display_name: str = ""
    email: str = ""
    is_active: bool = True
    is_bot: bool = False
    is_guest: bool = False
    is_foreign: bool = False
    is_administrator: bool = False
    language: str = ""

    @property
    def is_full(self) -> bool:
        """Whether it is an active person of the workspace's own organisation, and no guest."""
        return self.is_active and not (self.is_bot or self.is_guest or self.is_foreign)
