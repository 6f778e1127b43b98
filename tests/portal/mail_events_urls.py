"""The portal's addresses where a mail provider is configured."""

from django.urls import path

from portal.urls import urlpatterns as ours
from portal.views.mail_events import mail_events

urlpatterns = [path("mail/events/", mail_events, name="mail-events"), *ours]
