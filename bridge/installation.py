"""What a portal says about itself when our application is installed in it."""

from __future__ import annotations

from msgspec import Struct


class Installation(Struct, frozen=True, kw_only=True):
    """Claimed by whoever sent it, and not proved.

    Attributes:
        member_id: names the portal.
        refresh_token: good for one exchange for new tokens, if it is true.
        server_endpoint: where it is to be exchanged.
        application_token: what the portal's later events will be proved by; may be empty.
    """

    member_id: str
    refresh_token: str
    server_endpoint: str
    application_token: str = ""

    def __repr__(self) -> str:
        return f"Installation({self.member_id!r})"
