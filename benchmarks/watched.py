"""What a process takes of the machine: its memory, now and at the most, and its processors. From /proc, so on Linux."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path


class Watched:
    """A process that is looked at."""

    def __init__(self, pid: int) -> None:
        """The process of that number."""
        self.folder = Path(f"/proc/{pid}")
        self.largest = 0.0

    def memory(self) -> float:
        """Resident megabytes; 0 of a process that has ended."""
        return sum(map(int, re.findall(r"VmRSS:\s+(\d+) kB", (self.folder / "status").read_text()))) / 1024

    def processor(self) -> float:
        """Seconds of processors used so far."""
        parts = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    async def largest_from_now(self) -> None:
        """Look at the memory again and again."""
        while True:
            self.largest = max(self.largest, self.memory())
            await asyncio.sleep(0.25)

    async def quiet(self, most: float = 120.0) -> None:
        """Wait until it has had nothing to do for two seconds: what warms up on the side is done."""
        until = time.monotonic() + most
        while time.monotonic() < until:
            before = self.processor()
            await asyncio.sleep(2)
            if self.processor() - before < 0.1:
                return


def machine() -> float:
    """Seconds that the machine's processors were busy so far, with whatever."""
    user, nice, system, _, _, *interrupts = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(interrupts[:2])) / os.sysconf("SC_CLK_TCK")
