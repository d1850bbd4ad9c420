"""The settings: read once from the environment and ``.env``, never changed."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from bridge.errors import ConfigError
from bridge.replies.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "B24BRIDGE_"
_WEBHOOK_CODE: Final = re.compile(r"/rest/\d+/([^/]+)")
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

    database_url: str = "sqlite+aiosqlite:///b24bridge.db"
    portal_webhook: SecretStr | None = None
    portal_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 75.0
    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_chats: Annotated[frozenset[int], NoDecode] = frozenset()
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    slack_workspaces: Annotated[frozenset[str], NoDecode] = frozenset()
    http_listen: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("telegram_chats", "slack_workspaces", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: str) -> str:
        if not value.startswith("sqlite+aiosqlite:///"):
            raise ValueError("must look like sqlite+aiosqlite:///b24bridge.db")
        return value

    @field_validator("telegram_api_url", "slack_api_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must be an address that begins with https://")
        return value

    @field_validator("http_listen")
    @classmethod
    def _has_a_port(cls, value: str | None) -> str | None:
        if value is not None and not value.rpartition(":")[2].isdecimal():
            raise ValueError("must be host and port, like 127.0.0.1:8080")
        return value

    @field_validator("slack_bot_token")
    @classmethod
    def _is_a_bot_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _beginning_with("xoxb-", value)

    @field_validator("slack_app_token")
    @classmethod
    def _is_an_app_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _beginning_with("xapp-", value)

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret value, for masking it wherever it might turn up.

        Of the webhook's address also the code alone: it stands in the path of each request.
        """
        fields = (getattr(self, name) for name in type(self).model_fields)
        values = {field.get_secret_value() for field in fields if isinstance(field, SecretStr)}
        return frozenset(values.union(*map(_WEBHOOK_CODE.findall, values)))


def load_settings(**values: Any) -> Settings:  # noqa: ANN401
    """Read the settings; ``values`` go before the environment.

    Raises:
        ConfigError: with all problems at once; no value of a setting is in it.
    """
    problems = list(_misspelt())
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems += [
            f"{PREFIX}{str(detail['loc'][0]).upper()} {_words(detail['type'], detail['msg'])}"
            for detail in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigError(problems) from None
    problems += _halves(settings)
    if problems:
        raise ConfigError(problems)
    return settings


def _beginning_with(start: str, value: SecretStr | None) -> SecretStr | None:
    if value is not None and not value.get_secret_value().startswith(start):
        raise ValueError(f"must begin with {start}")
    return value


def _words(kind: str, message: str) -> str:
    return message.removeprefix("Value error, ") if kind == "value_error" else f"– {message}"


def _halves(settings: Settings) -> Iterator[str]:
    if settings.slack_bot_token and not settings.slack_app_token:
        yield f"{PREFIX}SLACK_APP_TOKEN is missing: Slack needs it next to the bot token"
    if settings.slack_app_token and not settings.slack_bot_token:
        yield f"{PREFIX}SLACK_BOT_TOKEN is missing: Slack needs it next to the app token"


def _misspelt() -> Iterator[str]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    dotenv = DotEnvSettingsSource(Settings).env_vars
    for name in sorted({*(key.upper() for key in dotenv), *(key.upper() for key in os.environ)}):
        if name.startswith(PREFIX) and name not in known and not name.startswith(_FOREIGN_PREFIX):
            near = nearest(name, known)
            yield f"{name} is no setting" + (f"; did you mean {near}?" if near else "")
