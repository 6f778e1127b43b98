"""Sealing the trail, and sending its print to where the database's owner cannot reach."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal import clock, outbox, seals
from portal.choices import Lane, Role
from portal.models import AuditSeal, OutboxMessage, ProgrammeStaff
from portal.notices import Letter


def seal_trail() -> int:
    """For the sweep: seal what is new; the first seals of a week are told to compliance."""
    made = seals.seal_if_due()
    if made:
        send_print_of_the_week()
    return made


@transaction.atomic
def send_print_of_the_week() -> int:
    """Mail the last print to each compliance officer, once a calendar week, to be kept."""
    newest = AuditSeal.objects.defer("prints").order_by("-id").first()
    if newest is None:
        return 0
    year, week, _day = newest.at.isocalendar()
    held = ProgrammeStaff.objects.active().filter(role=Role.COMPLIANCE, user__is_active=True)
    held = held.select_related("user", "programme").order_by("user_id", "pk")
    sent = 0
    for one in held.distinct("user_id"):
        key = f"audit_print:{year}-{week:02}:{one.user_id}"
        if OutboxMessage.objects.filter(dedup_key=key).exists():
            continue
        with translation.override(one.user.language), timezone.override(one.user.zone):
            letter = Letter(
                subject=_("The print of the history, week %(week)d") % {"week": week},
                heading=_("The print of the history"),
                paragraphs=[
                    _(
                        "Keep this letter. With the print below anybody who runs the portal can"
                        " prove later that nothing that happened until now was changed or removed."
                    ),
                    _("The command is: %(command)s")
                    % {"command": f"manage.py verify_audit --since-seal {newest.hash}"},
                ],
                facts=[
                    (_("Print"), newest.hash),
                    (_("Sealed"), clock.in_words(newest.at, one.user.time_zone)),
                ],
                reason=_("You get it as compliance officer."),
            )
            outbox.post(
                letter,
                to=one.user.email,
                dedup_key=key,
                lane=Lane.REMINDER,
                notice="audit_print",
                recipient=one.user,
                programme=one.programme,
            )
        sent += 1
    return sent
