"""No secret reaches a log, whoever writes it."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Literal

import pytest

from adapters.cli.logs import mask_secrets, set_up_logging
from bridge.trace import following

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


def log_trouble() -> None:
    """Log a secret in all the ways a program can."""
    log = logging.getLogger("bridge.x")
    log.info("token %s", SECRET)
    try:
        raise ValueError(f"The token {SECRET} was rejected")
    except ValueError:
        log.exception("failed with %s", [SECRET])
    logging.getLogger("library").warning("%s", {"headers": SECRET}, stack_info=True)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_format_shows_a_secret_not_even_in_a_traceback(
    capsys: pytest.CaptureFixture[str], log_format: Literal["console", "json"]
) -> None:
    set_up_logging("INFO", [SECRET], log_format)
    log_trouble()
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "***" in said
    assert "AAE" not in said


def test_json_is_an_object_a_line_that_tells_when_where_and_what(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging("INFO", [SECRET], "json")
    log_trouble()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["level"], line["logger"]) for line in lines] == [
        ("info", "bridge.x"),
        ("error", "bridge.x"),
        ("warning", "library"),
    ]
    assert lines[0]["event"] == "token ***"
    assert lines[0].keys() == {"timestamp", "level", "logger", "event"}
    assert lines[0]["timestamp"].endswith("Z")
    assert "ValueError: The token *** was rejected" in lines[1]["exception"]


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_is_logged_about_an_event_has_its_trace(
    capsys: pytest.CaptureFixture[str], log_format: Literal["console", "json"]
) -> None:
    set_up_logging("INFO", log_format=log_format)
    log = logging.getLogger("bridge.x")
    with following("f00ba7"):
        log.info("about it")
    log.info("about nothing in particular")
    about, other = capsys.readouterr().err.splitlines()
    assert "f00ba7" in about
    assert "f00ba7" not in other


def test_people_read_when_how_grave_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO")
    with following("f00ba7"):
        logging.getLogger("bridge.x").warning("%s of %s", 1, 2)
    said = capsys.readouterr().err
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARNING f00ba7 1 of 2\n", said)


def test_what_comes_from_outside_begins_no_line_and_moves_no_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging("INFO")
    logging.getLogger("bridge.x").warning("a\n2026-01-01 00:00:00 ERROR forged \x1b[31m")
    said = capsys.readouterr().err
    assert "\n    2026-01-01" in said
    assert "\x1b" not in said
