from __future__ import annotations

import pytest

from adapters.sandbox.reader import Span, read

NBSP = "\xa0"
FENCE = "-" * 54
LINK = 'rel="noopener noreferrer" target="_blank">'


def kinds(message: str) -> list[tuple[str, str]]:
    """What is active: each span's kind and the text it covers."""
    reading = read(message)
    return [(span.kind, reading.text[span.start : span.end]) for span in reading.spans]


def test_a_reading_has_text_spans_and_html() -> None:
    reading = read("[b]api[/b] is [url=https://status.example/1]down & out[/url]")
    assert reading.text == "api is down & out"
    assert reading.spans == (
        Span("b", 0, 3),
        Span("url", 7, 17, "https://status.example/1"),
    )
    assert reading.html == (
        f'<b>api</b> is <a class="url" href="https://status.example/1" {LINK}down &amp; out</a>'
    )
    assert reading.dangers == frozenset()


@pytest.mark.parametrize(
    ("message", "text", "active"),
    [
        ("[B]a[/b]", "a", [("b", "a")]),
        ("[b][i][u][s]a[/s][/u][/i][/b]", "a", [(k, "a") for k in "bius"]),
        ("[b]a\nb[/b]", "a\nb", [("b", "a\nb")]),
        ("[b]a[b]b[/b]c[/b]", "abc", [("b", "abc"), ("b", "b")]),
        ("[size=20]a[/size]", "a", [("size", "a")]),
        ("[color=#ff00AA]a[/color]", "a", [("color", "a")]),
        ("[url]https://e.com[/url]", "https://e.com", [("url", "https://e.com")]),
        ("[url=mailto:a@e.com]a[/url]", "a", [("url", "a")]),
        ("[user=5]Anna  Petrova[/user]", "Anna Petrova", [("user", "Anna Petrova")]),
        ("[chat=12]ops[/chat]", "ops", [("chat", "ops")]),
        ("[send=/help]help[/send]", "help", [("send", "help")]),
        ("[put=x]y[/put]", "y", [("put", "y")]),
        ("[call=555]ring[/call]", "ring", [("call", "ring")]),
        ("[call]555 12[/call]", "555 12", [("call", "555 12")]),
        ("[context=chat1/2]see[/context]", "see", [("context", "see")]),
        ("[timestamp=0 format=LONG]", "1970-01-01 00:00", [("timestamp", "1970-01-01 00:00")]),
        ("[like][rating=5][disk=7]", "👍★📎", [("like", "👍"), ("rating", "★"), ("disk", "📎")]),
        ("a[icon=/i.png]b[pch=1]", "ab", [("icon", ""), ("pch", "")]),
        (
            "[img size=medium]https://e.com/a.png [/img]",
            "https://e.com/a.png",
            [("img", "https://e.com/a.png")],
        ),
        ("a[br]b#BR#c#br#d&#35;BR#e", "a\nb\nc\nd\ne", []),
        ("[\u017f]a[/S]", "a", [("s", "a")]),
        ("see www.e.com.", "see www.e.com.", [("url", "www.e.com")]),
        ("at mailto:a@e.com", "at mailto:a@e.com", [("url", "mailto:a@e.com")]),
        ("or tel:+1, TEL:1", "or tel:+1, TEL:1", [("url", "tel:+1")]),
    ],
)
def test_these_codes_are_active(message: str, text: str, active: list[tuple[str, str]]) -> None:
    assert read(message).text == text
    assert kinds(message) == active


@pytest.mark.parametrize(
    "message",
    [
        "[quote]a[/quote]",
        "[list][*]a[/list]",
        "[table]a[/table]",
        "[b]a",
        "a[/b]",
        "[/b]a[b]",
        "[b=1]a[/b]",
        "[b=]a[/b]",
        "[size=7]a[/size]",
        "[size=31]a[/size]",
        "[size=012]a[/size]",
        "[color=red]a[/color]",
        "[color=#ff00]a[/color]",
        "[user]a[/user]",
        "[user=anna]a[/user]",
        "[user=5]a\nb[/user]",
        "[url=javascript:alert(1)]a[/url]",
        "[url=data:text/html,x]a[/url]",
        "[url=HTTPS://e.com]a[/url]",
        "[url=/company/]a[/url]",
        "[url=e.com]a[/url]",
        "[url]e.com[/url]",
        "[img]javascript:x[/img]",
        "[timestamp=now]",
        "[rating=many]",
        "[chat]a[/chat]",
        "[code]a",
        "<script>a</script>",
        "<p>a</p>",
        "<strong>a</strong>",
        "a > b >> c",
        "$result[x] and &notanentity;",
        "HTTPS://e.com e.com://x https://",
        "a:) :)b ::) a:smile: :cafecafe: 10:30:45 :3030: 18) 8: (cc)",
        "/x /me",
        FENCE,
        f"{FENCE}\na",
        f"a\n{FENCE}",
        f"{FENCE}\n{FENCE}",
        f"{'-' * 53}\na\n{'-' * 53}",
        ">>[a]",
    ],
)
def test_what_is_not_active_stays_text(message: str) -> None:
    reading = read(message)
    assert reading.text == message
    assert reading.spans == ()


@pytest.mark.parametrize(
    "message",
    [
        "[·b]a[·/b]",
        "[·user=5]Anna[·/user]",
        "[·code]a[·/code]",
        "<·b>a<·/b>",
        "&·lt; &·#91; &·amp;",
        "#·BR# #·BR#·BR#",
        ">·> a\nb\n>·> c",
        f"{FENCE}·\na\n{FENCE}·",
        "/·me too",
        "/·loud",
        ":·) 8·)",
        "(·C) (·TM) (·R)",
        ":·f09f9880:",
        "####·REPLACEMENT_MARK_0####",
        "PHPSESSID·=1",
        "max·",
        "https·://e.com",
    ],
)
def test_a_word_joiner_makes_text_literal(message: str) -> None:
    reading = read(message.replace("·", "\u2060"))
    assert reading.text == message.replace("·", "")
    assert reading.spans == ()
    assert reading.dangers == frozenset()
    assert "\u2060" not in reading.html


def test_a_tag_across_another_is_text() -> None:
    assert read("[b]x[i]y[/b]z[/i]").text == "x[i]yz[/i]"
    assert kinds("[b]x[i]y[/b]z[/i]") == [("b", "x[i]y")]


def test_a_size_and_a_link_are_not_seen_within_their_like() -> None:
    assert read("[size=20]a[size=10]b[/size]c[/size]").text == "a[size=10]bc[/size]"
    inner = "[url=https://b.example]b[/url]"
    assert kinds(f"[url=https://a.example]a{inner}") == [("url", "a[url=https://b.example]b")]


def test_formatting_within_a_mention_is_text() -> None:
    assert kinds("[user=5][b]Anna[/b][/user]") == [("user", "[b]Anna[/b]")]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("&lt;b&gt;", "<b>"),
        ("&amp;lt;", "<"),
        ("&amp;amp;lt;", "&lt;"),
        ("&#65;&#x42;", "AB"),
        ("&copy;", "©"),
        ("&#xD800;&#99999999;&#x110000;", "&#xD800;&#99999999;&#x110000;"),
        ("&#0;", "\ufffd"),
    ],
)
def test_entities_are_decoded_twice(message: str, text: str) -> None:
    assert read(f"x{message}x").text == f"x{text}x"


def test_an_entity_may_make_a_tag_active() -> None:
    assert kinds("&#91;b]a[/b]") == kinds("&amp;#91;b]a[/b]") == [("b", "a")]


@pytest.mark.parametrize(
    ("message", "text", "active"),
    [
        ("<b>a</B>", "a", [("b", "a")]),
        ("<i class='x'>a</i>", "a", [("i", "a")]),
        ('<a href="https://e.com" x>a</a>', "a", [("url", "a")]),
        ("<a href='https://e.com'>a</a>", "a", [("url", "a")]),
        ("<a href=https://e.com>a</a>", "a", [("url", "a")]),
        ("a<br>b<BR/>c<hr>d", "a\nb\nc\nd", []),
        ("<font color=red>a</font><span>b</span><div>c</div>", "abc", []),
        ("<a href=javascript:x>a</a>", "[url=javascript:x]a[/url]", []),
    ],
)
def test_html_becomes_codes(message: str, text: str, active: list[tuple[str, str]]) -> None:
    assert read(message).text == text
    assert kinds(message) == active


def test_lines_that_begin_with_two_brackets_are_a_quote() -> None:
    reading = read("before\n>>one\n>> [b]two[/b] 2\nafter\n>>three")
    assert reading.text == "before\none\ntwo 2\nafter\nthree"
    assert [(s.kind, reading.text[s.start : s.end]) for s in reading.spans] == [
        ("quote", "one\ntwo 2"),
        ("b", "two"),
        ("quote", "three"),
    ]
    assert reading.html == (
        "before<br><blockquote>one<br><b>two</b> 2</blockquote>"
        "after<br><blockquote>three</blockquote>"
    )


def test_quotes_do_not_nest_and_a_bracket_at_the_end_of_the_line_undoes_them() -> None:
    assert kinds(">>>>a") == [("quote", ">>a")]
    assert kinds(">>[b]a[/b]") == kinds(">>[b]a[/b] \ufeff") == [("b", "a")]
    assert kinds(">>[b]a[/b]\u2060") == [("quote", "a"), ("b", "a")]


def test_dashes_fence_a_quote() -> None:
    reading = read(f"x{FENCE}-\nsaid\n>>so\n{FENCE}\n\nafter")
    assert reading.text == "x-\nsaid\n>>so\n\nafter"
    assert kinds(f"x{FENCE}-\nsaid\n>>so\n{FENCE}\n\nafter") == [("quote", "said\n>>so")]


def test_formatting_across_the_edge_of_a_quote_is_text() -> None:
    assert read("[b]a\n>>b[/b] c").text == "[b]a\nb[/b] c"
    assert kinds("[b]a\n>>b[/b] c") == [("quote", "b[/b] c")]


def test_code_is_a_block_of_its_own_and_literal() -> None:
    message = "a [code]\nx = [b]1[/b] :) https://e.com\n>>    y[/code]\nb"
    reading = read(message)
    assert reading.text == "a \nx = [b]1[/b] :) https://e.com\n>>    y\nb"
    assert kinds(message) == [("code", "x = [b]1[/b] :) https://e.com\n>>    y")]
    assert reading.html == (
        "a <pre><code>x = [b]1[/b] :) https://e.com\n&gt;&gt;    y</code></pre>b"
    )


def test_one_line_end_after_a_code_tag_is_eaten() -> None:
    assert read("[code]\n\na[/code]\n\nb").text == "\na\n\nb"
    assert read("[code]a[/code]b").text == "a\nb"
    assert read("[code]a[/code][code]b[/code]").text == "a\nb"


def test_html_and_entities_are_converted_in_code_too() -> None:
    assert read("[code]<b>a</b> &lt;[/code]").text == "[b]a[/b] <"


def test_code_may_stand_in_formatting_and_in_a_quote() -> None:
    assert kinds("[b]a[code]x\ny[/code]b[/b]") == [("b", "a\nx\ny\nb"), ("code", "x\ny")]
    assert kinds(">>a [code]x\ny[/code]") == [("quote", "a \nx\ny"), ("code", "x\ny")]


@pytest.mark.parametrize(
    ("message", "address"),
    [
        ("see https://e.com/a_(b)?c=d#e now", "https://e.com/a_(b)?c=d#e"),
        ("see https://e.com/a.", "https://e.com/a"),
        ("xftp://e.com,", "ftp://e.com"),
        ("[b]https://e.com/a[/b]", "https://e.com/a[/b]"),
    ],
)
def test_a_bare_address_becomes_a_link_and_swallows_what_touches_it(
    message: str, address: str
) -> None:
    reading = read(message)
    assert [(s.kind, s.value) for s in reading.spans] == [("url", address)]
    assert reading.text == message


def test_an_address_in_a_label_is_no_link_of_its_own() -> None:
    assert kinds("[url=https://a.example]https://b.example[/url]") == [("url", "https://b.example")]


@pytest.mark.parametrize(
    "inner",
    [
        "[url]https://b.example[/url]",
        "[img]https://b.example[/img]",
        "[user=5]x[/url]y[/user] https://b.example",
    ],
)
def test_a_link_holds_no_other_link(inner: str) -> None:
    for kind, text in kinds(f"[url=https://a.example]a {inner} b[/url]"):
        assert kind == "user" or text.startswith("a ")


@pytest.mark.parametrize("raw", list(" []()<>\"'"))
def test_an_address_with_something_unencoded_is_no_link(raw: str) -> None:
    assert ("url", "a") not in kinds(f"[url=https://e.com/x{raw}y]a[/url]")


def test_smileys_signs_and_emoji() -> None:
    message = ":) a 8) ;-)\n:D (c)(TM) (R) :f09f9880: :e29880efb88f:"
    assert read(message).text == ":) a 8) ;-)\n:D ©™ ® 😀 ☀️"
    assert [kind for kind, _ in kinds(message)] == [
        *["smiley"] * 4,
        *["sign"] * 3,
        *["emoji"] * 2,
    ]


@pytest.mark.parametrize(
    ("message", "smiley"),
    [
        (":smile:", ":smile:"),
        ('":!:"', ":!:"),
        (":):D;) a", ":):D;)"),
        (":{}<", ":{}"),
        ("=D \ufeff", "=D"),
        ("a :'(\ufeffb", ":'("),
        ("[b]:)[/b]", ":)"),
        ("[b]a[/b]:)", ":)"),
        (":)[url=https://e.com]a[/url]", ":)"),
        (":)[code]a[/code]", ":)"),
    ],
)
def test_a_smiley_stands_free(message: str, smiley: str) -> None:
    assert ("smiley", smiley) in kinds(message)


@pytest.mark.parametrize(
    ("message", "text", "kind"),
    [
        ("/me waves", "waves", "me"),
        ("/mexico", "ico", "me"),
        ("/loud hear", "hear", "loud"),
        ("/LOUD hear", "hear", "loud"),
        (" /me", "", "me"),
    ],
)
def test_a_command_at_the_start_colours_the_whole_message(
    message: str, text: str, kind: str
) -> None:
    assert read(message).text == text
    assert kinds(message) == [(kind, text)]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (f" \n\ufeff{NBSP}a \t", "a"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\n    b", f"a\n{NBSP * 4}b"),
        ("a\n         b", f"a\n{NBSP * 8}b"),
        ("a\n   b", "a\nb"),
        ("a\n [b] b[/b]", "a\nb"),
        ("a  b     c", f"a  b{NBSP * 4} c"),
        ("a\n\u2060  b", "a\n  b"),
        ("a\0b", "a\ufffdb"),
    ],
)
def test_white_space_is_as_in_the_messenger(message: str, text: str) -> None:
    assert read(message).text == text


@pytest.mark.parametrize(
    ("message", "danger"),
    [
        ("####REPLACEMENT_MARK_0####", "replacement-mark"),
        ("[code]####REPLACEMENT_[/code]", "replacement-mark"),
        ("[put]$&[/put]", "put"),
        ("[put=a]x$`[/put]", "put"),
        ("[call]text[/call]", "call"),
        ("[cut]a[/cut]", "cut"),
        ("[code]a $& b[/code]", "code-dollar"),
        ('[code]"$"[/code]', "code-dollar"),
        ("https://e.com[code]a[/code]", "address-before-code"),
        ("a PHPSESSID=1", "session-id"),
        ("phpsessid=1", "session-id"),
        ("####replacement_", "replacement-mark"),
        ("max", "php-name"),
        ("Date", "php-name"),
    ],
)
def test_what_breaks_the_real_messenger_is_flagged(message: str, danger: str) -> None:
    assert read(message).dangers == {danger}


@pytest.mark.parametrize(
    "message",
    [
        "[put]$5[/put] $&",
        "[call]555[/call]",
        "[call=5]text[/call]",
        "[call]text",
        "[cut]a",
        "[code]$\u2060&[/code]",
        "https://e.com [code]a[/code]",
        "the max",
    ],
)
def test_what_only_looks_dangerous_is_not_flagged(message: str) -> None:
    assert read(message).dangers == frozenset()


def test_a_colour_and_a_size_are_data_for_the_page() -> None:
    assert read("[size=20]a[/size]").html == '<span class="size" data-size="20">a</span>'
    assert read("[color=#f00]a[/color]").html == '<span class="color" data-color="#f00">a</span>'
