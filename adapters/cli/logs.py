"""Logging for an administrator: own messages, no secret, nobody's texts."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS: Final = ("bridge", "adapters", "storage")
_MASK: Final = "***"


def set_up_logging(level: str, secrets: Iterable[str] = ()) -> None:
    """Log to standard error, with every secret masked in every record of every logger.

    Other libraries are heard from WARNING on: below that they write addresses and whole requests,
    and with them what people have typed.
    """
    mask_secrets(secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S")
    )
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


def _is_for_administrators(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS
