"""What BB codes have no form for arrives as blocks, and is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from adapters.sandbox.attach import Cell, check_attach
from tests.e2e.outcomes import next_outcome

if TYPE_CHECKING:
    from tests.e2e.conftest import Machine
    from tests.fakes.telegram_server import TelegramServer

TABLE = "All hosts\n\n|Host|State|\n|-|-|\n|the api|**down** [log](https://e.example/)|"
PICTURE = "\n\n---\n\n![the load](https://e.example/i.png)"


async def test_a_table_typed_in_a_command_arrives_as_one_and_is_drawn(
    machine: Machine, telegram: TelegramServer
) -> None:
    maria = telegram.person("Maria")
    await machine.link(f"telegram:{maria.id}", "#1")
    async with machine.bridge():
        telegram.send(f"/b24notify #5 {TABLE}", sender=maria)
        await next_outcome(telegram, 20)
    (sent,) = machine.portal.notifications
    assert sent.message == "All hosts"
    assert sent.message_out.endswith("the api | down log (https://e.example/)")
    (block,) = check_attach(sent.attach).attach.blocks
    assert block.grid == [
        Cell("ROW", value="[b]Host | State[/b]"),
        Cell("ROW", "the api", "[b]down[/b] [url=https://e.example/]log[/url]"),
    ]
    assert '<div class="cell row"><span><b>Host | State</b></span></div>' in sent.html
    assert '<div class="cell row"><b>the api</b><span><b>down</b> <a ' in sent.html


async def test_the_demo_shows_blocks_on_a_terminal(machine: Machine) -> None:
    result = await machine.run("demo", "--once", f"/b24notify @anna {TABLE}{PICTURE}")
    assert (result.code, result.err) == (0, "")
    bell, _, attach = result.out.partition("as ATTACH:\n")
    for shown in (
        "  All hosts\n  Host | State\n  the api | down log\n    log → https://e.example/\n",
        f"  {'─' * 20}\n  the load\n    the load → https://e.example/i.png\n",
        "as BB code:\n  All hosts\n",
    ):
        assert shown in bell
    assert msgspec.json.decode(attach)["ID"] == 1
