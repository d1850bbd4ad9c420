"""Nobody may send, unless something says so."""

from __future__ import annotations

import pytest

from bridge.people.identity import Identity, Link, Platform, PortalId, Sender
from bridge.people.permissions import Access
from tests.fakes.incoming import MARIA, make_incoming
from tests.fakes.portal import ANNA

LINK = Link(MARIA.identity, PortalId(1), ANNA)
SLACK = Sender(Identity(Platform.SLACK, "T1", "U1"))
CONSOLE = Sender(Identity(Platform.CONSOLE, "", "root"))
ACCESS = Access(frozenset({(Platform.TELEGRAM, "-100"), (Platform.SLACK, "T1")}))


@pytest.mark.parametrize(
    ("access", "sender", "workspace", "link", "may_send"),
    [
        (Access(), MARIA, "77", None, False),
        (Access(), MARIA, "77", LINK, True),
        (Access(), CONSOLE, "", None, True),
        (ACCESS, MARIA, "77", None, False),
        (ACCESS, MARIA, "-100", None, True),
        (ACCESS, MARIA, "T1", None, False),
        (ACCESS, SLACK, "T1", None, True),
        (ACCESS, SLACK, "T2", None, False),
        (ACCESS, SLACK, "-100", None, False),
    ],
)
def test_who_may_send_where(
    access: Access, sender: Sender, workspace: str, link: Link | None, may_send: bool
) -> None:
    assert access.may_send(make_incoming("x", sender=sender, workspace=workspace), link) is may_send
