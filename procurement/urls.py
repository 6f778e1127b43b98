"""Addresses of suppliers."""

from django.urls import path

from procurement.views import evidence, file, standing, statement

app_name = "procurement"
urlpatterns = [
    path(
        "procurement/<uuid:startup>/statement/",
        statement.supplier_statement_create,
        name="supplier-statement-create",
    ),
    path(
        "procurement/<uuid:startup>/file/",
        file.supplier_file_detail,
        name="supplier-file-detail",
    ),
    path(
        "procurement/<uuid:startup>/file/open/",
        file.supplier_file_open,
        name="supplier-file-open",
    ),
    path(
        "procurement/<uuid:startup>/file/target/",
        file.supplier_file_target,
        name="supplier-file-target",
    ),
    path(
        "procurement/<uuid:startup>/file/standing/",
        standing.standing_write,
        name="standing-write",
    ),
    path(
        "procurement/<uuid:startup>/file/<uuid:requirement>/",
        evidence.evidence_create,
        name="evidence-create",
    ),
    path(
        "procurement/evidence/<uuid:pk>/accept/", evidence.evidence_accept, name="evidence-accept"
    ),
    path(
        "procurement/evidence/<uuid:pk>/reject/", evidence.evidence_reject, name="evidence-reject"
    ),
    path(
        "procurement/evidence/<uuid:pk>/files/<uuid:document>/",
        evidence.evidence_file,
        name="evidence-file",
    ),
    path(
        "procurement/standing/<uuid:pk>/unchanged/",
        standing.standing_unchanged,
        name="standing-unchanged",
    ),
]
