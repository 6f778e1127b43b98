"""Addresses of calls and applications."""

from django.conf import settings
from django.urls import path

from challenges.views import application, call, copy, helper, offer, partner, writing

app_name = "challenges"
urlpatterns = [
    path("calls/", call.call_list, name="call-list"),
    path("calls/<slug:slug>/", call.call_detail, name="call-detail"),
    path("calls/<slug:slug>/preview/<str:token>/", call.call_preview, name="call-preview"),
    path("calls/<slug:slug>/apply/", application.application_start, name="application-start"),
    path("applications/", application.application_list, name="application-list"),
    path("applications/help/<str:token>/", helper.helper_accept, name="helper-accept"),
    path("applications/<uuid:pk>/", application.application_detail, name="application-detail"),
    path("applications/<uuid:pk>/offer/", offer.application_offer, name="application-offer"),
    path("applications/<uuid:pk>/messages/", application.message_create, name="message-create"),
    path(
        "applications/<uuid:pk>/edit/<int:section>/",
        writing.application_edit,
        name="application-edit",
    ),
    path("applications/<uuid:pk>/check/", writing.application_check, name="application-check"),
    path(
        "applications/<uuid:pk>/receipt/",
        copy.application_receipt,
        name="application-receipt",
    ),
    path("applications/<uuid:pk>/print/", copy.application_print, name="application-print"),
    path("applications/<uuid:pk>/copy/", copy.application_copy, name="application-copy"),
    path(
        "applications/<uuid:pk>/withdraw/",
        application.application_withdraw,
        name="application-withdraw",
    ),
    path(
        "applications/<uuid:pk>/steps/<slug:name>/",
        application.application_step,
        name="application-step",
    ),
    path(
        "applications/<uuid:pk>/files/<uuid:document_id>/",
        copy.application_file,
        name="application-file",
    ),
    path("applications/<uuid:pk>/partners/", partner.partner_list, name="partner-list"),
    path(
        "applications/<uuid:pk>/partners/<uuid:partner_id>/remove/",
        partner.partner_remove,
        name="partner-remove",
    ),
    path("applications/<uuid:pk>/help/", helper.helper_invite, name="helper-invite"),
    path("applications/<uuid:pk>/help/<uuid:helper_id>/end/", helper.helper_end, name="helper-end"),
]
if settings.INBOUND_DOMAIN and settings.MAIL_EVENTS:
    from challenges.views.inbound import mail_inbound  # needs the extra that is not always there

    urlpatterns.insert(0, path("mail/inbound/", mail_inbound, name="mail-inbound"))
