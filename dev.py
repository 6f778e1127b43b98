#!/usr/bin/env python3
"""The one door to the project on a developer's machine; `python3 dev.py --help` shows the rooms."""

import sys

# An old Python must be able to read this file, so that it can say what is wrong with itself:
# the syntax above and in these lines stays that of Python 3.6.
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.stderr.write(
        "dev.py needs Python 3.11, 3.12 or 3.13 and this is %d.%d: try `python3.11 dev.py …`.\n"  # noqa: UP031
        % sys.version_info[:2],
    )
    sys.exit(2)

from devtools.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
