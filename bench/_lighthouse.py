"""Lighthouse itself: brought from a lock of its own, run against one address, its verdict read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devtools import chromium, stamps
from devtools.environment import clean_environment, npm
from devtools.locks import set_up_lock
from devtools.paths import LOCAL, ROOT
from devtools.runs import run_logged

if TYPE_CHECKING:
    from pathlib import Path

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
#: Beside what a category weighs: nothing may stand in the console, no wall may have been run into.
SILENT = ("errors-in-console", "inspector-issues")
_LOCK = ROOT / "bench" / "lighthouse"
_HOME = LOCAL / "lighthouse"
_CHROME = " ".join(
    [
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    ]
)
_PATIENCE = 180
_GOOD = 0.9


@dataclass(frozen=True)
class Verdict:
    """What Lighthouse says of one page: points of a hundred, and what it heard in the console."""

    address: str
    points: dict[str, int]
    said: tuple[str, ...]
    #: What took points away, for whoever has to mend it.
    lost: tuple[str, ...]

    def is_below(self, bar: int) -> bool:
        """Whether any category has less."""
        return min(self.points.values()) < bar


def bring() -> tuple[Path, str]:
    """Node and a Chromium, with Lighthouse installed as the lock says; nothing of it is ours."""
    browser = chromium.find_or_install()
    if browser is None:
        sys.exit(f"No Chromium here: {chromium.HOW_TO_GET}.")
    command = [str(word) for word in npm()]
    node = command[0] if len(command) > 1 else str(shutil.which("node"))
    inputs = [_LOCK / name for name in ("package.json", "package-lock.json", ".npmrc")]
    stamp, value = _HOME / ".stamp", stamps.of_contents(*inputs)
    with set_up_lock():
        if not stamps.is_fresh(stamp, value):
            shutil.rmtree(_HOME, ignore_errors=True)
            _HOME.mkdir(parents=True)
            for path in inputs:
                shutil.copy(path, _HOME)
            words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(_HOME)]
            env = clean_environment()
            env.setdefault("NODE_USE_SYSTEM_CA", "1")
            run_logged("Installing Lighthouse", [*command, *words], log="lighthouse", env=env)
            stamps.write(stamp, value)
    os.environ["CHROME_PATH"] = browser
    return _HOME / "node_modules" / "lighthouse" / "cli" / "index.js", node


def judge(tool: tuple[Path, str], address: str, folder: Path, cookie: str = "") -> Verdict:
    """One run against one address, with the cookie sent along."""
    script, node = tool
    headers, report = folder / "headers.json", folder / "report.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}), encoding="utf-8")
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [
            *(node, str(script), address, "--quiet", "--output=json", f"--output-path={report}"),
            *(f"--only-categories={','.join(CATEGORIES)}", f"--extra-headers={headers}"),
            *(f"--chrome-flags={_CHROME}", "--no-enable-error-reporting"),
        ],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode or not report.is_file():
        sys.exit(f"Lighthouse could not judge {address}: {done.stderr.strip()[-600:]}")
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    if found["finalDisplayedUrl"] != address:
        sys.exit(f"{address} led on to {found['finalDisplayedUrl']}: that is another page.")
    audits = found["audits"]
    return Verdict(
        address,
        {name: round(100 * (found["categories"][name]["score"] or 0)) for name in CATEGORIES},
        tuple(
            f"{name}: {json.dumps(item)[:300]}"
            for name in SILENT
            for item in audits[name].get("details", {}).get("items", [])
        ),
        tuple(
            f"{name}: {audit['title']} {audit.get('displayValue', '')}".rstrip()
            for name in CATEGORIES
            for one in found["categories"][name]["auditRefs"]
            if one["weight"] and (audit := audits[one["id"]])["score"] is not None
            if audit["score"] < _GOOD
        ),
    )
