from __future__ import annotations

from functools import partial
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
    Item,
    Link,
    List,
    Mention,
    Node,
    Paragraph,
    Quote,
    Strike,
    Strong,
    Text,
)
from tests.work import count_work


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
        ("<!subteam^S1|@ops>", Mention("ops", "S1", is_group=True)),
        ("<!subteam^S1>", Mention("S1", "S1", is_group=True)),
        ("<!date^1392734382^{date}|18 February>", Text("18 February")),
        ("<!date^1392734382^{date}>", Text("2014-02-18 14:39 UTC")),
        ("<!date^1^{date}^https://x.example|1 May>", Link("https://x.example", (Text("1 May"),))),
        ("<!here|@here>", Text("@here")),
        ("<@B012|bot>", Text("@bot")),
        ("<#C1|#general>", Text("#general")),
        ("<tel:+4930|call>", Link("tel:+4930", (Text("call"),))),
        ("<https://x.example|:tada: yes>", Link("https://x.example", (Text("🎉 yes"),))),
        ("<http://x.example/:id:|x.example/:id:>",
         Link("http://x.example/:id:", (Text("x.example/:id:"),))),
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
        ("`<https://x.example|a1b2>`", Link("https://x.example", (Code("a1b2"),))),
        ("`:tada: 10:30:45`", Code(":tada: 10:30:45")),
        ("*:tada:*", _bold(Text("🎉"))),
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
        "snake_case_name 2*3 a~b",
        "*not closed",
        "/cmd @_anna_ #_ops_",
        "10:30:45 user:id:5 std::map::key :unknown: a:b",
        "```\n:tada:",
        "~~~\n*a* :tada:\n~~~",
        "code:\n\n    *a* :tada:\n    2*3*4",
        "* spaces * _ spaces _",
        "\\*escaped\\* \\`escaped\\`",
        "https://x.example/_a_/*b*?c=~d~ www.x.example/:key:/_a_b [x](/:id:/_a_)",
        "`not closed",
        "`two\nlines`",
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
        ("&amp;lt;", "\\&lt;"),
        ("&amp;amp;amp; &amp; &", "\\&amp;amp; & &"),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2*3*4 5_x_ a~b~c", "2*3*4 5_x_ a~b~c"),
        ("*two\nlines*", "*two\nlines*"),
        ("/var/_cache_/x", "/var/_cache_/x"),
        ("~~~\n2*3*4\n~~~", "[code]\n2*3*4[/code]"),
        ("<!x|*a* [b](c) _d_>", "*a* [\u2060b](\u2060c) _d_"),
        ("<!x|1) May>", "1) May"),
        ("`a\n\n*b* c`", "`a\n\n[b]b[/b] c`"),
        ("<#C1|a_b_c> <!subteam^S1|@ops_team_x>", "#a_b_c @ops_team_x"),
        ("&amp;copy; &amp;lt;b&amp;gt;", "&\u2060copy; &\u2060lt;b&\u2060gt;"),
    ],
)
def test_markdown_marks_nothing_that_slack_shows_as_it_is(text: str, expected: str) -> None:
    assert bbcode.render(markdown.parse(parse(text))) == expected


def test_the_nearest_marks_are_a_pair() -> None:
    assert parse("*a *b* c*") == (Text("\\*a "), _bold(Text("b")), Text(" c\\*"))


def test_crossing_marks_do_not_cross() -> None:
    assert parse("*a _b* c_") == (_bold(Text("a _b")), Text(" c_"))


def test_a_block_of_code_ends_the_marks_before_it() -> None:
    assert parse("*a ```b``` c*") == (Text("\\*a "), CodeBlock("b"), Text(" c\\*"))


def test_a_quote_to_the_end_is_one_node_and_holds_no_other() -> None:
    text = "before\n&gt;&gt;&gt; *a*\n\n- b\n&gt;&gt;&gt; c"

    before, quote = parse(text)

    assert before == Text("before\n")
    assert bbcode.render(markdown.parse((quote,))).count("a") == 1
    assert isinstance(quote, Quote)
    assert quote.children[:2] == (
        Paragraph((_bold(Text("a")),)), List((Item((Paragraph((Text("b"),)),)),)),
    )  # fmt: skip


@given(st.text(alphabet="*_~`<>|@!#U1a &;:/[]()\\\nh", max_size=60))
def test_hostile_text_never_raises_and_neighbouring_texts_are_one(text: str) -> None:
    nodes = parse(text)

    assert not any(isinstance(a, Text) and isinstance(b, Text) for a, b in pairwise(nodes))
    assert all(node.text for node in nodes if isinstance(node, Text))


@pytest.mark.parametrize(
    "unit",
    ["*_~", "*_~ ", "*a _b ~c ", "<", "<a", "<@U1>", "](<https://x|x>)", "`", "`` ` ", "`a\n",
     "&amp;", "&amp;a;", "http://", "*__x__*", "*_~a~_* ", "<https://x|", ":", ":a", ":a:", "::a",
     "&gt;&gt;&gt; a\n", "&gt; a\nb\n", "~~~\n", "\n\n    a", "```", "@_", "[x](", "2*3"],
)  # fmt: skip
def test_the_work_grows_no_faster_than_the_text(unit: str) -> None:
    work = [count_work(partial(parse, unit * count + ">`")) for count in (500, 2_000)]

    # Four times the text: what is quadratic would take 16 times as many.
    assert work[1] < 5 * work[0]
