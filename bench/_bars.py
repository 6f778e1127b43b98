"""The bars of `bench/pages.py`, the table they are read from, and what a page weighs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bench._meter import Client, compressed

if TYPE_CHECKING:
    from collections.abc import Callable

    from challenges.models import Call

#: From "Speed to reach": what must be, and what is aimed at.
MUST = {
    "public page of a call": (4, 2),
    "application form": (10, 6),
    "form of 60 questions": (10, 8),
    "whole application": (60, 25),
    "list by score": (40, 15),
    "next page of the list": (40, 15),
    "application with reviews": (25, 10),
    "saving a score": (15, 8),
}
#: How far rows read and cost may differ between the sizes.
ALIKE = 0.2
#: A difference of so few rows is none: the planner looks once more, a counter has one more row.
FEW_ROWS = 25
SPREAD = 2.0
EXPORT_SECONDS, EXPORT_FIRST_BYTE, EXPORT_GROWTH = 4.0, 0.5, 24.0
MEMORY, START = 130.0, 1.5
#: The same bar in starts of a bare project, which take 0.3 s where nobody else works.
START_IN_BARE = 5.0
HTML_CSS_JS, WITH_FONTS = 60_000, 200_000
MINUTES = 10


def print_table(found: list[dict[str, Any]], say: Callable[[str], None]) -> None:
    """Each page with its figures, one line for each size."""
    say(
        f"\n{'page':26} {'size':>6} {'x':>6} {'must':>5} {'p50':>7} {'p95':>7} {'rows':>7}"
        "  statements"
    )
    for name, (must, _aim) in MUST.items():
        for figures in found:
            cost, reads = figures["costs"][name], figures["reads"][name]
            say(
                f"{name:26} {figures['count']:>6} {figures['multiples'][name]:>6.1f} {must:>5}"
                f" {cost['p50_ms']:>7.1f} {cost['p95_ms']:>7.1f} {reads['rows']:>7} "
                f" {' '.join(map(str, reads['statements']))}"
            )
    for figures in found:
        export, reads = figures["export"], figures["reads"]["export as CSV"]
        say(
            f"{'export as CSV':26} {figures['count']:>6} {export['seconds']:>5.2f}s first byte"
            f" {export['first_byte']:.2f} s, {export['bytes'] / 1e6:.1f} MB,"
            f" {export['lines']} lines, worker grows {export['grown_mib']:.1f} MiB,"
            f" rows {reads['rows']}, statements {sum(reads['statements'])}"
        )
    for figures in found:
        transfer = figures["transfer"]
        say(
            f"{'control: reads all':26} {figures['count']:>6} {figures['control']:>6.0f}x,"
            f" rows {figures['reads']['control']['rows']} | worker {figures['memory']:.0f} MiB,"
            f" start {figures['start']:.2f} s ({figures['start_cpu']:.2f} s of processor,"
            f" a bare project {figures['bare']:.2f} s),"
            f" one-query page {figures['base_ms']:.2f} ms |"
            f" call page html {transfer['html']}, css {transfer['css']}, js {transfer['js']},"
            f" fonts {transfer['fonts']} bytes"
        )


def print_reads(found: list[dict[str, Any]], say: Callable[[str], None]) -> int:
    """Statements and rows alone, which hang on no machine; 0 if they are alike at both sizes."""
    for name in found[0]["reads"]:
        for figures in found:
            reads = figures["reads"][name]
            words = " ".join(map(str, reads["statements"]))
            say(f"{name:26} {figures['count']:>6} {reads['rows']:>9}  {words}")
    reasons = differing(found[0], found[-1]) if len(found) > 1 else []
    say(f"FAILED: {'; '.join(reasons)}" if reasons else "alike at all sizes")
    return 1 if reasons else 0


def reasons_of(figures: dict[str, Any]) -> list[str]:
    """What one size misses."""
    count, missed = figures["count"], []
    for name, (must, _aim) in MUST.items():
        if figures["multiples"][name] > must:
            missed.append(f"{name} {figures['multiples'][name]:.1f}x > {must}x at {count}")
        cost = figures["costs"][name]
        if cost["p50_ms"] and cost["p95_ms"] > SPREAD * cost["p50_ms"]:
            missed.append(f"{name} p95/p50 {cost['p95_ms'] / cost['p50_ms']:.1f} at {count}")
    export = figures["export"]
    if export["seconds"] > EXPORT_SECONDS or export["first_byte"] > EXPORT_FIRST_BYTE:
        missed.append(f"export {export['seconds']:.1f} s, first byte {export['first_byte']:.2f} s")
    if not export["streamed"] or export["grown_mib"] > EXPORT_GROWTH:
        missed.append(f"the export is not streamed: the worker grows {export['grown_mib']:.0f} MiB")
    if export["lines"] <= count:
        missed.append(f"the export has {export['lines']} lines at {count}")
    # By the clock; or by processor time, where others keep the machine busy: then a second of it
    # is less work too, and a bare project's start says how much less.
    starts_late = min(figures["start"], figures["start_cpu"]) > START
    starts_late &= figures["start_cpu"] > START_IN_BARE * figures["bare"]
    if figures["memory"] > MEMORY or starts_late:
        missed.append(
            f"worker {figures['memory']:.0f} MiB, start {figures['start']:.2f} s"
            f" ({figures['start_cpu']:.2f} s of processor, a bare project {figures['bare']:.2f} s)"
        )
    transfer = figures["transfer"]
    light = transfer["html"] + transfer["css"] + transfer["js"]
    if light > HTML_CSS_JS or light + transfer["fonts"] > WITH_FONTS:
        missed.append(f"call page {light} bytes, with fonts {light + transfer['fonts']}")
    again = figures["again"]
    if again["status"] != 304 or again["sets_cookie"] or again["has_token"]:
        missed.append(f"a repeated visit of the call page: {again}")
    if figures["wrong_figures"]:
        missed.append(f"{figures['wrong_figures']} applications with wrong figures at {count}")
    return missed


def differing(small: dict[str, Any], large: dict[str, Any]) -> list[str]:
    """What grows with the number of applications."""
    missed = []
    for name in MUST:
        one, other = small["reads"][name], large["reads"][name]
        if one["statements"] != other["statements"]:
            missed.append(f"{name}: statements {one['statements']} and {other['statements']}")
        # A small table is read whole where a large one is asked for its rows: less is no miss.
        if other["rows"] - one["rows"] > max(ALIKE * one["rows"], FEW_ROWS):
            missed.append(f"{name}: {one['rows']} and {other['rows']} rows")
    name = "list by score"
    if "multiples" in large and large["multiples"][name] > (1 + ALIKE) * small["multiples"][name]:
        missed.append(
            f"{name}: {small['multiples'][name]:.1f}x and {large['multiples'][name]:.1f}x"
        )
    return missed


def judge(found: list[dict[str, Any]], seconds: float, say: Callable[[str], None]) -> int:
    """The figures in the last line; 0 if every bar holds and the control fails."""
    reasons = [reason for figures in found for reason in reasons_of(figures)]
    small, large = found[0], found[-1]
    if small is not large:
        reasons += differing(small, large)
        slow = large["control"] > MUST["list by score"][0]
        reads = large["reads"]["control"]["rows"] > 2 * small["reads"]["control"]["rows"]
        if not (slow and reads):
            reasons.append("the control was not called slow, so the bench proves nothing")
    if seconds > 60 * MINUTES:
        reasons.append(f"it took {seconds / 60:.0f} minutes")
    for reason in reasons:
        say(f"  missed: {reason}")
    multiples = ", ".join(
        f"{name} {'/'.join(format(figures['multiples'][name], '.1f') for figures in found)}"
        for name in MUST
    )
    say(
        f"\npages at {'/'.join(str(figures['count']) for figures in found)}: {multiples} |"
        f" export {large['export']['seconds']:.1f} s | {large['memory']:.0f} MiB,"
        f" {large['start']:.2f} s | control {large['control']:.0f}x | {seconds:.0f} s |"
        f" {'FAILED: ' + '; '.join(reasons) if reasons else 'passed'}"
    )
    return 1 if reasons else 0


_LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)"([^>]*)>')
_SCRIPT = re.compile(r'<script\s+src="([^"]+)"')
_FACE = re.compile(r"@font-face\s*{([^}]*)}")
_FAMILY = re.compile(r"font-family:\s*[\"']?([^\"';]+)")
_SOURCE = re.compile(r'url\("?([^")]+\.woff2)"?\)')
_RANGE = re.compile(r"U\+([0-9A-Fa-f?]+)(?:-([0-9A-Fa-f]+))?")


def sizes_of(port: int, call: Call) -> dict[str, int]:
    """Bytes that a first visit to the page of a call transfers, by kind, compressed."""
    client = Client(port)
    accept = {"Accept-Encoding": "br, gzip"}
    page = client.get(f"/calls/{call.slug}/")
    packed = client.get(f"/calls/{call.slug}/", **accept)
    letters = {ord(letter) for letter in re.sub(r"<[^>]+>", " ", page.text)}
    # A page that the server leaves as it is, the proxy compresses.
    sizes = {"html": min(len(packed.body), compressed(page.body)), "css": 0, "js": 0, "fonts": 0}
    known: dict[str, set[int]] = {}
    for address, rest in _LINK.findall(page.text):
        sizes["css"] += len(client.get(address, **accept).body)
        if 'media="print"' in rest:
            continue
        for face in _FACE.findall(client.get(address).text):
            # A letter is taken from the first family that has it; the sheets stand in that order.
            family = _FAMILY.search(face)
            name = family[1] if family else ""
            theirs = {letter for other, has in known.items() if other != name for letter in has}
            used = _covered(face, letters - theirs)
            known.setdefault(name, set()).update(used)
            source = _SOURCE.search(face)
            if used and source:
                font = client.get(_joined(address.rpartition("/")[0], source[1]))
                sizes["fonts"] += len(font.body) if font.status == 200 else 0
    for address in _SCRIPT.findall(page.text):
        sizes["js"] += len(client.get(address, **accept).body)
    return sizes


def _covered(face: str, letters: set[int]) -> set[int]:
    """The letters for which a browser loads the font."""
    ranges = _RANGE.findall(face)
    if not ranges:
        return letters
    spans = [
        (int(first.replace("?", "0"), 16), int(last or first.replace("?", "F"), 16))
        for first, last in ranges
    ]
    return {letter for letter in letters if any(low <= letter <= high for low, high in spans)}


def _joined(folder: str, path: str) -> str:
    while path.startswith(("./", "../")):
        if path.startswith("../"):
            folder = folder.rpartition("/")[0]
        path = path.partition("/")[2]
    return path if path.startswith("/") else f"{folder}/{path}"
