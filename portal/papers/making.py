"""Starting the process that sets a paper, and reading what it made."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ROOT = Path(__file__).resolve().parents[2]
#: Seconds for one paper; a form of 60 long answers takes less than a tenth of one.
WALL_SECONDS = 20
#: Folders of the fonts, below the front-end packages; the first that has a letter sets it.
FONTS = tuple(
    f"@expo-google-fonts/ibm-plex-sans{script}/{weight}"
    for script in ("", "-jp", "-arabic")
    for weight in ("400Regular", "600SemiBold")
)


class PaperFailed(Exception):
    """No paper was made; what the process said is in the message."""


@dataclass(frozen=True)
class Paper:
    """A PDF, and the letters that no font has: each is a box on the paper."""

    content: bytes
    lacking: str = ""


def make(
    template: Path, data: Mapping[str, Any], *, packages: Path, at: datetime | None = None
) -> Paper:
    """A tagged PDF (PDF/UA-1 where every letter has a font) of ``template``, a Typst source.

    ``data`` is handed over as JSON and read there as ``sys.inputs.data``. ``at`` is the instant
    that stands in the file as its making, so that the same version gives the same bytes.

    Raises:
        PaperFailed: the process ended without a paper, or took longer than `WALL_SECONDS`.
    """
    order = {
        "template": str(template),
        "fonts": [str(packages / folder) for folder in FONTS],
        "data": json.dumps(data, ensure_ascii=False),
        "at": int(at.timestamp()) if at else 0,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "portal.papers"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            cwd=ROOT,
        )
    except subprocess.TimeoutExpired as error:
        raise PaperFailed(f"no paper after {WALL_SECONDS} s") from error
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode or not content.startswith(b"%PDF-"):
        raise PaperFailed(done.stderr.decode("utf-8", "replace")[-2_000:])
    return Paper(content=content, lacking=json.loads(head)["lacking"])
