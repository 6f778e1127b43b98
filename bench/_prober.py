"""``python -m bench._prober PORT SESSION PATH…``: loads one page after the other until told to end.

A process of its own: in the bench's it would wait for the senders' threads, not for the server.
Says on its last line when each page was asked for, and how long it took.
"""

from __future__ import annotations

import json
import select
import sys
import time

from bench._meter import Client

#: Seconds between two pages: a visitor, not a storm.
PAUSE = 0.03


def main() -> None:
    """Load, until the other side closes our input."""
    port, session, *paths = sys.argv[1:]
    client, taken = Client(int(port), session), []
    number = 0
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        at = time.time()
        answer = client.get(paths[number % len(paths)])
        taken.append((at, answer.seconds, answer.status))
        number += 1
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
