"""What the tests here do again and again."""

from __future__ import annotations

from django.urls import reverse

from procurement.readiness import read_file


def page_of(startup):
    return reverse("procurement:supplier-file-detail", args=[startup.pk])


def form_of(startup, requirement):
    return reverse("procurement:evidence-create", args=[startup.pk, requirement.pk])


def gap_of(file, code):
    found = {row.asked.code: row.verdict for one in read_file(file).levels for row in one.rows}
    return found[code]
