"""Asks the web process of this container whether it lives; ends with 1 where it does not."""  # noqa: INP001 -- a script

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
try:
    asked = HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    asked.request("GET", "/healthz", headers={"Host": host})
    sys.exit(asked.getresponse().status != 200)  # noqa: PLR2004
except OSError:
    sys.exit(1)
