from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.php_form import FormError, parse_form


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&a=2", {"a": "2"}),
        ("a", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a=x+y%20z%2B%26", {"a": "x y z+&"}),
        ("a=%D0%B6%F0%9F%98%80", {"a": "ж😀"}),
        ("a=%FF", {"a": "\ufffd"}),
        ("a%5Bb%5D=1", {"a": {"b": "1"}}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}),
        ("a[0]=x&a[5]=y&a[]=z", {"a": {"0": "x", "5": "y", "6": "z"}}),
        ("a[0][M]=x&a[0][N]=y&a[1][M]=z", {"a": [{"M": "x", "N": "y"}, {"M": "z"}]}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b]=2&a=1", {"a": "1"}),
        ("a.b c=1", {"a_b_c": "1"}),
        ("=1&[b]=2&&", {}),
        ("a[b=1", {"a": "1"}),
        ("a[b]c[d]=1", {"a": {"b": "1"}}),
    ],
)
def test_a_form_is_read_as_php_reads_it(form: str, expected: dict[str, object]) -> None:
    assert parse_form(form) == expected


@pytest.mark.parametrize("form", ["&" * 10_000, "a" + "[b]" * 65 + "=1"])
def test_a_form_that_php_would_cut_is_an_error(form: str) -> None:
    with pytest.raises(FormError):
        parse_form(form)


@given(st.text(alphabet="ab[]=&%0.+ ", max_size=60))
def test_any_text_is_read_or_is_a_form_error(form: str) -> None:
    assert isinstance(parse_form(form), dict)
