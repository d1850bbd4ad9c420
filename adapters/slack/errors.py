"""What Slack's error codes mean for an answer and for the tokens.

Sources: https://docs.slack.dev/reference/methods/chat.postEphemeral/ (and ``chat.postMessage``,
``apps.connections.open``, ``auth.test``),
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/ for ``response_url``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
from msgspec import Struct
from msgspec.structs import replace
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk.webhook import WebhookResponse

FOREIGN_ERRORS: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
"""All that a request to Slack raises."""

RATE_LIMITED: Final = "ratelimited"
"""The code of a request that came too soon; Slack says how much."""

BAD_TOKEN: Final = frozenset(
    {
        "account_inactive",
        "enterprise_is_restricted",
        "forbidden_team",
        "invalid_auth",
        "missing_args",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
"""The codes that only another token, or another permission for it, can mend."""

APP_GONE: Final = frozenset({"account_inactive", "app_uninstalled", "token_revoked"})
"""The codes of a workspace that removed the app, or took its token back."""

MISSING_SCOPE: Final = "missing_scope"
"""The code of an app that lacks a permission; Slack says which."""

_NEVER = (
    # The token, the workspace or its rules.
    *BAD_TOKEN,
    *("access_denied", "accesslimited", "ekm_access_denied", "invalid_app_id", "invalid_token"),
    *("is_bot", "no_active_hooks", "no_service", "no_service_id", "no_team", "team_disabled"),
    *("two_factor_setup_required", "user_is_bot", "user_not_found"),
    *("no_such_subteam", "plan_upgrade_required", "subteam_not_found", "user_not_visible"),
    *("invalid_cursor", "limit_required", "permission_denied", "users_not_found"),
    # The response_url.
    *("expired_url", "invalid_url", "used_url"),
    # The channel.
    *("action_prohibited", "as_user_not_supported", "cannot_dm_bot", "cannot_reply_to_message"),
    *("channel_is_archived", "channel_not_found", "is_archived", "messages_tab_disabled"),
    *("not_in_channel", "posting_to_general_channel_denied", "restricted_action"),
    *("restricted_action_non_threadable_channel", "restricted_action_read_only_channel"),
    *("restricted_action_thread_only_channel", "user_not_in_channel"),
    # The message.
    *("invalid_attachments", "invalid_blocks", "invalid_blocks_format", "invalid_payload"),
    *("markdown_text_conflict", "msg_blocks_too_long", "msg_too_long", "no_text"),
    *("too_many_attachments",),
    # The request.
    *("deprecated_endpoint", "insecure_request", "invalid_arg_name", "invalid_arguments"),
    *("invalid_array_arg", "invalid_charset", "invalid_form_data", "invalid_post_type"),
    *("method_deprecated", "missing_post_type", "unknown_method"),
)

RETRY_AFTER_SECONDS: Final[Mapping[str, float | None]] = dict.fromkeys(_NEVER) | {
    "fatal_error": 5.0,
    "internal_error": 5.0,
    "message_limit_exceeded": 3600.0,
    "org_login_required": 600.0,
    "rate_limited": 30.0,
    RATE_LIMITED: 30.0,
    "request_timeout": 5.0,
    "rollup_error": 5.0,
    "service_unavailable": 30.0,
    "team_added_to_org": 600.0,
}
"""For each code, when another try may help; None where none will."""

_UNREACHED_SECONDS = 5.0
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_OK = 200


class Trouble(Struct, frozen=True):
    """Why Slack did not do what it was asked.

    Attributes:
        code: Slack's own, or the kind of error; never holds an address or a text.
        retry_after_seconds: when another try may help; None when none will.
        scope: the permission that the app lacks; empty if it is not that.
    """

    code: str
    retry_after_seconds: float | None
    scope: str = ""


def read_error(error: Exception) -> Trouble:
    """Read one of ``FOREIGN_ERRORS``."""
    if not isinstance(error, SlackApiError):
        return Trouble(type(error).__name__, _UNREACHED_SECONDS)
    response = error.response
    if not isinstance(response, AsyncSlackResponse):
        return Trouble("no JSON", _UNREACHED_SECONDS)
    data = response.data if isinstance(response.data, dict) else {}
    trouble = _read(response.status_code, str(data.get("error", "")), response.headers)
    return replace(trouble, scope=str(data.get("needed", "")))


def read_answer(response: WebhookResponse) -> Trouble | None:
    """Read what a ``response_url`` answered; None if it took the message."""
    body = response.body.strip()
    code = body if body in RETRY_AFTER_SECONDS else ""
    if response.status_code == _OK and not code:
        return None
    return _read(response.status_code, code, response.headers)


def _read(status: int, code: str, headers: Mapping[str, str]) -> Trouble:
    seconds = RETRY_AFTER_SECONDS.get(code)
    if status == _TOO_MANY_REQUESTS:
        code = code or RATE_LIMITED
        seconds = _read_seconds(headers) or RETRY_AFTER_SECONDS[RATE_LIMITED]
    elif status >= _SERVER_ERRORS and not code:
        seconds = _UNREACHED_SECONDS
    return Trouble(code or f"HTTP {status}", seconds)


def _read_seconds(headers: Mapping[str, str]) -> float:
    value = next((headers[name] for name in headers if name.lower() == "retry-after"), "")
    return float(value) if value.isdecimal() else 0.0
