"""Files as people and attackers make them: each maker answers the bytes of one file."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pikepdf
from openpyxl import Workbook
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


# -- PDF --------------------------------------------------------------------------------------


def make_pdf(change: Callable[[pikepdf.Pdf], None] | None = None, **saving: Any) -> bytes:
    """One page, and whatever ``change`` does to it."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    if change is not None:
        change(pdf)
    target = io.BytesIO()
    pdf.save(target, **saving)
    return target.getvalue()


def root(**entries: Any) -> Callable[[pikepdf.Pdf], None]:
    """Put entries into the document's root."""

    def change(pdf: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            pdf.Root["/" + key] = value

    return change


def annotation(**entries: Any) -> Callable[[pikepdf.Pdf], None]:
    """Put one annotation onto the page."""

    def change(pdf: pikepdf.Pdf) -> None:
        rectangle = Array([0, 0, 100, 20])
        note = Dictionary(Type=Name.Annot, Rect=rectangle, **entries)
        pdf.pages[0].Annots = Array([pdf.make_indirect(note)])

    return change


def attached(pdf: pikepdf.Pdf) -> None:
    """Attach a file."""
    pdf.attachments["run.exe"] = b"MZ"


def tagged(pdf: pikepdf.Pdf) -> None:
    """A tagged document in which a part happens to be called like an action."""
    pdf.Root.StructTreeRoot = pdf.make_indirect(
        Dictionary(
            Type=Name.StructTreeRoot, K=Array([Dictionary(Type=Name.StructElem, S=Name.Sound)])
        )
    )


def spelt_out(content: bytes) -> bytes:
    """The same names written with codes, as scripts are hidden."""
    return content.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4aS")


def object_stream_of_a_gigabyte() -> bytes:
    """A PDF whose one stream of packed objects unpacks to a gigabyte."""
    packer = zlib.compressobj(1)
    block = b" " * 10_000_000
    packed = b"".join(packer.compress(block) for _ in range(100)) + packer.flush()
    head = b"%PDF-1.5\n"
    first = b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    bomb = (
        b"5 0 obj<</Type/ObjStm/N 1/First 10/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
        + packed
        + b"\nendstream endobj\n"
    )
    at = len(head) + len(first)
    rows = b"".join(
        struct.pack(">BIH", *row)
        for row in ((0, 0, 65535), (1, len(head), 0), (2, 5, 0), (1, at, 0))
    )
    table = (
        b"6 0 obj<</Type/XRef/Size 7/Root 1 0 R/W[1 4 2]/Index[0 3 5 1]/Length %d>>stream\n"
        % len(rows)
        + rows
        + b"\nendstream endobj\n"
    )
    return head + first + bomb + table + b"startxref\n%d\n%%%%EOF\n" % (at + len(bomb))


def three_million_dictionaries() -> bytes:
    """A PDF of 24 MB that is one list of tiny dictionaries."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Many = pdf.make_indirect(Array([Name.Placeholder]))

    content = make_pdf(change, qdf=True, static_id=True)
    return content.replace(b"/Placeholder", b"<</URI(a)>>" + b"<</S/A>>" * 2_900_000)


def bombs_side_by_side() -> bytes:
    """A document with parts below the size from which packing counts, and too many of them."""
    part = b"<a>" + b" " * 15_000_000 + b"</a>"
    return make_office(more={f"word/{number}.xml": part for number in range(16)})


# -- office -----------------------------------------------------------------------------------


_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OPEN = "application/vnd.openxmlformats-officedocument."
_MAIN = {
    "docx": ("word/document.xml", _OPEN + "wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", _OPEN + "spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", _OPEN + "presentationml.presentation.main+xml"),
}
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def links(*rows: tuple[str, str, bool]) -> str:
    """A list of links: kind, target, whether it leads outside."""
    outside = ' TargetMode="External"'
    inside = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"'
        f"{outside if external else ''}/>"
        for number, (kind, target, external) in enumerate(rows)
    )
    return f'{XML}<Relationships xmlns="{_LINKS}">{inside}</Relationships>'


def parts_of(kind: str, *, main_type: str = "", overrides: str = "") -> dict[str, str | bytes]:
    """The parts of the smallest file of a kind."""
    main, usual = _MAIN[kind]
    return {
        "[Content_Types].xml": f'{XML}<Types xmlns="{_TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{main_type or usual}"/>{overrides}</Types>',
        "_rels/.rels": links(("officeDocument", main, False)),
        main: f"{XML}<main><text>Solar pumps for smallholders.</text></main>",
    }


def make_office(
    kind: str = "docx", more: Mapping[str, str | bytes] | None = None, **how: str
) -> bytes:
    """A file of a kind, with more parts or others in their place."""
    return pack({**parts_of(kind, **how), **(more or {})}.items())


def pack(entries: Iterable[tuple[str | zipfile.ZipInfo, str | bytes]]) -> bytes:
    """An archive of entries, under whatever names they have."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def symlink() -> bytes:
    """A document with a symbolic link among its parts."""
    link = zipfile.ZipInfo("word/link.xml")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    return pack([*parts_of("docx").items(), (link, "/etc/passwd")])


def twice() -> bytes:
    """A document with two parts of one name."""
    parts = parts_of("docx")
    return pack([*parts.items(), ("word/DOCUMENT.xml", "<other/>")])


def make_sheet(rows: int = 20) -> bytes:
    """A workbook as a spreadsheet program writes it, with links to follow."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number in range(rows):
        sheet.append(["Villages reached", number, number * 1.5, "https://example.org"])
    sheet["D1"].hyperlink = "https://example.org"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


# -- pictures ---------------------------------------------------------------------------------


def make_picture(kind: str = "PNG", size: tuple[int, int] = (320, 200), **how: Any) -> bytes:
    """A picture of noise, which no packing makes small."""
    chance = random.Random(1)  # the same picture each time
    colours = chance.randbytes(3 * size[0] * size[1])
    picture = Image.frombytes("RGB", size, colours)
    target = io.BytesIO()
    picture.save(target, kind, **how)
    return target.getvalue()


def claimed_size(width: int, height: int) -> bytes:
    """A small PNG that says to be large."""
    content = make_picture(size=(2, 2))
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:]


# -- everyday files ---------------------------------------------------------------------------


SCRIPT = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
LINK = {"Subtype": Name.Link}


def go_to(action: str, **entries: Any) -> Dictionary:
    """An action of a PDF."""
    return Dictionary(S=Name("/" + action), **entries)


def relating(kind: str, *rows: tuple[str, str, bool]) -> bytes:
    """A file whose main part has these links."""
    main = _MAIN[kind][0]
    folder, _slash, name = main.rpartition("/")
    return make_office(kind, {f"{folder}/_rels/{name}.rels": links(*rows)})


def benign() -> dict[str, tuple[str, bytes]]:
    """Everyday files: the kind, the bytes."""
    page = Array([0, Name.Fit])
    rows = "".join(f"<row><c>{number % 7}</c></row>" for number in range(400_000))
    return {
        "pdf plain": ("pdf", make_pdf()),
        "pdf with white space behind": ("pdf", make_pdf() + b"\r\n \0\n"),
        "pdf with an opening view": ("pdf", make_pdf(root(OpenAction=page))),
        "pdf with a view as an action": ("pdf", make_pdf(root(OpenAction=go_to("GoTo", D=page)))),
        "pdf protected against changes": (
            "pdf",
            make_pdf(encryption=pikepdf.Encryption(owner="o", user="")),
        ),
        "pdf protected in the old way, with an opening view": (
            "pdf",
            make_pdf(
                root(OpenAction=page),
                encryption=pikepdf.Encryption(owner="o", user="", R=4),
            ),
        ),
        "pdf with links to follow": (
            "pdf",
            make_pdf(annotation(**LINK, A=go_to("URI", URI=String("https://example.org/JS")))),
        ),
        "pdf that is tagged": ("pdf", make_pdf(tagged)),
        "pdf with packed objects": (
            "pdf",
            make_pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate),
        ),
        "pdf for the web": ("pdf", make_pdf(linearize=True)),
        "pdf with an empty list of attachments": (
            "pdf",
            make_pdf(root(Names=Dictionary(EmbeddedFiles=Dictionary(Names=Array())))),
        ),
        "docx plain": ("docx", make_office()),
        "docx with a link to follow": (
            "docx",
            relating("docx", ("hyperlink", "https://example.org", True)),
        ),
        "docx from the writer's own template": (
            "docx",
            relating("docx", ("attachedTemplate", r"file:///C:\Users\a\T.dotx", True)),
        ),
        "pptx with a chart": (
            "pptx",
            make_office("pptx", {"ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": make_sheet()}),
        ),
        "pptx with packed pictures": (
            "pptx",
            make_office("pptx", {"ppt/media/image1.emz": b"\x1f\x8b\x08rest"}),
        ),
        "xlsx of a spreadsheet": ("xlsx", make_sheet()),
        "xlsx of many equal rows": (
            "xlsx",
            make_office("xlsx", {"xl/worksheets/sheet1.xml": f"<a>{rows}</a>"}),
        ),
        "png": ("png", make_picture()),
        "jpg": ("jpg", make_picture("JPEG")),
        "jpg in grey": ("jpg", make_picture("JPEG", progressive=True)),
        "csv": ("csv", "name,villages\nÉlan,-12\n".encode()),
        "csv of Excel": ("csv", "\ufeffname;villages\nÉlan;1,5\n".encode()),
        "csv in two bytes": ("csv", "name\tvillages\n東京\t3\n".encode("utf-16")),
        "csv of an older machine": ("csv", "name;Größe\n".encode("cp1252")),
        "csv of Japan": ("csv", "名前,村\n".encode("cp932")),
        "csv that keeps noughts": ("csv", b'name,code\na,="0042"\n-item(s),@us\n'),
    }


#: One everyday file of each kind, made when it is asked for.
KINDS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "pdf": lambda: ("pdf", make_pdf()),
    "png": lambda: ("png", make_picture()),
    "jpg": lambda: ("jpg", make_picture("JPEG")),
    "jpeg": lambda: ("jpeg", make_picture("JPEG")),
    "docx": lambda: ("docx", make_office()),
    "xlsx": lambda: ("xlsx", make_sheet()),
    "pptx": lambda: ("pptx", make_office("pptx")),
    "csv": lambda: ("csv", b"name,villages\nA,3\n"),
}
