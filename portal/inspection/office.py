"""Office files: a bounded archive of plain parts, nothing in it that acts or comes from outside."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, fromstring

from portal.inspection.rule import Refused, Rule

MOST_ENTRIES = 5_000
MOST_UNPACKED = 200 * 1024 * 1024
#: A sheet of equal rows or a white picture packs well and is honest; a bomb is also large.
MOST_RATIO = 100
RATIO_COUNTS_FROM = 16 * 1024 * 1024
#: What is kept whole in memory: lists of types and links, and workbooks behind charts.
MOST_KEPT = 32 * 1024 * 1024
_CHUNK = 1 << 16
#: The length of an archive's last record.
_END = 22

_TYPE = "application/vnd.openxmlformats-officedocument."
_MAIN = {
    "docx": _TYPE + "wordprocessingml.document.main+xml",
    "xlsx": _TYPE + "spreadsheetml.sheet.main+xml",
    "pptx": _TYPE + "presentationml.presentation.main+xml",
}
#: What a part is, by its name, its type or the link that leads to it.
_ACTIVE = (
    (re.compile(r"vbaproject|vbadata|macroenabled|macrosheet|wordvba", re.IGNORECASE), Rule.MACROS),
    (re.compile(r"activex|/control$", re.IGNORECASE), Rule.CONTROLS),
    (re.compile(r"oleobject", re.IGNORECASE), Rule.OBJECTS),
    (re.compile(r"externallink", re.IGNORECASE), Rule.EXTERNAL),
)
_OTHER_FILES = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MZ", b"\x7fELF", b"#!")
_OLE = b"\xd0\xcf\x11\xe0"
_PROGRAMS = {
    *(".exe", ".dll", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".hta", ".lnk", ".bat", ".cmd"),
    *(".ps1", ".scr", ".jar", ".zip", ".rar", ".7z", ".html", ".htm", ".mht"),
}
#: Metafiles that Office packs itself.
_PACKED_PICTURES = {".emz", ".wmz"}
#: A template on the writer's own disk, which Word notes in every file that was made from one.
_OWN_DISK = re.compile(r"(?:file:///)?[A-Za-z]:[\\/]|[^:/\\]+$")


@dataclass
class Budget:
    """What is left for a file and everything in it."""

    entries: int = MOST_ENTRIES
    unpacked: int = MOST_UNPACKED

    def count_entries(self, number: int) -> None:
        """Refuse when there are too many parts."""
        self.entries -= number
        if self.entries < 0:
            raise Refused(Rule.ENTRIES)

    def count_bytes(self, number: int) -> None:
        """Refuse when there is too much in it, whatever its headers say."""
        self.unpacked -= number
        if self.unpacked < 0:
            raise Refused(Rule.UNPACKED)


def look_into(file: BinaryIO, kind: str) -> None:
    """Refuse what is no plain office file of this kind."""
    _look_into(file, kind, Budget(), depth=0)


def _look_into(file: BinaryIO, kind: str, budget: Budget, *, depth: int) -> None:
    _one_archive(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            budget.count_entries(len(entries))
            if not entries or min(entry.header_offset for entry in entries):
                raise Refused(Rule.TWO_IN_ONE)
            _names_are_plain(entries)
            kept = {
                entry.filename: _read(archive, entry, budget, depth)
                for entry in entries
                if not entry.is_dir()
            }
            _types_are_plain(kept, kind)
            for name, content in kept.items():
                if name.lower().endswith(".rels"):
                    _links_are_plain(content)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Refused(Rule.DAMAGED) from error
    except DefusedXmlException as error:
        raise Refused(Rule.ENTITIES) from error


def _one_archive(file: BinaryIO) -> None:
    """It begins with its first entry and ends with its list of entries."""
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise Refused(Rule.KIND)
    file.seek(0, io.SEEK_END)
    if file.tell() < _END:
        raise Refused(Rule.DAMAGED)
    file.seek(-_END, io.SEEK_END)
    if file.read(4) != b"PK\x05\x06":
        raise Refused(Rule.TWO_IN_ONE if zipfile.is_zipfile(file) else Rule.DAMAGED)
    file.seek(0)


def _names_are_plain(entries: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for entry in entries:
        name = entry.orig_filename
        parts = name.split("/")
        if (
            name != entry.filename
            or name.startswith("/")
            or re.search(r"[\x00-\x1f\x7f\\:]", name)
            or ".." in parts
            or name.casefold() in seen
            or stat.S_ISLNK(entry.external_attr >> 16)
        ):
            raise Refused(Rule.NAMES)
        seen.add(name.casefold())
        _is_inactive("/" + name)
        if entry.flag_bits & 0x1:
            raise Refused(Rule.LOCKED)
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Refused(Rule.DAMAGED)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget, depth: int) -> bytes:
    """Read one part to its end, counting; answers the content of lists of types and links."""
    suffix = PurePosixPath(entry.filename).suffix.lower()
    if suffix in _PROGRAMS:
        raise Refused(Rule.NESTED)
    is_office = suffix.lstrip(".") in _MAIN
    is_list = entry.filename.lower().endswith(".rels") or entry.filename == "[Content_Types].xml"
    parser = _strict_parser() if is_list or suffix == ".xml" else None
    kept, count = bytearray(), 0
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            if not count and not is_office:
                _is_no_other_file(chunk, suffix)
            count += len(chunk)
            budget.count_bytes(len(chunk))
            if count > RATIO_COUNTS_FROM and count > MOST_RATIO * max(entry.compress_size, 1):
                raise Refused(Rule.UNPACKED)
            if parser is not None:
                parser.feed(chunk)
            if is_office or is_list:
                kept += chunk
                if len(kept) > MOST_KEPT:
                    raise Refused(Rule.UNPACKED)
    if parser is not None:
        parser.close()
    if is_office:
        # A chart in a document or on a slide brings its figures along as a workbook.
        if depth:
            raise Refused(Rule.NESTED)
        _look_into(io.BytesIO(kept), suffix.lstrip("."), budget, depth=depth + 1)
        return b""
    return bytes(kept)


class _Nothing:
    """Keeps no tree: only whether the text is well-formed and declares nothing is asked."""

    def close(self) -> None:
        """There is nothing to hand over."""


def _strict_parser() -> Any:
    parser = DefusedXMLParser(target=_Nothing(), forbid_dtd=True)
    # Otherwise each token would be brought here, which takes ten times as long.
    parser.parser.DefaultHandlerExpand = None
    return parser


def _is_no_other_file(head: bytes, suffix: str) -> None:
    if head.startswith(_OLE):
        raise Refused(Rule.OBJECTS)
    if head.startswith(_OTHER_FILES) and suffix not in _PACKED_PICTURES:
        raise Refused(Rule.NESTED)


def _types_are_plain(kept: dict[str, bytes], kind: str) -> None:
    """No part is active, and the main part is what the file's name says."""
    if "[Content_Types].xml" not in kept or "_rels/.rels" not in kept:
        raise Refused(Rule.KIND)
    by_suffix, by_name = {}, {}
    for entry in fromstring(kept["[Content_Types].xml"], forbid_dtd=True):
        said = entry.get("ContentType", "")
        if entry.tag.endswith("}Default"):
            by_suffix["." + entry.get("Extension", "").lower()] = said
        elif entry.tag.endswith("}Override"):
            by_name[entry.get("PartName", "").lower()] = said
    types = {
        "/" + name.lower(): by_name.get(
            "/" + name.lower(), by_suffix.get(PurePosixPath(name).suffix.lower(), "")
        )
        for name in kept
    }
    for said in types.values():
        _is_inactive(said)
    mains = [
        "/" + target.lstrip("/").lower()
        for link, target, _mode in _links(kept["_rels/.rels"])
        if link.endswith("/officeDocument")
    ]
    if [types.get(main) for main in mains] != [_MAIN[kind]]:
        raise Refused(Rule.KIND)


def _is_inactive(text: str) -> None:
    for pattern, rule in _ACTIVE:
        if pattern.search(text):
            raise Refused(rule)


def _links(content: bytes) -> list[tuple[str, str, str]]:
    return [
        (link.get("Type", ""), link.get("Target", ""), link.get("TargetMode", ""))
        for link in fromstring(content, forbid_dtd=True)
    ]


def _links_are_plain(content: bytes) -> None:
    """Links that a reader may follow are fine; what is fetched when it is opened is not."""
    for link, target, mode in _links(content):
        if mode.lower() != "external":
            _is_inactive(link)
        elif link.endswith("/attachedTemplate") and _OWN_DISK.match(target):
            continue
        elif not link.endswith("/hyperlink"):
            raise Refused(Rule.EXTERNAL)
