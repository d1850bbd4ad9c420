from __future__ import annotations

import traceback

import pytest

from adapters.bitrix24.auth import Webhook

SECRET = "s3cr3tc0de"
ADDRESS = f"https://acme.bitrix24.com/rest/7/{SECRET}"


@pytest.mark.parametrize(
    "end", ["", "/", "/profile.json", "/im.notify.personal.add", "/user.get/", "/ \n"]
)
async def test_a_webhook_is_read_as_the_portals_page_shows_it(end: str) -> None:
    webhook = Webhook.parse(ADDRESS + end)
    assert (webhook.key, webhook.user_id) == ("acme.bitrix24.com", 7)
    assert await webhook.address_of("profile") == f"{ADDRESS}/profile.json"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (f"https://ACME.bitrix24.com:443/rest/7/{SECRET}/", "acme.bitrix24.com"),
        (f"https://acme.example:8443/rest/7/{SECRET}/", "acme.example:8443"),
        (f"https://пример.рф/rest/7/{SECRET}/", "xn--e1afmkfd.xn--p1ai"),
        (f"http://127.0.0.1:8024/rest/7/{SECRET}/", "127.0.0.1:8024"),
        (f"http://localhost:8024/rest/7/{SECRET}/", "localhost:8024"),
        (f"http://[::1]:8024/rest/7/{SECRET}/", "[::1]:8024"),
    ],
)
def test_a_portal_is_named_by_its_host(address: str, key: str) -> None:
    assert Webhook.parse(address).key == key


@pytest.mark.parametrize(
    "address",
    [
        "",
        SECRET,
        f"acme.bitrix24.com/rest/7/{SECRET}/",
        f"https://acme.bitrix24.com/rest/{SECRET}/",
        f"https://acme.bitrix24.com/rest/0/{SECRET}/",
        f"https://acme.bitrix24.com/rest/٧/{SECRET}/",
        f"https://acme.bitrix24.com/rest/7/{SECRET}/a/b",
        f"https://acme.bitrix24.com/rest/7/**{SECRET}**/",
        f"https:///rest/7/{SECRET}/",
        f"https://{SECRET}\x00/rest/7/{SECRET}/",
        f"https://xn--/rest/7/{SECRET}/",
        f"https://acme .com/rest/7/{SECRET}/",
        f"https://acme.com:0/rest/7/{SECRET}/",
        f"https://acme.com:99999/rest/7/{SECRET}/",
        f"https://acme.com:{SECRET}/rest/7/{SECRET}/",
        f"ftp://acme.bitrix24.com/rest/7/{SECRET}/",
        f"https://me:{SECRET}@acme.bitrix24.com/rest/7/{SECRET}/",
        f"https://acme.bitrix24.com/rest/7/{SECRET}/?a={SECRET}",
        f"https://acme.bitrix24.com/rest/7/{SECRET}/#{SECRET}",
    ],
)
def test_what_is_no_webhook_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(ValueError, match="looks like") as refused:
        Webhook.parse(address)
    shown = "".join(traceback.format_exception(refused.value)[-1:]) + repr(refused.value)
    assert SECRET not in shown
    assert "acme" not in shown


@pytest.mark.parametrize("host", ["acme.bitrix24.com", "10.0.0.1", "127.0.0.1.example", "[::2]"])
def test_plain_http_is_refused_except_to_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="https") as refused:
        Webhook.parse(f"http://{host}/rest/7/{SECRET}/")
    assert SECRET not in str(refused.value)
    assert host not in str(refused.value)


def test_a_webhook_never_shows_its_secret() -> None:
    webhook = Webhook.parse(ADDRESS)
    assert repr(webhook) == "Webhook(key='acme.bitrix24.com', user_id=7)"
    assert str(webhook) == f"{webhook}" == repr(webhook)
