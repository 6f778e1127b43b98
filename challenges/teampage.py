"""What the page of an application shows its team, for the team itself and for staff who look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from challenges.choices import CallState
from challenges.models import Application, Message
from challenges.workflow.application import application_workflow, may_be_restored, why_shut
from portal import clock
from portal.models import AuditEntry, InboxNotice
from startups.models import Place

if TYPE_CHECKING:
    from challenges.models import Call
    from portal.models import User

#: Steps that the page offers; writing and submitting have pages of their own.
STEPS = {"withdraw", "restore", "let-staff-look", "stop-staff-looking"}
LETTERS = 20


def page_of(application: Application, user: User) -> dict[str, Any]:
    """The page as this member of the team sees it."""
    shut = why_shut(application, clock.database_now())
    return {
        "application": application,
        "call": application.call,
        "revision": application.current_revision,
        "decision": application.sent_decision if application.is_decided else None,
        "offer": offer_of(application),
        "steps": steps_of(application, user),
        "timeline": timeline_of(application),
        "team": application.startup.memberships.select_related("user"),
        "helpers": application.collaborators.select_related("user"),
        "is_writable": shut is None,
        "shut": shut,
        "cancelled_because": why_cancelled(application.call),
        "may_be_restored": may_be_restored(application),
        "may_write": user.has_perm("challenges.change_application", application),
        "may_submit": user.has_perm("challenges.submit_application", application),
        "may_message": user.has_perm("challenges.message_application", application),
        "thread": list(application.messages.select_related("author")),
        "letters": letters_of(application, user),
        "message_form": None,
        "as_applicant": None,
    }


def offer_of(application: Application) -> Place | None:
    """The offer to take part that it led to, if any."""
    if application.place_id is None:
        return None
    return Place.objects.select_related("cohort").get(pk=application.place_id)


def letters_of(application: Application, user: User) -> list[InboxNotice]:
    """The letters this person got about the application, newest first."""
    mine = InboxNotice.objects.visible_to(user).filter(
        subject_type=Application._meta.label_lower, subject_id=application.pk
    )
    return list(mine.order_by("-created_at")[:LETTERS])


def unread_in(application: Application, user: User) -> bool:
    """Whether staff wrote since the person last looked."""
    return Message.objects.unread_by(user).filter(application=application).exists()


def why_cancelled(call: Call) -> str:
    """What staff wrote to everybody when they cancelled the call."""
    if call.state != CallState.CANCELLED:
        return ""
    entry = AuditEntry.objects.about(call).filter(verb="cancel").order_by("-id").first()
    return entry.reason if entry else ""


def steps_of(application: Application, user: User) -> list[dict[str, Any]]:
    """What the person may do besides writing; of two halves only the one that applies."""
    base = application.get_absolute_url()
    return [
        {
            "name": offer.name,
            "label": offer.label,
            "url": f"{base}withdraw/" if offer.name == "withdraw" else f"{base}steps/{offer.name}/",
            "link": offer.name == "withdraw",
            "refusal": None,
            "primary": False,
            "destructive": offer.transition.destructive,
        }
        for offer in application_workflow.offered_to(user, application)
        if offer.name in STEPS and offer.refusal is None
    ]


#: What the team reads of the trail; the jury's and the staff's steps are not theirs to see.
SHOWN_VERBS = {
    "start": gettext_lazy("Draft started"),
    "submit": gettext_lazy("Submitted"),
    "amend": gettext_lazy("New version submitted"),
    "withdraw": gettext_lazy("Withdrawn"),
    "restore": gettext_lazy("Withdrawal undone"),
    "let-staff-look": gettext_lazy("Staff may look at the draft"),
    "stop-staff-looking": gettext_lazy("Staff may no longer look"),
    "attach-file": gettext_lazy("File added"),
    "remove-file": gettext_lazy("File removed"),
    "refuse-file": gettext_lazy("File refused by our check"),
    "add-partner": gettext_lazy("Partner added"),
    "remove-partner": gettext_lazy("Partner removed"),
    "invite-helper": gettext_lazy("Helper invited"),
    "begin-to-help": gettext_lazy("Helper joined"),
    "decline-help": gettext_lazy("Invitation to help declined"),
    "end-help": gettext_lazy("Helper removed"),
    "select": gettext_lazy("Selected"),
    "reserve": gettext_lazy("Put on the reserve list"),
    "not-select": gettext_lazy("Not selected"),
    "rule-out": gettext_lazy("Found ineligible"),
    "offer-place": gettext_lazy("Offered to take part"),
    "move-up": gettext_lazy("Offered to take part, from the reserve list"),
    "accept-offer": gettext_lazy("Offer accepted"),
    "refuse-offer": gettext_lazy("Offer refused"),
}

RESULTS = {"select", "reserve", "not-select", "rule-out", "offer-place", "move-up"}


def timeline_of(application: Application) -> list[dict[str, Any]]:
    """What the team itself did, newest first."""
    entries = (
        AuditEntry.objects.about(application)
        .filter(verb__in=SHOWN_VERBS)
        .select_related("actor")
        .order_by("-id")[:50]
    )
    return [
        {
            "when": timezone.localtime(entry.at),
            "text": str(SHOWN_VERBS[entry.verb]),
            # Who of the staff sent a result is not the applicant's to know.
            "who": entry.actor.shown_name if entry.actor and entry.verb not in RESULTS else "",
            "reason": entry.reason if entry.verb in {"withdraw", "refuse-offer"} else "",
        }
        for entry in entries
    ]
