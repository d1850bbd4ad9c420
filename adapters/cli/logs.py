"""Logging for an administrator: own messages, no secret, nobody's texts."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

import msgspec

from adapters.cli.terminal import visible, visible_json
from bridge.trace import current

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structlog.typing import EventDict

_OURS: Final = ("bridge", "adapters", "storage")
_MASK: Final = "***"


def set_up_logging(
    level: str, secrets: Iterable[str] = (), log_format: Literal["console", "json"] = "console"
) -> None:
    """Log to standard error, with every secret masked in every record of every logger.

    Other libraries are heard from WARNING on: below that they write addresses and whole requests,
    and with them what people have typed.

    Args:
        level: from which on we are heard.
        secrets: what is masked.
        log_format: ``console`` for people, ``json`` for programs: an object a line.
    """
    mask_secrets(secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(_make_formatter(log_format))
    handler.addFilter(_is_for_administrators)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def mask_secrets(secrets: Iterable[str]) -> None:
    """See to it that no log record, of any logger and for any handler, holds one of the secrets."""
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    ordered = sorted(forms, key=len, reverse=True)

    def make_record(*args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401
        record = logging.LogRecord(*args, **kwargs)
        text = record.getMessage()
        masked = _mask(text, ordered)
        if masked != text:
            record.msg, record.args = masked, ()
        if record.exc_info and record.exc_info[1]:
            # A formatter keeps this text instead of writing the traceback itself.
            lines = traceback.format_exception(record.exc_info[1])
            record.exc_text = _mask("".join(lines).rstrip(), ordered)
        return record

    logging.setLogRecordFactory(make_record)


def _mask(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, _MASK)
    return text


def _make_formatter(log_format: str) -> logging.Formatter:
    import structlog

    as_json = structlog.processors.JSONRenderer(serializer=_write_json)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_describe],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            as_json if log_format == "json" else _write_for_people,
        ],
    )


def _describe(_: object, level: str, event: EventDict) -> EventDict:
    """Say when, where and about what a record was made."""
    record: logging.LogRecord = event["_record"]
    about = {
        "timestamp": datetime.fromtimestamp(record.created, UTC),
        "level": level,
        "trace": current.get(),
        "exception": record.exc_text,  # the one that is masked
    }
    event.pop("exc_info", None)
    known = {name: value for name, value in about.items() if value}
    return {**known, **event, "logger": record.name}


def _write_for_people(_: object, level: str, event: EventDict) -> str:
    said = [event["event"], event.get("exception"), event.get("stack_info")]
    text = "\n".join(visible(part, keep_lines=True) for part in said if part)
    trace = f"{event['trace']} " if "trace" in event else ""
    # Whatever comes from outside begins no line of its own.
    lines = text.replace("\n", "\n    ")
    return f"{event['timestamp'].astimezone():%Y-%m-%d %H:%M:%S} {level.upper():7} {trace}{lines}"


def _write_json(event: EventDict, **_: object) -> str:
    return visible_json(msgspec.json.encode(event)).decode()


def _is_for_administrators(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS
