"""What a start costs, in time and memory, against what the libraries alone cost.

Every figure is the median of several runs, taken in turn with its peer, so that a noisy machine
disturbs both alike.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from adapters.cli.sandbox import webhook_of  # noqa: E402
from adapters.sandbox.portal import SandboxPortal  # noqa: E402
from adapters.sandbox.server import serve  # noqa: E402
from tests.fakes.slack_server import SlackServer  # noqa: E402
from tests.fakes.telegram_server import TelegramServer  # noqa: E402

RUNS = 7
B24BRIDGE = str(Path(sys.executable).with_name("b24bridge"))
NAMES = "import telegram, slack_bolt, sqlmodel, httpx"
"""The packages by their names alone; slack_bolt's asynchronous half is not in that."""
PACKAGES = "import telegram.ext, slack_bolt.async_app, sqlmodel, httpx"
"""The packages as a bot with both chats uses them."""
BARE_TYPER = """
import typer
app = typer.Typer()
@app.command()
def first(number: int = 1): "Do one thing."
@app.command()
def second(number: int = 2): "Do another."
app()
"""


def seconds_of(*command: str, text: str = "") -> float:
    """Time a command to its end."""
    began = time.perf_counter()
    subprocess.run(command, input=text.encode(), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def megabytes_of_packages() -> float:
    """Tell what is resident when only the packages are imported."""
    code = f"{PACKAGES}; import psutil; print(psutil.Process().memory_info().rss)"
    return int(subprocess.check_output([sys.executable, "-c", code])) / 2**20


async def start_bridge(folder: Path, settings: dict[str, str]) -> tuple[float, float, float]:
    """Start a bridge; returns seconds to ready, seconds to both chats connected, and megabytes."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        B24BRIDGE, "run", cwd=folder, env=os.environ | settings, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    ready = connected = 0.0
    missing = {"Connected to Telegram", "Connected to Slack"}
    while missing:
        line = (await process.stderr.readline()).decode()
        assert line, "the bridge ended"
        now = time.perf_counter() - began
        ready = now if " Started" in line else ready
        missing -= {words for words in missing if words in line}
        connected = now
    await asyncio.sleep(0.5)
    megabytes = psutil.Process(process.pid).memory_info().rss / 2**20
    process.terminate()
    await process.communicate()
    return ready, connected, megabytes


async def main() -> None:
    """Print all figures with their ratios."""
    bare, help_, convert, names, imports = [], [], [], [], []
    ready, connected, resident = [], [], []
    portal = SandboxPortal()
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "bare.py"
        program.write_text(BARE_TYPER)
        async with (
            serve("127.0.0.1:0", portal) as url,
            TelegramServer() as telegram,
            SlackServer() as slack,
        ):
            settings = {
                "B24BRIDGE_PORTAL_WEBHOOK": webhook_of(url, portal),
                "B24BRIDGE_TELEGRAM_TOKEN": telegram.token,
                "B24BRIDGE_TELEGRAM_API_URL": telegram.url,
                "B24BRIDGE_SLACK_BOT_TOKEN": slack.bot_token,
                "B24BRIDGE_SLACK_APP_TOKEN": slack.app_token,
                "B24BRIDGE_SLACK_API_URL": slack.api_url,
            }
            await start_bridge(Path(folder), settings)  # makes the database
            for _ in range(RUNS):
                bare.append(seconds_of(sys.executable, str(program), "--help"))
                help_.append(seconds_of(B24BRIDGE, "--help"))
                convert.append(seconds_of(B24BRIDGE, "convert", text="**hi**"))
                names.append(seconds_of(sys.executable, "-c", NAMES))
                imports.append(seconds_of(sys.executable, "-c", PACKAGES))
                figures = await start_bridge(Path(folder), settings)
                ready.append(figures[0])
                connected.append(figures[1])
                resident.append(figures[2])
    packages = megabytes_of_packages()
    print(f"bare Typer --help      {median(bare):6.2f} s")
    print(f"b24bridge --help       {median(help_):6.2f} s  {median(help_) / median(bare):5.2f} x")
    print(
        f"b24bridge convert      {median(convert):6.2f} s  {median(convert) / median(bare):5.2f} x"
    )
    print(f"importing the names    {median(names):6.2f} s")
    print(f"importing the packages {median(imports):6.2f} s")
    print(
        f"start to ready         {median(ready):6.2f} s  {median(ready) / median(imports):5.2f} x "
        f"the packages, {median(ready) / median(names):5.2f} x the names"
    )
    print(f"both chats connected   {median(connected):6.2f} s")
    print(f"packages alone         {packages:6.0f} MB resident")
    print(f"bridge, both chats on  {median(resident):6.0f} MB resident")


if __name__ == "__main__":
    asyncio.run(main())
