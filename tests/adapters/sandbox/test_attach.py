from __future__ import annotations

import pytest

from adapters.sandbox.attach import check_attach
from adapters.sandbox.attach_html import draw_attach
from adapters.sandbox.errors import RestError

BLOCKS: list[object] = [
    {"MESSAGE": "[b]more[/b] <x>\\nnext"},
    {"LINK": {"NAME": "Status", "LINK": "https://s.example/?a&b", "DESC": "all [i]red[/i]"}},
    {"USER": {"NAME": "Anna & Co", "LINK": "javascript:alert(1)"}},
    {"IMAGE": [{"LINK": "https://s.example/a.png", "NAME": "a.png"}]},
    {"FILE": {"LINK": "https://s.example/a.log"}},
    {"GRID": [{"NAME": "host", "VALUE": 7, "DISPLAY": "ROW", "WIDTH": "100"}]},
    {"DELIMITER": {"SIZE": 200, "COLOR": "#c6c6c6"}},
]


@pytest.mark.parametrize(
    "value",
    [
        BLOCKS,
        {"BLOCKS": BLOCKS},
        {"ID": 1, "COLOR_TOKEN": "primary", "COLOR": "#29619b", "BLOCKS": BLOCKS},
        '[{"MESSAGE": "hi"}]',
        '{"BLOCKS": [{"MESSAGE": "hi"}]}',
    ],
)
def test_an_object_a_list_and_their_json_are_accepted(value: object) -> None:
    assert check_attach(value).json[0] in "{["


@pytest.mark.parametrize(
    "value",
    [
        "no json",
        "5",
        "null",
        [],
        {},
        {"BLOCKS": []},
        {"BLOCKS": {"MESSAGE": "hi"}},
        ["text"],
        [{}],
        [{"NEW_KIND": {}}],
        [{"MESSAGE": "a", "DELIMITER": {}}],
        [{"MESSAGE": ["a"]}],
        [{"LINK": {"NAME": "no address"}}],
        [{"USER": {"LINK": "https://e.example"}}],
        [{"IMAGE": {"NAME": "no address"}}],
        [{"GRID": [{"NAME": "a", "VALUE": "b"}]}],
        [{"GRID": [{"DISPLAY": "CIRCLE"}]}],
        {"COLOR_TOKEN": "pink", "BLOCKS": [{"MESSAGE": "hi"}]},
        '[{"MESSAGE": "\ud800"}]',
        "[" * 100_000,
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_anything_else_is_an_error(value: object) -> None:
    with pytest.raises(RestError) as refusal:
        check_attach(value)
    assert refusal.value.code == "ATTACH_ERROR"


def test_the_size_is_that_of_compact_utf8_json() -> None:
    # A Cyrillic letter is two bytes, and the spaces of a JSON string do not count.
    fitting = "ж" * ((30_720 - len('[{"MESSAGE":""}]')) // 2)
    check_attach([{"MESSAGE": fitting}])
    check_attach(f'[ {{ "MESSAGE" : "{fitting}" }} ]')
    with pytest.raises(RestError) as refusal:
        check_attach([{"MESSAGE": fitting + "ж"}])
    assert refusal.value.code == "ATTACH_OVERSIZE"


def test_a_name_or_a_value_alone_has_the_row_for_itself() -> None:
    grid = [{"NAME": "a", "DISPLAY": "ROW"}, {"VALUE": "[b]b[/b]", "DISPLAY": "BLOCK"}]
    assert draw_attach(check_attach([{"GRID": grid}]).attach) == (
        '<div class="attach"><div class="attach-grid">'
        '<div class="cell row"><b>a</b></div>'
        '<div class="cell block"><span><b>b</b></span></div>'
        "</div></div>"
    )


def test_every_block_is_drawn_with_its_texts_escaped() -> None:
    html = draw_attach(check_attach({"COLOR_TOKEN": "alert", "BLOCKS": BLOCKS}).attach)
    link = 'rel="noopener noreferrer" target="_blank">'
    for part in (
        '<div class="attach" data-color="alert">',
        '<div class="attach-message"><b>more</b> &lt;x&gt;<br>next</div>',
        f'href="https://s.example/?a&amp;b" {link}Status</a><br>all <i>red</i></div>',
        '<div class="attach-user">Anna &amp; Co</div>',
        f'href="https://s.example/a.png" {link}a.png</a></div>',
        f'href="https://s.example/a.log" {link}https://s.example/a.log</a></div>',
        '<div class="cell row"><b>host</b><span>7</span></div>',
        '<div class="attach-delimiter"></div>',
    ):
        assert part in html
    assert "javascript:" not in html
