"""The settings: read once from the environment and ``.env``, never changed."""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from bridge.errors import ConfigError
from bridge.listening import ListenAddress
from bridge.people.identity import Identity
from bridge.replies.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "B24BRIDGE_"
_DATABASE: Final = re.compile(
    r"sqlite(\+aiosqlite)?:///.+|postgresql\+psycopg://[^/]*/[^/?]+(\?.*)?"
)
_WEBHOOK: Final = re.compile(r"https?://[^/]+/rest/\d+/[^/]+(/.*)?")
_ADDRESS: Final = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[\w./-]*)?")
_WEBHOOK_CODE: Final = re.compile(r"/rest/\d+/([^/]+)")
_TELEGRAM_TOKEN: Final = re.compile(r"\d+:[\w-]+")
_SLACK_BOT_TOKEN: Final = re.compile(r"xoxb-\S+")
_SLACK_APP_TOKEN: Final = re.compile(r"xapp-\S+")
_LIMIT: Final = re.compile(
    r"standard|enterprise|[1-9][0-9]{0,5}/(0\.[0-9]*[1-9][0-9]*|[1-9][0-9]{0,5}(\.[0-9]+)?)"
)
_KEY_BYTES: Final = 32
_EXPECTED: Final = {
    "telegram_chats": "must be the numbers of chats, separated by commas",
    "portal_timeout_seconds": "must be a number of seconds, up to 300",
    "portal_operating_seconds": "must be a number of seconds, up to 600",
    "portal_requests": "must be a whole number from 1 to 20",
    "retry_first_seconds": "must be a number of seconds, up to 60",
    "retry_longest_seconds": "must be a number of seconds from 1 to 86400",
    "retry_hours": "must be a number of hours, up to 8760",
    "keep_days": "must be a number of days from 1 to 3650",
    "keep_texts_days": "must be a number of days from 0 to 3650",
    "log_format": "must be console or json",
    "sqlite_synchronous": "must be FULL or NORMAL",
    "commands_per_minute": "must be a whole number from 1 to 1000",
    "recipients_per_command": "must be a whole number from 1 to 1000",
    "link_by_email": "must be true or false",
    "slack_admins": "must be true or false",
    "slack_guests": "must be true or false",
    "language": "must be en or ru",
    "log_level": "must be DEBUG, INFO, WARNING or ERROR",
}
_FOREIGN_PREFIX: Final = "B24BRIDGE_TEST_"


class Settings(BaseSettings):
    """All settings of a bridge; each is documented in ``deploy/b24bridge.env.example``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: Annotated[str, Field(repr=False)] = "sqlite:///b24bridge.db"
    sqlite_synchronous: Literal["FULL", "NORMAL"] = "FULL"
    portal_webhook: SecretStr | None = None
    portal_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 75.0
    portal_limit: str = "standard"
    portal_operating_seconds: Annotated[float, Field(gt=0, le=600)] = 480.0
    portal_requests: Annotated[int, Field(ge=1, le=20)] = 4
    retry_first_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    retry_longest_seconds: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    retry_hours: Annotated[float, Field(gt=0, le=8_760)] = 24.0
    keep_days: Annotated[float, Field(ge=1, le=3_650)] = 30.0
    keep_texts_days: Annotated[float, Field(ge=0, le=3_650)] | None = None
    secret_key: SecretStr | None = None
    bitrix24_client_id: str | None = None
    bitrix24_client_secret: SecretStr | None = None
    bitrix24_oauth_url: str | None = None
    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_chats: Annotated[frozenset[int], NoDecode] = frozenset()
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    slack_workspaces: Annotated[frozenset[str], NoDecode] = frozenset()
    slack_admins: bool = False
    slack_guests: bool = False
    administrators: Annotated[frozenset[str], NoDecode] = frozenset()
    link_by_email: bool = False
    commands_per_minute: Annotated[int, Field(ge=1, le=1_000)] = 20
    recipients_per_command: Annotated[int, Field(ge=1, le=1_000)] = 100
    language: Literal["en", "ru"] = "en"
    public_url: str | None = None
    http_listen: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @field_validator("portal_limit")
    @classmethod
    def _is_a_limit(cls, value: str) -> str:
        if not _LIMIT.fullmatch(value):
            raise ValueError("must be standard, enterprise, or like 50/2: at once, and a second")
        return value

    @field_validator("telegram_chats", "slack_workspaces", "administrators", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @field_validator("administrators")
    @classmethod
    def _are_identities(cls, value: frozenset[str]) -> frozenset[str]:
        return frozenset(str(Identity.parse(identity)) for identity in value)

    @field_validator("log_level", "sqlite_synchronous", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: str) -> str:
        if not _DATABASE.fullmatch(value):
            raise ValueError(
                "must look like sqlite:///b24bridge.db or "
                "postgresql+psycopg://user:password@host/b24bridge"
            )
        return value

    @field_validator("telegram_api_url", "slack_api_url", "bitrix24_oauth_url", "public_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _ADDRESS.fullmatch(value):
            raise ValueError("must be an address that begins with https://")
        return value

    @field_validator("http_listen")
    @classmethod
    def _is_a_listen_address(cls, value: str | None) -> str | None:
        if value is not None:
            ListenAddress.parse(value)
        return value

    @field_validator("portal_webhook")
    @classmethod
    def _is_a_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        return _looking_like(_WEBHOOK, "https://yours.bitrix24.com/rest/1/the-code/", value)

    @field_validator("secret_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not all(map(_is_key, _split_keys(value))):
            raise ValueError(
                "must be keys as b24bridge secret-key prints them, with commas between"
            )
        return value

    @field_validator("telegram_token")
    @classmethod
    def _is_a_telegram_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _looking_like(_TELEGRAM_TOKEN, "123456:ABC-DEF, as @BotFather gave it", value)

    @field_validator("slack_bot_token")
    @classmethod
    def _is_a_bot_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _looking_like(_SLACK_BOT_TOKEN, "xoxb-…, the bot's token", value)

    @field_validator("slack_app_token")
    @classmethod
    def _is_an_app_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _looking_like(_SLACK_APP_TOKEN, "xapp-…, the app-level token", value)

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret value, for masking it wherever it might turn up.

        Of the webhook's address also the code alone: it stands in the path of each request. Of the
        database's, the password.
        """
        fields = (getattr(self, name) for name in type(self).model_fields)
        values = {field.get_secret_value() for field in fields if isinstance(field, SecretStr)}
        if password := urlsplit(self.database_url).password:
            values |= {password, unquote(password)}
        return frozenset(values.union(self.secret_keys, *map(_WEBHOOK_CODE.findall, values)))

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys that credentials are encrypted with, the newest first."""
        return tuple(_split_keys(self.secret_key)) if self.secret_key else ()


def load_settings(*, needs_portal: bool = False, needs_chat: bool = False) -> Settings:
    """Read the settings.

    Args:
        needs_portal: whether a missing portal is a problem.
        needs_chat: whether it is one that no chat is set.

    Raises:
        ConfigError: with all problems at once; no value of a setting is in it.
    """
    given = _read_names()
    problems = [*_misspelt(given), *_missing(given, needs_portal, needs_chat)]
    try:
        settings = Settings()
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        wrong = {str(detail["loc"][0]): detail["msg"] for detail in details}
        problems += [
            f"{PREFIX}{name.upper()} {_EXPECTED.get(name) or message.removeprefix('Value error, ')}"
            for name, message in wrong.items()
        ]
        raise ConfigError(problems) from None
    if problems:
        raise ConfigError(problems)
    return settings


def _split_keys(value: SecretStr) -> list[str]:
    return [key.strip() for key in value.get_secret_value().split(",")]


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == _KEY_BYTES
    except ValueError:
        return False


def _looking_like(
    pattern: re.Pattern[str], example: str, value: SecretStr | None
) -> SecretStr | None:
    if value is not None and not pattern.fullmatch(value.get_secret_value()):
        raise ValueError(f"must look like {example}")
    return value


def _read_names() -> set[str]:
    """Read the names of all that is set, in the environment or the file, to something."""
    given = {**DotEnvSettingsSource(Settings).env_vars, **os.environ}
    return {name.upper() for name, value in given.items() if value}


def _missing(given: set[str], needs_portal: bool, needs_chat: bool) -> Iterator[str]:
    names = ("TELEGRAM_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")
    telegram, bot, app, signing = (f"{PREFIX}{name}" for name in names)
    yield from _missing_for_portals(given, needs_portal)
    yield from _missing_for_slack(given, needs_chat)
    if needs_chat and not given & {telegram, bot, app}:
        yield f"No chat is set: {telegram}, or {bot} and either {app} or {signing}"
    public, listen = f"{PREFIX}PUBLIC_URL", f"{PREFIX}HTTP_LISTEN"
    if needs_chat and {telegram, public} <= given and listen not in given:
        yield f"{listen} is missing: what Telegram sends to {public} must come to the bridge"


def _missing_for_slack(given: set[str], needs_chat: bool) -> Iterator[str]:
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "HTTP_LISTEN")
    bot, app, signing, listen = (f"{PREFIX}{name}" for name in names)
    if bot in given and not given & {app, signing}:
        yield f"{app} is missing: Slack needs it next to the bot token, or {signing} for HTTP"
    if given & {app, signing} and bot not in given:
        yield f"{bot} is missing: Slack needs it next to the app token or the signing secret"
    if needs_chat and {bot, signing} <= given and not given & {app, listen}:
        yield f"{listen} is missing: without {app}, Slack sends everything there"


def _missing_for_portals(given: set[str], needs_portal: bool) -> Iterator[str]:
    names = ("PORTAL_WEBHOOK", "SECRET_KEY", "BITRIX24_CLIENT_ID", "BITRIX24_CLIENT_SECRET")
    webhook, key, client, secret = (f"{PREFIX}{name}" for name in names)
    # Other portals are in the database, where nothing is without a key.
    if needs_portal and not given & {webhook, key, client}:
        yield f"{webhook} is missing: the incoming webhook of your Bitrix24 account"
    if client in given and secret not in given:
        yield f"{secret} is missing: the portal's form shows it next to the application's id"
    if secret in given and client not in given:
        yield f"{client} is missing: the portal's form shows it next to the application's secret"
    if given & {client, secret} and key not in given:
        way = "b24bridge secret-key prints a new one"
        yield f"{key} is missing: an application's tokens are kept encrypted; {way}"


def _misspelt(given: set[str]) -> Iterator[str]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(given - known):
        if name.startswith(PREFIX) and not name.startswith(_FOREIGN_PREFIX):
            near = nearest(name, known)
            yield f"{name} is no setting" + (f"; did you mean {near}?" if near else "")
