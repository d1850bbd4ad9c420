"""The methods about notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.sandbox.attach import check_attach
from adapters.sandbox.attach_html import draw_attach
from adapters.sandbox.call import Answer
from adapters.sandbox.errors import RestError
from adapters.sandbox.notifications import Draft
from adapters.sandbox.portal import trim

if TYPE_CHECKING:
    from adapters.sandbox.call import Caller, Params
    from adapters.sandbox.portal import SandboxPortal

_NOBODY = 0


def add_personal_notification(portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """Ring somebody's bell in one's own name: ``im.notify.personal.add``.

    The result is the notification's id or ``false``.

    Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html

    Raises:
        RestError: ``USER_ID_EMPTY``, ``MESSAGE_EMPTY``, ``ATTACH_ERROR`` or ``ATTACH_OVERSIZE``.
    """
    return _add(portal, caller, params, author_id=caller.user_id)


def add_system_notification(portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """Ring somebody's bell in nobody's name: ``im.notify.system.add``; else as the personal one.

    Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-system-add.html

    Raises:
        RestError: ``USER_ID_EMPTY``, ``MESSAGE_EMPTY``, ``ATTACH_ERROR`` or ``ATTACH_OVERSIZE``.
    """
    return _add(portal, caller, params, author_id=_NOBODY)


def delete_notification(portal: SandboxPortal, caller: Caller, params: Params) -> Answer:
    """Take notifications out of the bells, by ``ID``, ``TAG`` or ``SUB_TAG``: ``im.notify.delete``.

    By a tag only those of the own application go; that none had it is no failure.

    Source: https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-delete.html

    Raises:
        RestError: ``PARAMS_ERROR``, or ``ACCESS_DENIED`` when the application is not known.
    """
    notification_id = params.number("ID")
    if notification_id > 0:
        return Answer(portal.bells.delete(lambda one: one.id == notification_id))
    tag, sub_tag = params.text("TAG"), params.text("SUB_TAG")
    if not (tag or sub_tag):
        raise RestError("PARAMS_ERROR")
    application = caller.application or params.text("CLIENT_ID")
    if not application:
        raise RestError("ACCESS_DENIED", "Access denied! Client ID not specified")
    portal.bells.delete(
        lambda one: (
            one.application == application and (one.tag == tag if tag else one.sub_tag == sub_tag)
        )
    )
    return Answer(result=True)


def _add(portal: SandboxPortal, caller: Caller, params: Params, author_id: int) -> Answer:
    user_id = params.number("USER_ID")
    if user_id <= 0:
        raise RestError("USER_ID_EMPTY")
    message = params.text("MESSAGE")
    if not trim(message):
        raise RestError("MESSAGE_EMPTY")
    attach = check_attach(params.get("ATTACH")) if params.get("ATTACH") else None
    draft = Draft(
        user_id=user_id,
        author_id=author_id,
        message=message,
        message_out=params.text("MESSAGE_OUT"),
        application=_application(portal, caller, params),
        tag=params.text("TAG"),
        sub_tag=params.text("SUB_TAG"),
        attach=attach.json if attach else "",
        attach_html=draw_attach(attach.attach) if attach else "",
    )
    return Answer(portal.add(draft) or False)


def _application(portal: SandboxPortal, caller: Caller, params: Params) -> str:
    if caller.application or portal.tags == "coded":
        return caller.application
    return params.text("CLIENT_ID")
