"""``python -m bench._checker``: checks files as a worker does, and says what each one cost.

The largest of its processes is only seen by whoever waits for it, so it has a process of its own.
A number on a line of its input says how far the inspections give way from then on.
"""

from __future__ import annotations

import json
import resource
import select
import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402 -- needs the settings

from portal.documents import checking  # noqa: E402 -- needs the settings


def main() -> None:
    """Check what is due until the other side closes our input; one line for each file."""
    while True:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        document = checking._take_next()
        if document is None:
            if select.select([sys.stdin], [], [], 0.05)[0]:
                if not (said := sys.stdin.readline()):
                    return
                settings.INSPECTION_NICE = int(said)
            continue
        begun = time.perf_counter()
        checking._check(document)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        facts = [str(document.pk), cpu, time.perf_counter() - begun, after.ru_maxrss * 1024]
        print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
