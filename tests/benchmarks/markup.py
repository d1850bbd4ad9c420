"""How fast Markdown becomes BB codes, beside markdown-it-py's Markdown → HTML, and how it grows.

Run it as ``python tests/benchmarks/markup.py``; everything is measured in one run, and only ratios
should be compared between machines. markdown-it-py escapes nothing for Bitrix24 and finds no bare
addresses.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from bridge.markup import bbcode, plain
from bridge.markup.fit import fit
from bridge.markup.markdown import parse

if TYPE_CHECKING:
    from collections.abc import Callable

CHAT = """\
**api** is [down](https://status.example/1) since 10:30, see https://ci.example/run_7?x=1&y=2:

- `web-1` answers *slowly*, ~~web-2~~ is gone
- [x] restarted, [ ] rolled back

> Anna: 5 of 8 hosts <are> fine
> again in a minute (I hope) :)

Кто смотрит? @boris has the pager and the keys for the second data centre.

"""
SPECIMEN = """\
Title
=====

A paragraph with *emphasis*, **strong *nested* emphasis**, `code`, a [link](/url "title"),
a [reference][ref], an ![image](/image.png), <https://auto.example/>, &copy; and <b>HTML</b>.
A hard break\\
and a soft one.

### Lists

* one
* two

  with a paragraph
    1. nested
    2. deeper

       ```python
       def f(x): return x < 3 and x > 1
       ```

> A quote
> > in a quote
>
> - and a list

***

    indented code

<div>
raw
</div>

[ref]: https://ref.example/ 'Title'

"""
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
)


def seconds(work: Callable[[], object], *, rounds: int = 40) -> float:
    """Measure the best of some rounds: what the machine does besides only ever adds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def to_bb(text: str) -> str:
    """Do all that a message needs."""
    return bbcode.render(parse(text))


def compare(name: str, text: str) -> None:
    """Print how many messages a second we make, and how many times markdown-it-py's."""
    commonmark, gfm = MarkdownIt("commonmark"), MarkdownIt("gfm-like", {"linkify": False})
    ours = seconds(lambda: to_bb(text))
    document = parse(text)
    print(f"{name} ({len(text)} characters)")
    print(f"  Markdown → BB         {1 / ours:8.0f}/s")
    print(f"  against commonmark    {seconds(lambda: commonmark.render(text)) / ours:8.2f} ×")
    print(f"  against gfm-like      {seconds(lambda: gfm.render(text)) / ours:8.2f} ×")
    print(f"  tree → plain          {1 / seconds(lambda: plain.render(document)):8.0f}/s")
    print(f"  fit, when it fits     {1 / seconds(lambda: fit(document)):8.0f}/s")


def grow() -> None:
    """Print how much longer four times the text takes; linear is 4."""
    print("20,000 characters against 5,000")
    for unit in UNITS:
        small, large = ((unit * size)[:size] for size in (5_000, 20_000))
        took = [seconds(partial(to_bb, text), rounds=7) for text in (small, large)]
        print(f"  {unit!r:16} {took[1] / took[0]:5.2f} ×")


if __name__ == "__main__":
    compare("A chat message", (CHAT * 6)[:2_000])
    compare("CommonMark", SPECIMEN * 3)
    grow()
