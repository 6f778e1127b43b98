"""Everything that is one person's, as one file: made from the data inventory while it is sent."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import translation

from portal import audit
from portal.choices import DocumentState
from portal.inventory import INVENTORY, Holding
from portal.models import Document, User

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 64 * 1024


class _Pipe(io.RawIOBase):
    """What the ZIP's writer writes, until it is sent on."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        """Yes: only forward."""
        return True

    def write(self, data: Any) -> int:
        """Keep until the next taking."""
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


def rows_of(holding: Holding, lookup: str, user: User) -> models.QuerySet[Any]:
    """The rows that are a person's by one lookup, or by their address."""
    model = apps.get_model(holding.model)
    given = {f"{lookup[1:]}__iexact": user.email} if lookup.startswith("@") else {lookup: user.pk}
    rows: models.QuerySet[Any] = model._base_manager.filter(**given).order_by("pk")
    return rows


def values_of(holding: Holding, row: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a row as the download shows them."""
    found: dict[str, Any] = {}
    for name in fields:
        value = row
        for step in name.split("__"):
            value = getattr(value, step, None)
        if name in holding.shown:
            value = holding.shown[name](row)
        found[name] = value.pk if isinstance(value, models.Model) else value
    return found


def part_of(holding: Holding, user: User) -> Iterator[dict[str, Any]]:
    """A person's rows of one table, each once."""
    found: dict[Any, dict[str, Any]] = {}
    for lookup, fields in holding.mine.items():
        related = [name.rpartition("__")[0] for name in fields if "__" in name]
        for row in rows_of(holding, lookup, user).select_related(*related).iterator(500):
            found.setdefault(row.pk, {}).update(values_of(holding, row, fields))
    yield from found.values()


def parts_of_download() -> list[Holding]:
    """The tables a download is made from."""
    return [holding for _model, holding in sorted(INVENTORY.items()) if holding.mine]


def as_zip(user: User) -> Iterator[bytes]:
    """The download, block by block: a JSON file for each table, and the files themselves."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        contents: dict[str, str] = {}
        for holding in parts_of_download():
            rows = list(part_of(holding, user))
            if not rows:
                continue
            name = f"{holding.model}.json"
            with translation.override(user.language):
                contents[name] = str(holding.purpose)
            archive.writestr(
                name, json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
            )
            yield pipe.take()
        archive.writestr("contents.json", json.dumps(contents, ensure_ascii=False, indent=1))
        for document in documents_of(user):
            with (
                document.file.open("rb") as source,
                archive.open(f"files/{document.pk}/{safe_name(document.name)}", "w") as target,
            ):
                while block := source.read(BLOCK):
                    target.write(block)
                    yield pipe.take()
    yield pipe.take()


def documents_of(user: User) -> Iterator[Document]:
    """The files a person handed in, but for those whose check found something."""
    mine = Document.objects.filter(uploaded_by=user).exclude(state=DocumentState.REFUSED)
    for document in mine.order_by("created_at").iterator(100):
        if document.file.name and document.file.storage.exists(document.file.name):
            yield document


def safe_name(name: str) -> str:
    """A file's name that stays in its folder wherever the archive is opened."""
    return name.replace("/", "_").replace("\\", "_").lstrip(".") or "file"


@transaction.atomic
def note_download(*, user: User) -> None:
    """Taking everything out at once is something the trail knows of."""
    audit.record(user, "download-data", actor=user)
