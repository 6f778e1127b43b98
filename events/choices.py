"""Words of events: kinds, states, who comes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What sort of meeting it is."""

    DEMO_DAY = "demo_day", _("Demo Day")
    WEBINAR = "webinar", _("Webinar")
    SEMINAR = "seminar", _("Seminar")
    WORKSHOP = "workshop", _("Workshop")
    OTHER = "other", _("Event")


class EventState(models.TextChoices):
    """What is stored of an event; ahead, under way and over are computed from its instants."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    CANCELLED = "cancelled", _("Cancelled")


class EventPhase(models.TextChoices):
    """Where an event stands as people read it: computed from its state and its instants."""

    DRAFT = "draft", _("Draft")
    AHEAD = "ahead", _("Ahead")
    NOW = "now", _("Going on now")
    OVER = "over", _("Over")
    CANCELLED = "cancelled", _("Cancelled")


class RegistrationState(models.TextChoices):
    """How far a registration has come."""

    ASKED = "asked", _("Waiting for approval")
    APPROVED = "approved", _("Registered")
    DECLINED = "declined", _("Declined")
    CANCELLED = "cancelled", _("Cancelled")


class GuestKind(models.TextChoices):
    """As what somebody comes."""

    INVESTOR = "investor", _("Investor")
    CITY = "city", _("City or region")
    UN_BUYER = "un_buyer", _("United Nations")
    COMPANY = "company", _("Company")
    PRESS = "press", _("Press")
    GUEST = "guest", _("Guest")


#: The sign of each state beside its word.
PHASE_TONES = {
    EventPhase.DRAFT: "fog",
    EventPhase.AHEAD: "tide",
    EventPhase.NOW: "amber",
    EventPhase.OVER: "fog",
    EventPhase.CANCELLED: "lamp",
}
REGISTRATION_TONES = {
    RegistrationState.ASKED: "amber",
    RegistrationState.APPROVED: "moss",
    RegistrationState.DECLINED: "fog",
    RegistrationState.CANCELLED: "fog",
}
#: Those who take part, or wait to.
STANDING = (RegistrationState.ASKED, RegistrationState.APPROVED)


class Reminded(models.TextChoices):
    """The kinds of letters planned for guests; each is a row of the kernel's reminders."""

    DAYS_14 = "guest_14_days", _("two weeks before")
    DAYS_7 = "guest_7_days", _("a week before")
    DAY_1 = "guest_1_day", _("the day before")
    HOUR_1 = "guest_1_hour", _("an hour before")
    THANKS = "guest_thanks", _("thanks, the day after")
