"""Pictures: one picture from its first byte to its last, of a bounded size, that can be decoded."""

from __future__ import annotations

import struct
import warnings
from typing import BinaryIO

from PIL import Image

from portal.inspection.rule import Refused, Rule

#: 64 million pixels need 256 MB to decode; a large telephone picture has 50 million.
MOST_PIXELS = 64_000_000
#: Length and name of a part of a PNG.
_CHUNK_HEAD = struct.Struct(">I4s")
_FORMATS = {"png": ["PNG"], "jpg": ["JPEG", "MPO"]}


def look_into(file: BinaryIO, kind: str) -> None:
    """Refuse what cannot be decoded in full, is too large, or holds more than the picture."""
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(file, formats=_FORMATS[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(Rule.PIXELS)
            picture.verify()
        file.seek(0)
        with Image.open(file, formats=_FORMATS[kind]) as picture:
            picture.load()
    except Image.DecompressionBombError as error:
        raise Refused(Rule.PIXELS) from error
    if kind == "png":
        file.seek(0)
        _ends_with_its_last_chunk(file)


def _ends_with_its_last_chunk(file: BinaryIO) -> None:
    file.seek(8)
    while len(head := file.read(_CHUNK_HEAD.size)) == _CHUNK_HEAD.size:
        length, name = _CHUNK_HEAD.unpack(head)
        file.seek(length + 4, 1)
        if name == b"IEND":
            break
    if file.read(1):
        raise Refused(Rule.TWO_IN_ONE)
