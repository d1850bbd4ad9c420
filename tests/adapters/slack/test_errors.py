from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook import WebhookResponse

from adapters.slack.errors import (
    BAD_TOKEN,
    RETRY_AFTER_SECONDS,
    Trouble,
    read_answer,
    read_error,
)

# What the methods' pages list: chat.postEphemeral, chat.postMessage, apps.connections.open.
_FOR_METHODS = """
access_denied accesslimited account_inactive as_user_not_supported cannot_reply_to_message
channel_not_found deprecated_endpoint ekm_access_denied enterprise_is_restricted fatal_error
forbidden_team insecure_request internal_error invalid_arg_name invalid_arguments invalid_array_arg
invalid_attachments invalid_auth invalid_blocks invalid_blocks_format invalid_charset
invalid_form_data invalid_post_type is_archived is_bot markdown_text_conflict
message_limit_exceeded messages_tab_disabled method_deprecated missing_args missing_post_type
missing_scope msg_blocks_too_long msg_too_long no_permission no_text not_allowed_token_type
not_authed not_in_channel org_login_required rate_limited ratelimited request_timeout
restricted_action restricted_action_non_threadable_channel restricted_action_read_only_channel
restricted_action_thread_only_channel service_unavailable team_added_to_org token_expired
token_revoked too_many_attachments two_factor_setup_required unknown_method user_not_in_channel
"""
# What incoming webhooks and response_url answer.
_FOR_ADDRESSES = """
action_prohibited channel_is_archived channel_not_found expired_url invalid_payload invalid_token
no_active_hooks no_service no_service_id no_team no_text posting_to_general_channel_denied
rollup_error team_disabled too_many_attachments used_url user_not_found
"""


def _refusal(status: int, data: object, headers: dict[str, str]) -> SlackApiError:
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.example/api/chat.postMessage",
        req_args={},
        data=data,  # type: ignore[arg-type]  # Slack may send anything
        headers=headers,
        status_code=status,
    )
    with pytest.raises(SlackApiError) as caught:
        response.validate()  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
    return caught.value


def _answer(status: int, body: str, headers: dict[str, str]) -> WebhookResponse:
    return WebhookResponse(url="https://x.example", status_code=status, body=body, headers=headers)


@pytest.mark.parametrize("code", sorted({*_FOR_METHODS.split(), *_FOR_ADDRESSES.split()}))
def test_every_documented_code_is_in_the_table(code: str) -> None:
    assert code in RETRY_AFTER_SECONDS
    assert read_error(_refusal(200, {"ok": False, "error": code}, {})) == Trouble(
        code, RETRY_AFTER_SECONDS[code]
    )


def test_no_code_that_speaks_of_the_token_is_tried_again() -> None:
    assert all(RETRY_AFTER_SECONDS[code] is None for code in BAD_TOKEN)


@pytest.mark.parametrize(
    ("status", "data", "headers", "expected"),
    [
        (429, {"error": "ratelimited"}, {"Retry-After": "7"}, Trouble("ratelimited", 7)),
        (429, {}, {"retry-after": "soon"}, Trouble("ratelimited", 30)),
        (503, "try later", {}, Trouble("HTTP 503", 5)),
        (200, {"ok": False, "error": "brand_new"}, {}, Trouble("brand_new", None)),
        (200, {}, {}, Trouble("HTTP 200", None)),
    ],
)
def test_other_refusals_are_read_by_status(
    status: int, data: object, headers: dict[str, str], expected: Trouble
) -> None:
    assert read_error(_refusal(status, data, headers)) == expected


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        OSError(),
        aiohttp.ServerDisconnectedError(),
        SlackApiError("x", {}),  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
    ],
)
def test_a_request_without_a_clear_answer_may_be_tried_again(error: Exception) -> None:
    assert read_error(error).retry_after_seconds == 5


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (200, "ok", {}, None),
        (200, "no_text", {}, Trouble("no_text", None)),
        (404, "used_url", {}, Trouble("used_url", None)),
        (404, "<html>secret</html>", {}, Trouble("HTTP 404", None)),
        (429, "", {"Retry-After": "3"}, Trouble("ratelimited", 3)),
        (500, "rollup_error", {}, Trouble("rollup_error", 5)),
        (502, "<html>", {}, Trouble("HTTP 502", 5)),
    ],
)
def test_a_response_url_answers_in_plain_words(
    status: int, body: str, headers: dict[str, str], expected: Trouble | None
) -> None:
    assert read_answer(_answer(status, body, headers)) == expected
