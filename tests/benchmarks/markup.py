"""How fast Markdown becomes BB codes, beside other converters of Markdown, and how it grows.

Run it as ``python tests/benchmarks/markup.py``; everything is measured in one run, and only ratios
should be compared between machines. Goal: 5 times md2bbcode (Markdown → BB codes) and 3 times
markdown-it-py (Markdown → HTML), though neither finds bare addresses or makes anything literal for
Bitrix24. Linear growth is 4, the bound 4.5.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import mistune
from markdown_it import MarkdownIt
from md2bbcode.main import process_readme  # type: ignore[import-untyped]  # it has no types

sys.path.insert(0, str(Path(__file__).parents[2]))

from adapters.slack import mrkdwn
from bridge.markup import bbcode, plain
from bridge.markup.fit import fit
from bridge.markup.markdown import parse
from tests.commonmark import load_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHAT = """\
**api** is [down](https://status.example/1) since 10:30, see https://ci.example/run_7?x=1&y=2:

- `web-1` answers *slowly*, ~~web-2~~ is gone
- [x] restarted, [ ] rolled back

> Anna: 5 of 8 hosts <are> fine
> again in a minute (I hope) :)

Кто смотрит? @boris has the pager and the keys for the second data centre.

"""
GOALS = {"md2bbcode": 5.0, "markdown-it-py": 3.0}
UNITS = (
    "[",
    "*a_",
    "> ",
    "`",
    "![](",
    "1. ",
    "- a\n",
    "[a](",
    "a.b@c.",
    "https://x/*",
    ":)",
    "#BR",
    "*_~",
)
NESTED = "".join(f"{'  ' * depth}- a\n" for depth in range(200))


def to_bb(text: str) -> str:
    """Do all that a message needs."""
    return bbcode.render(parse(text))


def mrkdwn_to_bb(text: str) -> str:
    """Do all that a message from Slack needs."""
    return bbcode.render(parse(mrkdwn.parse(text)))


def html_by_markdown_it() -> Callable[[str], object]:
    """Return the converter as CommonMark has it: with GFM it is slower."""
    return MarkdownIt("commonmark").render


CONVERTERS: dict[str, Callable[[str], object]] = {
    "this": to_bb,
    "md2bbcode": process_readme,
    "markdown-it-py": html_by_markdown_it(),
    "mistune": mistune.create_markdown(escape=False),
}


def seconds(work: Callable[[], object]) -> float:
    """Measure once, in the processor's time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def convert_all(convert: Callable[[str], object], texts: Sequence[str]) -> None:
    """Convert some messages."""
    for text in texts:
        convert(text)


def compare(name: str, texts: Sequence[str], *, rounds: int) -> None:
    """Print messages a second, and how many times the others' ours are.

    The converters take turns, and the best round of each counts: what the machine does besides
    only ever adds.
    """
    best = dict.fromkeys(CONVERTERS, float("inf"))
    for _ in range(rounds):
        for other, convert in CONVERTERS.items():
            best[other] = min(best[other], seconds(partial(convert_all, convert, texts)))
    print(f"{name}: {len(texts) / best['this']:.0f} messages a second")
    for other in list(CONVERTERS)[1:]:
        goal = f"  (goal {GOALS[other]:.0f})" if other in GOALS else ""
        print(f"  against {other:16} {best[other] / best['this']:6.2f} ×{goal}")


def show_parts(text: str) -> None:
    """Print what else is done with a message, as a part of the time to parse and render it."""
    document = parse(text)
    works: dict[str, Callable[[], object]] = {
        "Markdown → BB": partial(to_bb, text),
        "tree → plain": partial(plain.render, document),
        "fit and render": partial(fit, document),
    }
    best = dict.fromkeys(works, float("inf"))
    for _ in range(40):
        for name, work in works.items():
            best[name] = min(best[name], seconds(work))
    for name in list(works)[1:]:
        print(f"  {name:24} {best[name] / best['Markdown → BB']:6.2f} of it")


def grow(name: str, convert: Callable[[str], object]) -> None:
    """Print how much longer four times the text takes."""
    print(f"{name}: 20,000 characters against 5,000")
    for unit in (*UNITS, NESTED):
        texts = [(unit * size)[:size] for size in (5_000, 20_000)]
        best = [min(seconds(partial(convert, text)) for _ in range(7)) for text in texts]
        label = "nested lists" if unit is NESTED else repr(unit)
        print(f"  {label:16} {best[1] / best[0]:5.2f} ×")


if __name__ == "__main__":
    chat = (CHAT * 6)[:2_000]
    compare("A chat message of 2 kB", [chat] * 20, rounds=12)
    show_parts(chat)
    compare("CommonMark's examples", [each.markdown for each in load_examples()], rounds=5)
    grow("Markdown", to_bb)
    grow("mrkdwn", mrkdwn_to_bb)
