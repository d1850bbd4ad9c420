"""The parameters of ``im.notify.personal.add``, checked before they are sent.

Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from bridge.errors import Rejected

if TYPE_CHECKING:
    from bridge.delivery.notification import Notification

ATTACH_BYTES: Final = 30_720
TAG_CHARACTERS: Final = 246
CLIENT_ID: Final = "b24bridge"
"""Our tags' namespace in a portal. Tags sent under another one would not replace ours."""

# What the portal trims. Other white space, such as a no-break space, is a message to it.
_TRIMMED: Final = " \t\n\r\0\x0b"

_logger = logging.getLogger(__name__)


def notification_parameters(notification: Notification) -> dict[str, str | int]:
    """Return what the method is called with; parameters that would be empty are left out.

    Raises:
        Rejected: the portal would refuse it; with the portal's own code where it has one.
    """
    message = send_whole_characters(notification.message)
    tag = send_whole_characters(notification.tag)
    sub_tag = send_whole_characters(notification.sub_tag)
    attach = send_whole_characters(notification.attach)
    _require(notification.recipient.user_id > 0, "USER_ID_EMPTY")
    _require(bool(message.strip(_TRIMMED)), "MESSAGE_EMPTY")
    _require(len(tag) <= TAG_CHARACTERS, "TAG_TOO_LONG")
    _require(len(sub_tag) <= TAG_CHARACTERS, "SUB_TAG_TOO_LONG")
    _require(len(attach.encode()) <= ATTACH_BYTES, "ATTACH_OVERSIZE")
    _require(not attach or _is_attachment(attach), "ATTACH_ERROR")
    optional = {
        "MESSAGE_OUT": send_whole_characters(notification.message_out),
        "TAG": tag,
        "SUB_TAG": sub_tag,
        "CLIENT_ID": CLIENT_ID if tag or sub_tag else "",
        "ATTACH": attach,
    }
    return {
        "USER_ID": notification.recipient.user_id,
        "MESSAGE": message,
        **{name: text for name, text in optional.items() if text},
    }


def send_whole_characters(text: str) -> str:
    """Return the text as it can be written in UTF-8.

    Halves of a UTF-16 pair that belong together become their character; one that stands alone
    becomes U+FFFD, and the log is told so.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        mended = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        _logger.warning("A text held half characters; each is sent as U+FFFD")
        return mended
    return text


def _require(is_right: bool, code: str) -> None:
    if not is_right:
        raise Rejected(code, "refused before sending")


def _is_attachment(attach: str) -> bool:
    """Tell whether it is blocks, or an object that holds them; what is in a block is not read."""
    try:
        decoded = msgspec.json.decode(attach)
    except (ValueError, RecursionError):
        return False
    blocks = decoded.get("BLOCKS") if isinstance(decoded, dict) else decoded
    if not isinstance(blocks, list) or not blocks:
        return False
    return all(isinstance(block, dict) and block for block in blocks)
