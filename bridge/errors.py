"""Everything that can go wrong, as one tree.

::

    BridgeError
    ├─ CommandError            the person can mend it; carries what to answer
    │   ├─ UnknownCommand
    │   ├─ UsageError
    │   ├─ RecipientUnknown
    │   ├─ RecipientAmbiguous
    │   ├─ NotAllowed
    │   ├─ NotLinked
    │   └─ TooLong
    ├─ PortalError             carries the portal's code and, for the log, a detail
    │   ├─ TryLater            certainly not delivered; may say when
    │   ├─ Rejected            certainly not delivered; repeating is useless
    │   ├─ OutcomeUnknown      the request left, no clear answer came
    │   └─ PortalOnHold        an administrator must act; nothing queued is dropped
    ├─ ChatError               an answer did not reach the chat; may say when to try again
    ├─ ConfigError             all problems of the settings in one message
    └─ StorageError            the database cannot be used
        └─ Superseded          a newer version has changed the tables too much for this one

Two texts an error: what the chat is told comes from ``bridge.replies`` by key, what the log is told
is ``str(error)``. Neither ever holds a URL, a token or the text of a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.people.identity import Recipient
    from bridge.people.recipients import RecipientRef
    from bridge.replies.reply import Reply


class BridgeError(Exception):
    """The root of everything the bridge raises on purpose."""


class CommandError(BridgeError):
    """The person who typed can mend it: ``replies`` are what to answer."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(*(reply.key for reply in replies))
        self.replies = replies


class UnknownCommand(CommandError):
    """There is no such command."""


class UsageError(CommandError):
    """The command is known, but not typed as it must be."""


class RecipientUnknown(CommandError):
    """Nobody is known by that name, number or address."""


class RecipientAmbiguous(CommandError):
    """More than one person is known by that name or address.

    Args:
        replies: what to answer.
        ref: what was written for one of them.
        candidates: whom it may mean, to choose from; each can be named by their number.
    """

    def __init__(self, *replies: Reply, ref: RecipientRef, candidates: Sequence[Recipient]) -> None:
        super().__init__(*replies)
        self.ref = ref
        self.candidates = candidates


class NotAllowed(CommandError):
    """The person may not do that."""


class NotLinked(CommandError):
    """The person has no link to a Bitrix24 account."""


class TooLong(CommandError):
    """A part of the command is longer than the portal keeps."""


class PortalError(BridgeError):
    """The portal did not do what it was asked.

    Args:
        code: the portal's own error code in capitals, or one of ours for what has no code
            (``TIMEOUT``, ``NOT_CREATED``); kept with the delivery and shown to administrators.
        detail: for the log only; never holds the address of a webhook or a person's text.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class TryLater(PortalError):
    """Certainly not delivered, and the portal as a whole wants a pause.

    Args:
        retry_after_seconds: how long the portal asks us to wait; None if it does not say.
    """

    def __init__(
        self, code: str, detail: str = "", *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds


class Rejected(PortalError):
    """Certainly not delivered, and the same request will never be."""


class OutcomeUnknown(PortalError):
    """The request left and no clear answer came: it may have been delivered."""


class PortalOnHold(PortalError):
    """Nothing can be delivered until the portal's administrator acts."""


class ChatError(BridgeError):
    """An answer could not be given in the chat.

    Args:
        detail: for the log.
        retry_after_seconds: when another try may help; None when none will.
        permission: what an administrator must grant us on the platform; empty if it is not that.
    """

    def __init__(
        self, detail: str, *, retry_after_seconds: float | None = None, permission: str = ""
    ) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
        self.permission = permission


class ConfigError(BridgeError):
    """The settings cannot be used: ``problems`` are all of them, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class StorageError(BridgeError):
    """The database cannot be used as it is."""


class Superseded(StorageError):
    """A newer version of b24bridge has made of the tables what this one cannot work with."""
