"""Every text is in one place, is used, and is said in every language."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import bridge
from bridge.replies.texts import Say, say
from bridge.replies.words import DOMAIN, LANGUAGES, LOCALES, Languages, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

ROOT = Path(bridge.__file__).parents[1]
TEXTS = {text.value: key for key, text in Say.__members__.items()}
TRANSLATIONS = [language for language in LANGUAGES if language != "en"]
WORDS = re.compile(r"[^\W\d_] [^\W\d_]|^[A-Z][a-z]")
"""What keys and codes do not have: words beside each other, or a capital letter in front."""
COMPILE = ".venv/bin/pybabel compile -d bridge/replies/locales -D b24bridge"


def read_catalogue(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language)


def translations(catalogue: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def read_sources() -> Iterator[tuple[Path, str]]:
    for folder in ("bridge", "adapters", "storage"):
        for path in (ROOT / folder).rglob("*.py"):
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def fields(text: str) -> Counter[tuple[str, str | None]]:
    return Counter((name, kind) for _, name, _, kind in Formatter().parse(text) if name)


def test_every_text_is_used_and_every_text_that_is_used_exists() -> None:
    used = {key for _, source in read_sources() for key in re.findall(r"\bSay\.([A-Z_]+)", source)}
    unused, unknown = Say.__members__.keys() - used, used - Say.__members__.keys()
    assert not unused, f"nobody says {sorted(unused)}"
    assert not unknown, f"there is no text {sorted(unknown)}"


def test_no_text_has_two_keys() -> None:
    assert [key for key, text in Say.__members__.items() if key != text.name] == []


def test_nothing_is_said_that_is_no_text_of_ours() -> None:
    """Sentences stand in ``texts.py``; the command line alone has words of its own."""
    said = [
        f"{path}:{node.lineno}: {sentence}"
        for path, source in read_sources()
        if path.parts[:2] not in {("adapters", "cli"), ("adapters", "sandbox")}
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        for sentence in find_sentences(node)
    ]
    assert not said, "\n".join(said)


def find_sentences(call: ast.Call) -> Iterator[str]:
    """Find what is written down in the call of something that is shown to people."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in {"Text", "Code", "CodeBlock", "Button", "Reply"}:
        for part in ast.walk(call):
            if isinstance(part, ast.Constant) and WORDS.search(str(part.value)):
                yield str(part.value)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_text_is_translated(language: str) -> None:
    translated = translations(read_catalogue(language))
    missing = [f"{key}: {text}" for text, key in TEXTS.items() if not translated.get(text)]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_nothing_is_translated_that_is_no_text_or_for_which_nobody_vouches(language: str) -> None:
    catalogue = read_catalogue(language)
    assert [text for text in translations(catalogue) if text not in TEXTS] == []
    assert [message.id for message in catalogue.obsolete.values()] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_fields_of_its_text_each_in_the_same_manner(language: str) -> None:
    different = [
        f"{TEXTS.get(text)}: {translation}"
        for text, translation in translations(read_catalogue(language)).items()
        if fields(text) != fields(translation)
    ]
    assert not different, "\n".join(different)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_what_is_said_is_what_was_translated(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        compiled = translations(read_mo(file))
    assert compiled == translations(read_catalogue(language)), f"run {COMPILE}"


def test_russian_is_written_with_its_own_quotes_and_names() -> None:
    for text, translation in translations(read_catalogue("ru")).items():
        assert '"' not in translation, text
        assert "Bitrix24" not in translation, text
        assert translation.endswith(".") == text.endswith(".") or TEXTS[text].startswith(
            ("AGO_", "IN_", "UNKNOWN", "GROUP_", "NO_GROUPS", "CODE", "DRY_RUN", "HELP")
        ), text


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ru", "ru"),
        ("ru-RU", "ru"),
        ("ru_RU", "ru"),
        ("RU", "ru"),
        ("en-GB", "en"),
        ("de", "default"),
        ("", "default"),
        ("rus", "default"),
        ("../../etc", "default"),
        ("ru/../../x", "default"),
        ("ru\0", "default"),
        ("ру", "default"),
        ("r" * 10_000, "default"),
    ],
)
def test_people_are_answered_in_their_language_or_in_the_default_one(
    tag: str, language: str
) -> None:
    reply = say(Say.NOTIFIED, names=("Anna", "Boris"))
    words = {
        "en": "Notified Anna and Boris.",
        "ru": "Уведомление доставлено: Anna и Boris.",
    }
    for default in LANGUAGES:
        expected = words[default if language == "default" else language]
        assert Languages(default).words(tag).spell(reply) == expected


def test_a_label_is_plain_text_and_what_goes_into_it_is_literal() -> None:
    reply = say(Say.HELP_MORE, help="{0.__class__} *b* <b>")
    assert Words().spell(reply) == "{0.__class__} *b* <b> tells more about that command."
