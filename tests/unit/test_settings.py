"""Settings are read once, and whatever is wrong with them is told at once."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.bitrix24.bucket import Limit
from bridge.errors import ConfigError
from bridge.settings import PREFIX, Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "b24bridge.env.example"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    assert load_settings().database_url == "sqlite:///b24bridge.db"


def test_every_setting_is_documented_in_the_example() -> None:
    documented = set(re.findall(rf"^#?({PREFIX}\w+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert documented == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_settings_are_read_from_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("B24BRIDGE_TELEGRAM_CHATS=-100, 77\n")
    assert load_settings().telegram_chats == {-100, 77}


def test_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("B24BRIDGE_LOG_LEVEL=ERROR\n")
    monkeypatch.setenv("B24BRIDGE_LOG_LEVEL", "debug")
    assert load_settings().log_level == "DEBUG"


def test_all_problems_are_told_in_one_message_without_any_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("B24BRIDGE_LOG_LEVEL", "chatty-secret")
    monkeypatch.setenv("B24BRIDGE_SLACK_BOT_TOKEN", "wrong-secret")
    monkeypatch.setenv("B24BRIDGE_DATABASE_URL", "mysql://secret@db")
    monkeypatch.setenv("B24BRIDGE_TELEGRAM_TOKN", "typo-secret")
    monkeypatch.setenv("B24BRIDGE_TELEGRAM_CHATS", "77 secret")
    monkeypatch.setenv("B24BRIDGE_TELEGRAM_TOKEN", "secret")
    monkeypatch.setenv("B24BRIDGE_PORTAL_WEBHOOK", "https://corp.example/secret")
    monkeypatch.setenv("B24BRIDGE_HTTP_LISTEN", "127.0.0.1:99999")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    text = str(caught.value)
    assert len(caught.value.problems) == 9
    assert "B24BRIDGE_SLACK_BOT_TOKEN must look like xoxb-" in text
    assert "B24BRIDGE_TELEGRAM_TOKN is no setting; did you mean B24BRIDGE_TELEGRAM_TOKEN?" in text
    assert "secret" not in text
    assert "secret" not in repr(caught.value)


def test_every_default_in_the_example_is_the_real_one() -> None:
    shown = re.findall(rf"^#{PREFIX}(\w+)=(.+)", EXAMPLE.read_text(), re.MULTILINE)
    for name, value in shown:
        default = Settings.model_fields[name.lower()].default
        if default is not None:  # else it is an example
            assert Settings.model_validate({name.lower(): value}) == Settings(), name


def test_both_kinds_of_databases_are_shown_in_the_example() -> None:
    shown = re.findall(r"(?:sqlite|postgresql)\S*://\S+", EXAMPLE.read_text())
    assert [Settings(database_url=url).database_url for url in shown] == [
        "postgresql+psycopg://user:password@host/b24bridge",
        "sqlite:///b24bridge.db",
    ]


def test_without_any_chat_all_ways_to_have_one_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(needs_chat=True)
    (problem,) = caught.value.problems
    for name in ("TELEGRAM_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        assert f"{PREFIX}{name}" in problem


def test_half_of_slack_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B24BRIDGE_SLACK_BOT_TOKEN", "xoxb-1")
    with pytest.raises(ConfigError, match="B24BRIDGE_SLACK_APP_TOKEN is missing"):
        load_settings()


def test_slack_over_http_needs_an_address_to_listen_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B24BRIDGE_SLACK_SIGNING_SECRET", "0123")
    with pytest.raises(ConfigError, match="B24BRIDGE_SLACK_BOT_TOKEN is missing"):
        load_settings()

    monkeypatch.setenv("B24BRIDGE_SLACK_BOT_TOKEN", "xoxb-1")
    load_settings()
    with pytest.raises(ConfigError, match="B24BRIDGE_HTTP_LISTEN is missing"):
        load_settings(needs_chat=True)

    monkeypatch.setenv("B24BRIDGE_HTTP_LISTEN", "127.0.0.1:8080")
    load_settings(needs_chat=True)


def test_an_app_level_token_is_socket_mode_which_listens_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("B24BRIDGE_SLACK_SIGNING_SECRET", "0123")
    monkeypatch.setenv("B24BRIDGE_SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("B24BRIDGE_SLACK_APP_TOKEN", "xapp-1")
    load_settings(needs_chat=True)


def test_what_telegram_sends_needs_somewhere_to_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B24BRIDGE_TELEGRAM_TOKEN", "1:x")
    monkeypatch.setenv("B24BRIDGE_PUBLIC_URL", "https://bridge.example")
    with pytest.raises(ConfigError, match="B24BRIDGE_HTTP_LISTEN is missing"):
        load_settings(needs_chat=True)
    assert load_settings().public_url
    monkeypatch.setenv("B24BRIDGE_HTTP_LISTEN", "127.0.0.1:8024")
    assert load_settings(needs_chat=True).public_url


def test_what_a_command_needs_is_told_when_it_is_missing() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(needs_portal=True, needs_chat=True)
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "B24BRIDGE_PORTAL_WEBHOOK",
        "No",
    ]


def test_settings_are_frozen_and_hide_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B24BRIDGE_TELEGRAM_TOKEN", "123:hidden")
    webhook = "https://corp.example/rest/1/hidden-code/"
    monkeypatch.setenv("B24BRIDGE_PORTAL_WEBHOOK", webhook)
    settings = load_settings()
    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings)
    assert settings.secrets == {"123:hidden", webhook, "hidden-code"}
    with pytest.raises(ValidationError):
        settings.log_level = "DEBUG"  # type: ignore[misc]


@pytest.mark.parametrize("limit", ["standard", "enterprise", "50/2", "10/0.5", "250/5.0"])
def test_the_portals_limit_is_a_word_or_two_numbers(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("B24BRIDGE_PORTAL_LIMIT", limit)
    assert Settings().portal_limit == limit
    assert Limit.parse(limit).capacity >= 1


@pytest.mark.parametrize("limit", ["fast", "50", "0/2", "50/0", "50/0.0", "-1/2", "50/2/2"])
def test_a_limit_that_is_none_is_a_problem(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setenv("B24BRIDGE_PORTAL_LIMIT", limit)
    with pytest.raises(ConfigError, match="PORTAL_LIMIT must be standard, enterprise"):
        load_settings()


@pytest.mark.parametrize("requests", ["0", "21", "many", "1.5"])
def test_how_many_requests_are_under_way_is_a_small_number(
    monkeypatch: pytest.MonkeyPatch, requests: str
) -> None:
    monkeypatch.setenv("B24BRIDGE_PORTAL_REQUESTS", requests)
    with pytest.raises(ConfigError, match="PORTAL_REQUESTS must be a whole number"):
        load_settings()


KEYS = [base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in range(2)]


def test_several_keys_are_kept_in_their_order_and_each_is_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", f"{KEYS[0]}, {KEYS[1]}")
    settings = load_settings()
    assert settings.secret_keys == tuple(KEYS)
    assert settings.secrets.issuperset(KEYS)


@pytest.mark.parametrize("value", ["short", KEYS[0] + ",", f"{KEYS[0]};{KEYS[1]}", "=" * 44])
def test_a_key_that_is_none_is_told_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", value)
    with pytest.raises(ConfigError, match="must be keys as b24bridge secret-key") as caught:
        load_settings()
    assert value not in str(caught.value)


def test_all_that_an_application_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B24BRIDGE_BITRIX24_CLIENT_ID", "local.1")
    with pytest.raises(ConfigError) as caught:
        load_settings(needs_portal=True)
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "B24BRIDGE_BITRIX24_CLIENT_SECRET",
        "B24BRIDGE_SECRET_KEY",
    ]


def test_where_credentials_are_kept_no_webhook_needs_to_be_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", KEYS[0])
    assert load_settings(needs_portal=True).portal_webhook is None


def test_the_password_of_a_database_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+psycopg://bridge:hunter%2F2@db.example/b24bridge?sslmode=require"
    monkeypatch.setenv("B24BRIDGE_DATABASE_URL", url)
    settings = load_settings()
    assert settings.database_url == url
    assert {"hunter%2F2", "hunter/2"} <= settings.secrets
    assert "hunter" not in repr(settings)


@pytest.mark.parametrize(
    "url", ["postgresql://db/bridge", "postgresql+psycopg://db", "postgresql+psycopg://db/"]
)
def test_a_shared_database_is_named_in_full(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("B24BRIDGE_DATABASE_URL", url)
    with pytest.raises(ConfigError, match=r"or postgresql\+psycopg://user:password@host/b24bridge"):
        load_settings()
