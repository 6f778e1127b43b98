"""``python -m portal.papers``: an order in JSON on the one side, a line and a PDF on the other."""

from __future__ import annotations

import json
import re
import resource
import sys

import typst

MEMORY = 1_500_000_000
CPU_SECONDS = 15
#: What the compiler says of a letter that no font has; PDF/UA-1 refuses such a file.
NO_FONT = re.compile(r'the text `"(.+?)"` could not be displayed')


def main() -> int:
    """Set one paper."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    order = json.load(sys.stdin)
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=order["fonts"]
    )
    compiler = typst.Compiler(
        input=order["template"],
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"data": order["data"]},
    )
    lacking = ""
    try:
        content = compiler.compile(
            format="pdf", pdf_standards=["ua-1"], timestamp=order["at"] or None
        )
    except typst.TypstError as error:
        found = dict.fromkeys(NO_FONT.findall(f"{error.message}\n{error.diagnostic}"))
        if not found:
            raise
        # Tagged all the same; a box stands where the letter has no font.
        lacking = "".join(found)
        content = compiler.compile(format="pdf", timestamp=order["at"] or None)
    assert isinstance(content, bytes)  # a list of them only where a picture of each page is asked
    sys.stdout.buffer.write(json.dumps({"lacking": lacking}).encode() + b"\n" + content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
