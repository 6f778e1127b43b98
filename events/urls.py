"""Addresses of events."""

from django.urls import path

from events.views import event, registration

app_name = "events"
urlpatterns = [
    path("events/", event.event_list, name="event-list"),
    path("events/<slug:slug>/", event.event_detail, name="event-detail"),
    path("events/<slug:slug>/calendar.ics", event.event_calendar, name="event-calendar"),
    path(
        "events/<slug:slug>/register/",
        registration.registration_create,
        name="registration-create",
    ),
    path(
        "events/<slug:slug>/cancel/",
        registration.registration_cancel,
        name="registration-cancel",
    ),
]
