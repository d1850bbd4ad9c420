"""The methods about notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sandbox.attach import check_attach
from adapters.sandbox.attach_html import draw_attach
from adapters.sandbox.call import Answer
from adapters.sandbox.errors import RestError
from adapters.sandbox.portal import Draft, trim

if TYPE_CHECKING:
    from adapters.sandbox.call import Caller, Params
    from adapters.sandbox.portal import SandboxPortal


def add_personal_notification(portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """Ring somebody's bell: ``im.notify.personal.add``; the result is its id or ``false``.

    Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html

    Raises:
        RestError: ``USER_ID_EMPTY``, ``MESSAGE_EMPTY``, ``ATTACH_ERROR`` or ``ATTACH_OVERSIZE``.
    """
    user_id = params.number("USER_ID")
    if user_id <= 0:
        raise RestError("USER_ID_EMPTY")
    message = params.text("MESSAGE")
    if not trim(message):
        raise RestError("MESSAGE_EMPTY")
    attach = check_attach(params.get("ATTACH")) if params.get("ATTACH") else None
    notification = portal.add(
        Draft(
            user_id=user_id,
            author_id=caller.user_id,
            message=message,
            message_out=params.text("MESSAGE_OUT"),
            application=params.text("CLIENT_ID"),
            tag=params.text("TAG"),
            sub_tag=params.text("SUB_TAG"),
            attach=attach.json if attach else "",
            attach_html=draw_attach(attach.attach) if attach else "",
        )
    )
    return Answer(notification.id if notification else False)
