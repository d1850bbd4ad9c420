"""The specification's examples, as a reader in Bitrix24 sees them.

What differs by our own decisions is part of what is expected: typed HTML is text, code within
a sentence stands between backticks, an image is a link with its description, the address of what
cannot be followed is written after the label, and a line break is one wherever it is typed.
"""

from __future__ import annotations

import pytest

from adapters.sandbox.reader import read
from bridge.markup import bbcode
from bridge.markup.markdown import parse
from tests.commonmark import Example, load_examples
from tests.unit.markup.html_tree import read_html
from tests.unit.markup.meaning import meant
from tests.unit.markup.pages import seen

_EXCEPTIONS = {
    144: "what stands behind a fence that holds nothing is shown, lest words be lost",
    602: "an address that somebody just writes is a link, also between < and a space",
    606: "an e-mail address that somebody just writes is a link",
    608: "an address that somebody just writes is a link, also after < and a space",
    611: "an address that somebody just writes is a link",
    612: "an e-mail address that somebody just writes is a link",
}
_EXAMPLES = load_examples()


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda example: f"{example.number}")
def test_an_example_is_seen_as_the_specification_means_it(example: Example) -> None:
    expected = meant(read_html(example.html, typed=example.markdown))
    reading = read(bbcode.render(parse(example.markdown)))
    found = seen(reading)
    assert not reading.dangers
    if reason := _EXCEPTIONS.get(example.number):
        assert found != expected, f"no exception any more: {reason}"
    else:
        assert found == expected


def test_all_examples_are_there() -> None:
    assert [example.number for example in _EXAMPLES] == list(range(1, 653))
    assert {example.section for example in _EXAMPLES} >= {"Tabs", "Raw HTML", "Inlines"}
