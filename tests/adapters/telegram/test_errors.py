"""Every error of the library has a meaning, and none tells a secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from telegram import error as foreign

from adapters.telegram.errors import MEANINGS, chat_error, is_harmless

SECRET = "424242:AAF_secret"


def test_every_class_of_the_library_is_in_the_table() -> None:
    assert set(MEANINGS) == {getattr(foreign, name) for name in foreign.__all__}


@pytest.mark.parametrize(
    ("error", "retry_after_seconds"),
    [
        (foreign.RetryAfter(timedelta(seconds=7)), 7.0),
        (foreign.Forbidden("Forbidden: bot was blocked by the user"), None),
        (foreign.BadRequest("Bad Request: chat not found"), None),
        (foreign.ChatMigrated(-100123), None),
        (foreign.TimedOut(), 5.0),
        (foreign.NetworkError("httpx.ConnectError: refused"), 5.0),
        (foreign.InvalidToken(f"The token `{SECRET}` was rejected by the server."), 60.0),
        (foreign.Conflict("Conflict: terminated by other getUpdates request"), 30.0),
        (foreign.TelegramError("Invalid server response"), 5.0),
    ],
)
def test_an_error_says_whether_and_when_to_try_again(
    error: foreign.TelegramError, retry_after_seconds: float | None
) -> None:
    assert chat_error(error).retry_after_seconds == retry_after_seconds


def test_a_class_that_the_library_may_add_means_what_its_nearest_means() -> None:
    class SlowDown(foreign.TimedOut):
        pass

    assert chat_error(SlowDown()).retry_after_seconds == 5.0


def test_telegram_s_reason_for_a_refusal_is_told() -> None:
    error = chat_error(foreign.Forbidden("Forbidden: bot was kicked from the group chat"))
    assert "bot was kicked from the group chat" in str(error)


def test_numbers_that_are_no_part_of_a_secret_are_told() -> None:
    assert is_harmless("Wrong response from the webhook: 502 Bad Gateway")
    assert not is_harmless("Not found: 424242:AAF")
    assert not is_harmless("Not found: a1b2c3")


@pytest.mark.parametrize("kind", [foreign.BadRequest, foreign.Forbidden, foreign.InvalidToken])
@pytest.mark.parametrize(
    "text", [f"No page at /bot{SECRET}/getMe", f"got b'<html>{SECRET}'", "see https://x.example"]
)
def test_no_error_holds_what_could_be_a_secret(
    kind: type[foreign.TelegramError], text: str
) -> None:
    assert str(chat_error(kind(text))) == MEANINGS[kind].detail
