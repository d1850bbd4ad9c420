"""No secret reaches a log, whoever writes it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from adapters.cli.logs import mask_secrets, set_up_logging

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "1234:AAE/x+y"


@pytest.fixture(autouse=True)
def _give_loggers_back() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    yield
    root.level, root.handlers = before


def test_a_secret_is_masked_in_every_record_of_every_logger(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mask_secrets([SECRET])
    caplog.set_level(logging.DEBUG)
    log = logging.getLogger("some.library")
    log.debug("POST https://api.example/bot%s/getMe", SECRET)
    log.info("%s", {"headers": [SECRET]})
    log.info("the same, encoded: 1234%3AAAE%2Fx%2By")
    try:
        raise ValueError(f"The token {SECRET} was rejected")
    except ValueError:
        log.exception("failed")
    assert "***" in caplog.text
    assert "AAE" not in caplog.text


def test_a_record_without_a_secret_is_left_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    mask_secrets([SECRET])
    logging.getLogger("x").warning("%s of %s", 1, 2)
    assert caplog.records[0].args == (1, 2)


def test_an_administrator_hears_us_from_info_and_libraries_from_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging("INFO")
    logging.getLogger("slack_sdk").setLevel(logging.DEBUG)
    logging.getLogger("slack_sdk").debug("body: what a person typed")
    logging.getLogger("slack_sdk").warning("library warns")
    logging.getLogger("bridge.x").debug("ours, debug")
    logging.getLogger("bridge.x").info("ours, info")
    said = capsys.readouterr().err
    assert "what a person typed" not in said
    assert "ours, debug" not in said
    assert "library warns" in said
    assert "ours, info" in said
