"""Pictures of the first pages of a file that was found clean, so that it need not be opened."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
from PIL import Image, ImageOps

from portal.inspection.picture import MOST_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A page that is so many times higher than wide is drawn narrower.
MOST_HEIGHT = 2
_QUALITY = 80


def draw(path: str, kind: str, folder: str, *, most: int, width: int) -> list[tuple[int, int]]:
    """Write ``1.jpg``, ``2.jpg``, … into the folder; answers width and height of each."""
    drawings = {"pdf": _pages_of_pdf, "png": _picture, "jpg": _picture}.get(kind)
    if drawings is None:
        return []
    sizes = []
    for number, image in enumerate(drawings(path, most, width), start=1):
        image.save(Path(folder) / f"{number}.jpg", "JPEG", quality=_QUALITY, optimize=True)
        sizes.append((image.width, image.height))
    return sizes


def _pages_of_pdf(path: str, most: int, width: int) -> Iterator[Image.Image]:
    pdf = pypdfium2.PdfDocument(path)
    for index in range(min(len(pdf), most)):
        page = pdf[index]
        wide, high = page.get_size()
        # Whatever size a page claims, its picture has no more points than this.
        scale = min(width / max(wide, 1), MOST_HEIGHT * width / max(high, 1))
        yield page.render(scale=scale).to_pil().convert("RGB")
        page.close()


def _picture(path: str, _most: int, width: int) -> Iterator[Image.Image]:
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(path, formats=["PNG", "JPEG", "MPO"]) as picture:
        picture.draft("RGB", (width, MOST_HEIGHT * width))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((width, MOST_HEIGHT * width))
        if upright.mode in {"RGBA", "LA", "P", "PA"}:
            seen = upright.convert("RGBA")
            paper = Image.new("RGBA", seen.size, "white")
            upright = Image.alpha_composite(paper, seen)
        yield upright.convert("RGB")
