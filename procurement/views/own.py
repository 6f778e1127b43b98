"""Finding the file somebody may see, and what of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404

from procurement.models import SupplierFile
from startups.models import Startup

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest


def startup_of(request: PortalRequest, key: UUID) -> Startup:
    """The organisation, for whoever may know how it stands as a supplier; strangers get 404."""
    startup = get_object_or_404(Startup.objects.visible_to(request.user), pk=key)
    if not request.user.has_perm("procurement.view_supplierstatement", startup):
        raise Http404
    return startup


def file_of(request: PortalRequest, key: UUID) -> SupplierFile:
    """The file of an organisation."""
    startup = startup_of(request, key)
    file = get_object_or_404(SupplierFile.objects.visible_to(request.user), startup=startup)
    file.startup = startup
    return file
