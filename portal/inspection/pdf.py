"""PDF: one document from its first byte to its last, readable, and nothing in it that acts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO

import pikepdf

from portal.inspection.rule import Refused, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What is taken out for a cleaned copy, as `portal.choices.Cleaning` names it.
LOCK, OPENING = "lock", "opening"
#: What PDF itself calls white space.
_WHITE = b"\0\t\n\f\r "
#: What an action does, by its name.
_ACTS = {
    "/JavaScript": Rule.SCRIPT,
    "/Launch": Rule.LAUNCH,
    "/ImportData": Rule.LAUNCH,
    "/SubmitForm": Rule.LAUNCH,
    "/GoToE": Rule.LAUNCH,
    "/GoToR": Rule.LAUNCH,
    "/Rendition": Rule.MEDIA,
    "/Movie": Rule.MEDIA,
    "/Sound": Rule.MEDIA,
    "/RichMediaExecute": Rule.MEDIA,
    "/GoTo3DView": Rule.MEDIA,
}
_ANNOTATIONS = {
    "/RichMedia": Rule.MEDIA,
    "/Screen": Rule.MEDIA,
    "/Movie": Rule.MEDIA,
    "/Sound": Rule.MEDIA,
    "/3D": Rule.MEDIA,
    "/FileAttachment": Rule.ATTACHMENTS,
}
#: Keys that have no business in a document that is only read, whatever stands behind them.
_KEYS = {
    "/JS": Rule.SCRIPT,
    "/JavaScript": Rule.SCRIPT,
    "/AA": Rule.ACTIONS,
    "/EmbeddedFiles": Rule.ATTACHMENTS,
    "/EF": Rule.ATTACHMENTS,
    "/Collection": Rule.ATTACHMENTS,
    "/XFA": Rule.FORM,
}
#: A fast first look at each object: only what mentions one of these is taken apart.
_SUSPECT = re.compile(
    "|".join(
        re.escape(name) for name in sorted({*_ACTS, *_ANNOTATIONS, *_KEYS, "/OpenAction", "/URI"})
    ).encode()
)


def look_into(file: BinaryIO, _kind: str) -> tuple[str, ...]:
    """Refuse what is no plain document; answers what is taken out of it for a cleaned copy."""
    _one_document(file)
    with _opened(file) as pdf:
        if not len(pdf.pages):
            raise Refused(Rule.DAMAGED)
        for found in pdf.objects:
            _judge_object(found)
        return tuple(
            word
            for word, there in ((LOCK, pdf.is_encrypted), (OPENING, "/OpenAction" in pdf.Root))
            if there
        )


def clean(file: BinaryIO, target: BinaryIO) -> None:
    """Write a copy without protection against changes and without an opening view.

    The copy is looked at like any other file: it alone is what others will read.
    """
    with _opened(file) as pdf:
        if "/OpenAction" in pdf.Root:
            del pdf.Root.OpenAction
        try:
            pdf.save(target, encryption=False, deterministic_id=True)
        except pikepdf.PdfError as error:
            raise Refused(Rule.RESTRICTED if pdf.is_encrypted else Rule.DAMAGED) from error
    target.flush()
    target.seek(0)
    if look_into(target, "pdf"):
        raise Refused(Rule.RESTRICTED)


def _opened(file: BinaryIO) -> pikepdf.Pdf:
    """The document, where it opens without a password."""
    file.seek(0)
    try:
        return pikepdf.open(file, suppress_warnings=True, inherit_page_attributes=False)
    except pikepdf.PasswordError as error:
        raise Refused(Rule.LOCKED) from error


def _one_document(file: BinaryIO) -> None:
    """It begins at the first byte, and only white space follows its last end mark."""
    if file.read(5) != b"%PDF-":
        raise Refused(Rule.TWO_IN_ONE)
    _before, mark, after = file.read().rpartition(b"%%EOF")
    if not mark:
        raise Refused(Rule.DAMAGED)
    if after.strip(_WHITE):
        raise Refused(Rule.TWO_IN_ONE)


def _judge_object(found: Any) -> None:
    if isinstance(found, pikepdf.Stream):
        found = found.stream_dict
    elif not isinstance(found, pikepdf.Dictionary | pikepdf.Array):
        return
    # The text of an object has its names spelt out: /J#61vaScript reads /JavaScript.
    if _SUSPECT.search(found.unparse(resolved=True)):
        for dictionary in _dictionaries_in(found):
            _judge(dictionary)


def _dictionaries_in(found: Any) -> Iterator[Any]:
    """The dictionaries of one object; what it only points at has its own turn."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        inside: Any = ()
        if isinstance(one, pikepdf.Dictionary):
            yield one
            inside = one.values()
        elif isinstance(one, pikepdf.Array):
            inside = one
        waiting += [
            value
            for value in inside
            if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect
        ]


def _judge(dictionary: Any) -> None:
    for key, value in dictionary.items():
        if (rule := _KEYS.get(key)) is not None and not _is_empty(value):
            raise Refused(rule)
        if key == "/OpenAction" and not _is_view(value):
            raise Refused(Rule.OPENING)
        if key == "/URI" and str(value).strip().lower().startswith(("javascript:", "vbscript:")):
            raise Refused(Rule.SCRIPT)
        # The structure of a tagged document names its parts with the same key.
        if key == "/S" and str(dictionary.get("/Type", "")) != "/StructElem":
            _refuse_if(_ACTS.get(_name(value)))
        if key == "/Subtype":
            _refuse_if(_ANNOTATIONS.get(_name(value)))


def _refuse_if(rule: Rule | None) -> None:
    if rule is not None:
        raise Refused(rule)


def _name(value: Any) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _is_empty(value: Any) -> bool:
    """A leftover: an empty dictionary, or an empty tree of names."""
    if value is None:
        return True
    if isinstance(value, pikepdf.Array):
        return not len(value)
    if isinstance(value, pikepdf.Dictionary):
        return all(key in {"/Names", "/Kids"} and not len(part) for key, part in value.items())
    return False


def _is_view(value: Any) -> bool:
    """Where and how large it opens, as most programs write it, and nothing that acts."""
    if isinstance(value, pikepdf.Dictionary):
        return _name(value.get("/S")) == "/GoTo"
    return isinstance(value, pikepdf.Array | pikepdf.Name | pikepdf.String)
