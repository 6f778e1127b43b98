"""What the tests here do again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from portal.choices import DocumentState
from portal.models import Document

if TYPE_CHECKING:
    from startups.models import DemoDay, Pitch


def owner_of(pitch: Pitch) -> Any:
    return pitch.startup.owners()[0]


def deck_of(pitch: Pitch, **fields: Any) -> Document:
    fields = {"state": DocumentState.CLEAN, "name": "deck.pdf"} | fields
    document = Document.objects.create(
        file=ContentFile(b"%PDF-1.4", name="deck.pdf"),
        content_type="application/pdf",
        size=8,
        sha256="a1b2" * 16,
        subject_type="startups.pitch",
        subject_id=pitch.pk,
        startup_id=pitch.startup_key,
        uploaded_by=owner_of(pitch),
        **fields,
    )
    pitch.deck = document
    pitch.save(update_fields=["deck"])
    return document


def page(name: str, demo_day: DemoDay) -> str:
    return reverse(f"startups:{name}", args=[demo_day.event.slug])


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
