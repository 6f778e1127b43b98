"""The portal's addresses where a mail provider is configured, that takes mail in as well."""

from django.urls import path

from challenges.views.inbound import mail_inbound
from portal.urls import urlpatterns as ours
from portal.views.mail_events import mail_events

urlpatterns = [
    path("mail/events/", mail_events, name="mail-events"),
    path("mail/inbound/", mail_inbound, name="mail-inbound"),
    *ours,
]
