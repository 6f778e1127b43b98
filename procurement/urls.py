"""Addresses of suppliers."""

from django.urls import path

from procurement import views

app_name = "procurement"
urlpatterns = [
    path(
        "procurement/<uuid:startup>/statement/",
        views.supplier_statement_create,
        name="supplier-statement-create",
    ),
]
