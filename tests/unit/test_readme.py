"""The README tells what is so."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.commands.grammar import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_every_command_and_option_is_in_it() -> None:
    for spec in COMMANDS:
        assert f"`{spec.usage}`" in README.replace(r"\|", "|")
        for option in spec.options:
            assert f"`{option.name}`" in README


def test_every_file_that_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_no_figure_is_left_to_be_filled_in() -> None:
    assert not re.search(r"@[A-Z]+@", README)
