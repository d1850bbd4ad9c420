"""What is published works: the wheel, in an environment that has nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.wheel
@pytest.mark.timeout(600)
def test_the_wheel_installs_into_an_empty_environment_and_runs_the_demo(tmp_path: Path) -> None:
    run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path),
        folder=ROOT,
    )
    (wheel,) = tmp_path.glob("b24bridge-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0].split("-")[0] for name in names}
    assert tops == {"adapters", "b24bridge", "bridge", "storage"}
    assert "bridge/replies/locales/ru/LC_MESSAGES/b24bridge.mo" in names

    run(sys.executable, "-m", "venv", tmp_path / "empty", folder=tmp_path)
    install = (tmp_path / "empty" / "bin" / "python", "-m", "pip", "install", "--quiet")
    run(*install, "--require-hashes", "-r", ROOT / "requirements.lock", folder=tmp_path)
    run(*install, "--no-deps", "--no-index", wheel, folder=tmp_path)

    b24bridge = tmp_path / "empty" / "bin" / "b24bridge"
    told = run(b24bridge, "demo", "--once", "/b24notify @anna **hi** there", folder=tmp_path)
    assert "Notified Anna Petrova." in told
    assert "[b]hi[/b] there" in told
