"""The examples of the CommonMark specification, read from the sources of a package.

``make venv`` puts the sources of markdown-it-py beside the environment: they hold the examples, its
wheel does not.

Source: https://spec.commonmark.org/0.31.2/
"""

from __future__ import annotations

import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct


class Example(Struct, frozen=True):
    """An example: its number in the specification, what is typed, and what comes of it."""

    number: int = msgspec.field(name="example")
    section: str
    markdown: str
    html: str


def load_examples() -> list[Example]:
    """Read all examples, in order; FileNotFoundError until ``make venv`` has been run."""
    name = f"markdown_it_py-{version('markdown-it-py')}"
    with tarfile.open(Path(sys.prefix, "sources", f"{name}.tar.gz")) as sources:
        examples = sources.extractfile(f"{name}/tests/test_cmark_spec/commonmark.json")
        assert examples is not None
        return msgspec.json.decode(examples.read(), type=list[Example])
