"""What is said of every database that has no space left."""

from __future__ import annotations

from typing import Final

DISK_FULL: Final = "the disk is full"
