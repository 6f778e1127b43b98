"""Addresses of calls and applications."""

from django.conf import settings
from django.urls import path

from challenges.views import (
    alert,
    application,
    call,
    copy,
    eligibility,
    helper,
    more_time,
    offer,
    partner,
    question,
    reading,
    record,
    replace,
    upload,
    writing,
)

app_name = "challenges"
urlpatterns = [
    path("calls/", call.call_list, name="call-list"),
    path("calls/<slug:slug>/", call.call_detail, name="call-detail"),
    path("calls/<slug:slug>/preview/<str:token>/", call.call_preview, name="call-preview"),
    path("calls/<slug:slug>/check/", eligibility.call_check, name="call-check"),
    path("calls/<slug:slug>/alert/", alert.alert_create, name="alert-create"),
    path("alerts/", alert.alert_list, name="alert-list"),
    path("alerts/<uuid:pk>/end/", alert.alert_end, name="alert-end"),
    path("alerts/answer/<str:token>/", alert.alert_answer, name="alert-answer"),
    path("calls/<slug:slug>/questions/", question.clarification_list, name="clarification-list"),
    path(
        "calls/<slug:slug>/questions/ask/",
        question.clarification_create,
        name="clarification-create",
    ),
    path("calls/<slug:slug>/form/", call.call_form, name="call-form"),
    path("calls/<slug:slug>/read/", reading.call_read, name="call-read"),
    path("calls/<slug:slug>/form/word/", call.call_form_word, name="call-form-word"),
    path("calls/<slug:slug>/apply/", application.application_start, name="application-start"),
    path("applications/", application.application_list, name="application-list"),
    path("applications/signed-in/", writing.signed_in, name="signed-in"),
    path("applications/help/<str:token>/", helper.helper_accept, name="helper-accept"),
    path("applications/<uuid:pk>/", application.application_detail, name="application-detail"),
    path("applications/<uuid:pk>/offer/", offer.application_offer, name="application-offer"),
    path("applications/<uuid:pk>/more-time/", more_time.more_time, name="more-time"),
    path("applications/<uuid:pk>/messages/", application.message_create, name="message-create"),
    path(
        "applications/<uuid:pk>/edit/<int:section>/",
        writing.application_edit,
        name="application-edit",
    ),
    path("applications/<uuid:pk>/record/", record.record_change, name="record-change"),
    path("applications/<uuid:pk>/check/", writing.application_check, name="application-check"),
    path(
        "applications/<uuid:pk>/receipt/",
        copy.application_receipt,
        name="application-receipt",
    ),
    path("applications/<uuid:pk>/print/", copy.application_print, name="application-print"),
    path("applications/<uuid:pk>/copy/", copy.application_copy, name="application-copy"),
    path("applications/<uuid:pk>/word/", copy.application_word, name="application-word"),
    path(
        "applications/<uuid:pk>/versions/",
        copy.application_versions,
        name="application-versions",
    ),
    path(
        "applications/<uuid:pk>/versions/<int:number>/pdf/",
        copy.application_pdf,
        name="application-pdf",
    ),
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
    path(
        "applications/<uuid:pk>/files/<uuid:document_id>/original/",
        copy.application_original,
        name="application-original",
    ),
    path(
        "applications/<uuid:pk>/files/<uuid:document_id>/pages/<int:number>/",
        copy.application_page,
        name="application-page",
    ),
    path("applications/<uuid:pk>/uploads/", upload.upload_begin, name="upload-begin"),
    path(
        "applications/<uuid:pk>/uploads/<uuid:upload_id>/",
        upload.upload_detail,
        name="upload-detail",
    ),
    path(
        "applications/<uuid:pk>/uploads/<uuid:upload_id>/finish/",
        upload.upload_finish,
        name="upload-finish",
    ),
    path(
        "applications/<uuid:pk>/uploads/<uuid:upload_id>/stop/",
        upload.upload_stop,
        name="upload-stop",
    ),
    path(
        "applications/<uuid:pk>/replace/<uuid:replacement_id>/",
        replace.file_replace,
        name="file-replace",
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
