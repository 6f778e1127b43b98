"""Backup, loss of everything, restore to a point in time: all back, and no old letter sent again.

    python3 dev.py bench restore [--seed 1] [--startups 60] [--tampered 20]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every table
and file is back as it was, the trail proves itself, each letter left exactly once, and both
controls fail: a restore without the hold sends old letters again, a changed backup is found out.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import django

from bench._cluster import Cluster
from devtools.paths import PYTHON, ROOT
from devtools.runs import log_file

if TYPE_CHECKING:
    from bench._drill import Drill


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def manage(*words: str, **env: str) -> None:
    """One of Django's commands, in a process of its own."""
    log = log_file("bench-restore-manage")
    with log.open("ab") as file:
        done = subprocess.run(
            [PYTHON, ROOT / "manage.py", *words],
            cwd=ROOT, env={**os.environ, **env}, stdout=file, stderr=file, check=False,
        )  # fmt: skip
    if done.returncode:
        sys.exit(f"manage.py {words[0]} failed: see {log}.")


def report(run: Drill, options: argparse.Namespace) -> int:
    """The figures in the last line; 0 if every bar holds."""
    found = Counter(run.figures)
    say(
        f"\nrestore seed {options.seed}: {found['size_mb']} MB, {found['tables']} tables,"
        f" {found['rows']} rows, {found['files']} files | backup {found['backup_s']:.1f} s,"
        f" restore {found['restore_s']:.1f} s | letters waiting {found['pending']}, of these gone"
        f" before the loss {found['left_since']}, sent again {found['twice']}, lost"
        f" {found['lost']} | control without hold sent {found['control_again']} again | tampered"
        f" {found['tampered']} of {options.tampered} found out |"
        f" {'FAILED: ' + '; '.join(run.reasons) if run.reasons else 'passed'}"
    )
    return 1 if run.reasons else 0


def main() -> int:
    """One run."""
    parser = argparse.ArgumentParser(prog="dev.py bench restore", description=__doc__)
    parser.add_argument("--startups", type=int, default=60, help="who apply and upload")
    parser.add_argument("--tampered", type=int, default=20, help="backups with one bit changed")
    parser.add_argument("--seed", type=int, default=1, help="decides sizes and changed bits")
    options = parser.parse_args()
    begin = time.monotonic()
    say(f"Restore (seed {options.seed}):")
    with tempfile.TemporaryDirectory(prefix="bench-restore-") as name:
        folder = Path(name)
        with Cluster(folder / "cluster") as cluster:
            os.environ |= {
                "DATABASE_URL": cluster.url("portal_app"),
                "DATABASE_OWNER_URL": cluster.url("portal_owner"),
                "MEDIA_ROOT": str(folder / "media"),
                "MAIL_DIR": str(folder / "mail"),
                "DEMO": "1",
                # Nothing leaves but when this says so.
                "DELIVER_WITHOUT_WORKER": "0",
                "REDIS_URL": f"redis+socket://{cluster.sockets}/none.sock?virtual_host=0",
                "READY_DISK_FREE_MB": "1",
            }
            (folder / "media").mkdir()
            owner = {"DATABASE_URL": os.environ["DATABASE_OWNER_URL"]}
            manage("migrate", "--noinput", **owner)
            manage("createcachetable", **owner)
            manage("load_demo")
            django.setup()
            for quiet in ("portal", "django.request"):
                logging.getLogger(quiet).setLevel(logging.CRITICAL)
            say(f"  database with the demonstration {time.monotonic() - begin:.1f} s")
            # It reads the settings as it is imported.
            from bench._drill import Drill  # noqa: PLC0415

            run = Drill(options, cluster, folder)
            run.run()
            code = report(run, options)
            django.db.connection.close()
    say(f"All {time.monotonic() - begin:.1f} s.")
    return code


if __name__ == "__main__":
    sys.exit(main())
