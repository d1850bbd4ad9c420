from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.mrkdwn import parse
from bridge.markup import bbcode, markdown
from bridge.markup.nodes import (
    Code,
    CodeBlock,
    Emphasis,
    Link,
    Mention,
    Node,
    Strike,
    Strong,
    Text,
)


def _bold(*children: Text | Emphasis | Strike | Link | Code | Mention) -> Strong:
    return Strong(children)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@U012|anna>", Mention("anna", "U012")),
        ("<@W012>", Mention("W012", "W012")),
        ("<@U012|>", Mention("U012", "U012")),
        ("<#C1|general>", Text("#general")),
        ("<#C1|>", Text("#C1")),
        ("<!here>", Text("@here")),
        ("<!channel|channel>", Text("@channel")),
        ("<!everyone>", Text("@everyone")),
        ("<!subteam^S1|@ops>", Text("@ops")),
        ("<!subteam^S1>", Text("@S1")),
        ("<!date^1392734382^{date}|18 February>", Text("18 February")),
        ("<!new|a label>", Text("a label")),
        ("<https://x.example|down>", Link("https://x.example", (Text("down"),))),
        ("<mailto:a@b.example|a@b.example>", Link("mailto:a@b.example", (Text("a@b.example"),))),
        ("<https://x.example/?a&amp;b|a &lt; b>", Link("https://x.example/?a&b", (Text("a < b"),))),
        ("*bold*", _bold(Text("bold"))),
        ("_italic_", Emphasis((Text("italic"),))),
        ("~strike~", Strike((Text("strike"),))),
        ("`code`", Code("code")),
        ("``a ` b``", Code("a ` b")),
        ("`a *b* &lt;c&gt; <https://x.example|x.example>`", Code("a *b* <c> x.example")),
        ("`<@U1|anna> <https://x.example>`", Code("@anna https://x.example")),
        ("```one\n\ntwo```", CodeBlock("one\n\ntwo")),
        ("```\none\n```", CodeBlock("one")),
        ("```py\nprint()\n```", CodeBlock("print()", "py")),
        ("```error\nprint()```", CodeBlock("error\nprint()")),
        ("*a _b ~c~_*", _bold(Text("a "), Emphasis((Text("b "), Strike((Text("c"),)))))),
        ("*<https://x.example>*", _bold(Link("https://x.example", (Text("https://x.example"),)))),
        ("*<ftp://x|x> `y`*", _bold(Link("ftp://x", (Text("x"),)), Text(" "), Code("y"))),
        ("*<@U1|anna>*", _bold(Mention("anna", "U1"))),
    ],
)  # fmt: skip
def test_what_slack_marks_is_a_node(text: str, expected: Node) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "two\nlines\n",
        "@anna #5 anna@corp.example",
        "**bold** __bold__ ~~strike~~ ***both***",
        "[label](https://x.example)",
        "* one\n* two\n\n- three\n1. four",
        "snake_case_name 2*3*4 a~b~c",
        "*not closed",
        "*two\nlines*",
        "* spaces * _ spaces _",
        "\\*escaped\\* \\`escaped\\`",
        "@_anna_ #_ops_ /var/_cache_/x",
        "https://x.example/_a_/*b*?c=~d~",
        "`not closed",
        "`two\nlines`",
        "```not closed",
        "<",
        "<<<>",
        "<@> <@|anna> <@anna> <@u1> <@U1 x>",
        "<!> <!new> <#> <b> </b> <a href=x>",
        "a < b > c",
        "<https://x.example/a b>",
        "<1:2>",
        "<https://not.closed",
    ],
)
def test_everything_else_stays_as_it_was_typed(text: str) -> None:
    assert parse(text) == ((Text(text),) if text else ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("&lt;@U012&gt;", "<@U012>"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;amp; &quot; &", "&amp;amp; &quot; &"),
        ("&gt; quote", "> quote"),
        ("see <https://x.example>", "see <https://x.example>"),
        ("[down](<https://x.example/?a&amp;b>)", "[down](<https://x.example/?a&b>)"),
        ("[down](<http://x.example|x.example>)", "[down](<http://x.example>)"),
    ],
)
def test_entities_are_decoded_once_and_typed_markdown_survives(text: str, expected: str) -> None:
    assert parse(text) == (Text(expected),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*see [x](<https://x.example>)*", "**see [x](<https://x.example>)**"),
        ("_**both**_", "_**both**_"),
        ("~[x](https://x.example)~", "~[x](https://x.example)~"),
    ],
)
def test_a_mark_around_typed_markdown_is_left_to_markdown(text: str, expected: str) -> None:
    assert parse(text) == (Text(expected),)


def test_a_command_as_people_type_it() -> None:
    text = "<@U2|anna>, <@U3>: *api* is <https://x.example|down>, see `log`\n&gt; _why?_"

    assert parse(text) == (
        Mention("anna", "U2"), Text(", "), Mention("U3", "U3"), Text(": "), _bold(Text("api")),
        Text(" is "), Link("https://x.example", (Text("down"),)), Text(", see "), Code("log"),
        Text("\n> "), Emphasis((Text("why?"),)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**a** is [x](<https://x.example>)", "[b]a[/b] is [url=https://x.example]x[/url]"),
        ("*a* is [x](<http://x.example|x.example>)", "[b]a[/b] is [url=http://x.example]x[/url]"),
        ("*see [x](<https://x.example>)*", "[b]see [url=https://x.example]x[/url][/b]"),
        ("[*x* y](<https://x.example>)", "[url=https://x.example][b]x[/b] y[/url]"),
    ],
)
def test_slacks_marks_and_markdown_go_together(text: str, expected: str) -> None:
    assert bbcode.render(markdown.parse(parse(text))) == expected


def test_the_nearest_marks_are_a_pair() -> None:
    assert parse("*a *b* c*") == (Text("*a "), _bold(Text("b")), Text(" c*"))


def test_crossing_marks_do_not_cross() -> None:
    assert parse("*a _b* c_") == (_bold(Text("a _b")), Text(" c_"))


def test_a_block_of_code_ends_the_marks_before_it() -> None:
    assert parse("*a ```b``` c*") == (Text("*a "), CodeBlock("b"), Text(" c*"))


@given(st.text(alphabet="*_~`<>|@!#U1a &;:/[]()\\\nh", max_size=60))
def test_hostile_text_never_raises_and_neighbouring_texts_are_one(text: str) -> None:
    nodes = parse(text)

    assert not any(isinstance(a, Text) and isinstance(b, Text) for a, b in pairwise(nodes))
    assert all(node.text for node in nodes if isinstance(node, Text))


@pytest.mark.parametrize(
    "unit",
    ["*_~", "*_~ ", "*a _b ~c ", "<", "<a", "<@U1>", "](<https://x|x>)", "`", "`` ` ", "`a\n",
     "&amp;", "http://", "*__x__*", "*_~a~_* ", "<https://x|"],
)  # fmt: skip
def test_the_time_grows_no_faster_than_the_text(unit: str) -> None:
    def seconds(count: int) -> float:
        text = unit * count + ">`"
        runs = []
        for _ in range(3):
            began = time.process_time()
            parse(text)
            runs.append(time.process_time() - began)
        return min(runs)

    # Eight times the text: a quadratic scanner would take 64 times as long.
    assert seconds(20_000) < 24 * seconds(2_500) + 0.05
