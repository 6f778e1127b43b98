"""What the page of an application shows its team, for the team itself and for staff who look."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.actions.eligibility import against_rules
from challenges.actions.extension import is_offered_more_time, why_not_ask
from challenges.choices import ApplicationState, AttemptKind, CallState, RequestState
from challenges.models import Application, Message, Replacement
from challenges.models.standing import standing_of
from challenges.workflow.application import application_workflow, may_be_restored, why_shut
from challenges.workflow.replacement import STILL_READ
from portal import clock
from portal.models import AuditEntry, InboxNotice
from startups.models import Place

if TYPE_CHECKING:
    from challenges.models import Call
    from portal.models import User

#: Steps that the page offers; writing and submitting have pages of their own.
STEPS = {"withdraw", "restore", "let-staff-look", "stop-staff-looking"}
LETTERS = 20
#: So many instants of refused attempts are written out.
INSTANTS = 6
TRIED = {
    AttemptKind.SAVE: gettext_lazy("Refused when saving"),
    AttemptKind.FILE: gettext_lazy("Refused when adding a file"),
    AttemptKind.SUBMIT: gettext_lazy("Refused when submitting"),
}
#: While it may still be said to which rules of the call the organisation stands how.
UNDECIDED = {ApplicationState.DRAFT, ApplicationState.SUBMITTED}


def page_of(application: Application, user: User) -> dict[str, Any]:
    """The page as this member of the team sees it."""
    shut = why_shut(application, clock.database_now())
    return {
        "application": application,
        "call": application.call,
        "standing": standing_of(application),
        "revision": application.current_revision,
        "decision": application.sent_decision if application.is_decided else None,
        "offer": offer_of(application),
        **late_of(application, user),
        "steps": steps_of(application, user),
        "timeline": timeline_of(application),
        "team": application.startup.memberships.select_related("user"),
        "helpers": application.collaborators.select_related("user"),
        "is_writable": shut is None,
        "to_replace": to_replace(application),
        "shut": shut,
        "cancelled_because": why_cancelled(application.call),
        "may_be_restored": may_be_restored(application),
        "against": against_rules(application) if application.state in UNDECIDED else None,
        "may_write": user.has_perm("challenges.change_application", application),
        "may_submit": user.has_perm("challenges.submit_application", application),
        "may_message": user.has_perm("challenges.message_application", application),
        "thread": list(application.messages.select_related("author")),
        "letters": letters_of(application, user),
        "message_form": None,
        "as_applicant": None,
    }


def late_of(application: Application, user: User) -> dict[str, Any]:
    """The team's own deadline, and how to ask for more time near the deadline and after it."""
    found: dict[str, Any] = {"more_time": None, "own_time": None}
    now = application.call.now
    if application.extended_until and application.extended_until > application.call.accepts_until:
        held = application.extensions.in_force().order_by("-until").first()
        found["own_time"] = {"extension": held, "over": now >= application.until}
    if is_offered_more_time(application, now):
        request = application.time_requests.order_by("-created_at").first()
        found["more_time"] = {
            "request": request,
            "is_late": now >= application.until,
            "may_ask": user.has_perm("challenges.ask_more_time_application", application)
            and (request is None or request.state != RequestState.ASKED)
            and why_not_ask(application, now) is None,
        }
    return found


def to_replace(application: Application) -> list[Replacement]:
    """Files of the submitted version that our check refused and that can still be replaced."""
    if application.state not in STILL_READ:
        return []
    return list(
        application.replacements.still_open(application.call.now)
        # A newer version was submitted without the file: nothing waits any more.
        .filter(revision=application.revision_count)
        .select_related("question", "refused")
        .order_by("open_until")
    )


def facts_in_words(facts: dict[str, Any], zone: str) -> list[tuple[str, str, str]]:
    """What was written down when a team asked, for the team and for staff alike."""

    def when(text: str | None, *, seconds: bool = False) -> str:
        if not text:
            return _("never")
        instant = datetime.fromisoformat(text)
        return clock.in_both_zones(instant, zone, clock.reader_zone(), seconds=seconds)

    missing = facts.get("missing", 0)
    rows = [
        (_("Deadline"), when(facts.get("deadline")), ""),
        (_("Last saved"), when(facts.get("last_save"), seconds=True), ""),
        (
            _("Complete then"),
            f"{facts.get('completeness', 0)} %",
            ngettext("%d thing was missing", "%d things were missing", missing) % missing
            if missing
            else _("nothing was missing"),
        ),
    ]
    for attempt in facts.get("attempts", []):
        kind, count = AttemptKind(attempt["kind"]), attempt["count"]
        instants = [when(at, seconds=True) for at in attempt["instants"][:INSTANTS]]
        if count > len(instants):
            instants.append(_("last: %(when)s") % {"when": when(attempt["last"], seconds=True)})
        rows.append((str(TRIED[kind]), ngettext("%d time", "%d times", count) % count,
                     " · ".join(instants)))  # fmt: skip
    if not facts.get("attempts"):
        rows.append((_("Refused attempts"), _("none"), ""))
    for upload in facts.get("uploads", []):
        share = _("%(received)s of %(size)s had come") % {
            "received": filesizeformat(upload["received"]),
            "size": filesizeformat(upload["size"]),
        }
        rows.append((_("A file on its way"), share, when(upload["begun"], seconds=True)))
    return rows


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
    "replace-file": gettext_lazy("Refused file replaced"),
    "not-replace-file": gettext_lazy("The day to replace a refused file is over"),
    "add-partner": gettext_lazy("Partner added"),
    "remove-partner": gettext_lazy("Partner removed"),
    "ask-more-time": gettext_lazy("More time asked for"),
    "extend": gettext_lazy("More time given"),
    "end-extension": gettext_lazy("The extra time ended"),
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

RESULTS = {
    *("select", "reserve", "not-select", "rule-out", "offer-place", "move-up"),
    *("extend", "end-extension"),
}


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
