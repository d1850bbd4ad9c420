"""Listen addresses are read as people write them."""

from __future__ import annotations

import pytest

from bridge.listening import ListenAddress


@pytest.mark.parametrize(
    ("text", "host", "port", "url"),
    [
        ("127.0.0.1:8024", "127.0.0.1", 8024, "http://127.0.0.1:8024"),
        ("localhost:0", "localhost", 0, "http://localhost:8024"),
        ("0.0.0.0:80", "0.0.0.0", 80, "http://127.0.0.1:8024"),
        ("[::1]:8080", "::1", 8080, "http://[::1]:8024"),
    ],
)
def test_host_and_port_are_read(text: str, host: str, port: int, url: str) -> None:
    address = ListenAddress.parse(text)
    assert address == ListenAddress(host, port)
    assert address.url(8024) == url


@pytest.mark.parametrize("text", ["", "8024", "foo", "h:99999", "h:x", "a@b:1", "h:1/x", "::1:80"])
def test_what_is_no_address_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"like 127\.0\.0\.1:8024"):
        ListenAddress.parse(text)
