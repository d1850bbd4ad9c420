"""The README tells what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.commands.grammar import COMMANDS
from bridge.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "deploy" / "ADMINISTRATION.md", ROOT / "CONTRIBUTING.md"]


def test_every_command_and_option_is_in_it() -> None:
    for spec in COMMANDS:
        assert f"`{spec.usage}`" in README.replace(r"\|", "|")
        for option in spec.options:
            assert f"`{option.name}`" in README


def headings(page: Path) -> set[str]:
    """Name the headings of a page as links to them do."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_heading_that_it_links_to_is_there(page: Path) -> None:
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text()):
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not heading or heading in headings(file), heading


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_it_names_is_one(page: Path) -> None:
    for name in re.findall(rf"\b{PREFIX}([A-Z0-9_]+)\b", page.read_text()):
        is_of_tests = name.startswith(("TEST_", "CHAOS_"))
        assert is_of_tests or name.lower() in Settings.model_fields, name


def test_no_figure_is_left_to_be_filled_in() -> None:
    assert not re.search(r"@[A-Z]+@", README)
