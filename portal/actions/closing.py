"""Verbs about the end of an account: closing, opening again in time, erasing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal import audit, clock, outbox
from portal.actions.access import end_sessions
from portal.actions.my_data import rows_of
from portal.choices import Lane, Role
from portal.inventory import INVENTORY
from portal.models import ClockNow, Closing, EmailChange, ProgrammeStaff, Retention, User
from portal.notices import Letter
from portal.registry import Hindrance, registry
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from portal.inventory import Holding


def hindrances_of(user: User) -> list[Hindrance]:
    """What must be handed over first, each with where to do it."""
    return [one for part in registry.hindrances for one in part(user)]


def roles_to_hand_over(user: User) -> Iterator[Hindrance]:
    """Programmes without another manager, and a portal without another administrator."""
    for held in user.staff_roles.active().filter(role=Role.MANAGER).select_related("programme"):
        others = ProgrammeStaff.objects.active().filter(
            programme=held.programme_id, role=Role.MANAGER, user__is_active=True
        )
        if not others.exclude(user=user).exists():
            yield Hindrance(
                reason=_("You are the only manager of %(programme)s. Give somebody else the role.")
                % {"programme": held.programme.name},
                label=_("Invite a manager"),
                url=reverse("admin:portal_staffinvitation_add"),
            )
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    mine = administrators.filter(pk=user.pk).exists()
    if mine and not administrators.exclude(pk=user.pk).exists():
        yield Hindrance(
            reason=_("You are the only administrator. Somebody else must be one first."),
            label=_("See people"),
            url=reverse("admin:portal_user_changelist"),
        )


def end_roles(user: User) -> None:
    """The person's roles end with the account."""
    for held in user.staff_roles.active():
        ProgrammeStaff.objects.filter(pk=held.pk).update(ended_at=timezone.now())
        audit.record(held, "end-role", actor=user, facts={"role": held.role})


def days_of_grace() -> int:
    """How long a closed account can be opened again, as the organisation decided it."""
    decided = Retention.objects.filter(kind="closed-account").values_list("days", flat=True).first()
    return settings.CLOSING_GRACE_DAYS if decided is None else decided


def _holds_something(holding: Holding, user: User) -> bool:
    """Whether a table has rows of the person at all: nobody reads of what does not concern them."""
    return any(rows_of(holding, lookup, user).exists() for lookup in holding.mine)


def what_goes(user: User) -> list[StrOrPromise]:
    """What is erased, in words, for the page that closes an account."""
    return [
        holding.purpose
        for holding in INVENTORY.values()
        if (holding.goes or holding.goes_at_once or holding.cleared)
        and _holds_something(holding, user)
    ]


def what_stays(user: User) -> list[tuple[StrOrPromise, list[StrOrPromise], int | None, str]]:
    """Why something stays, what that is, for how many days, by which rule."""
    kept: dict[tuple[str, str], tuple[StrOrPromise, list[StrOrPromise]]] = {}
    for holding in INVENTORY.values():
        if holding.stays and _holds_something(holding, user):
            key = (str(holding.stays), holding.retention)
            kept.setdefault(key, (holding.stays, []))[1].append(holding.purpose)
    rules = {rule.kind: rule for rule in Retention.objects.all()}
    found = []
    for (_words, kind), (why, what) in kept.items():
        rule = rules.get(kind)
        found.append((why, what, rule.days if rule else None, rule.ground if rule else ""))
    return found


@transaction.atomic
def close_account(*, user: User) -> Closing:
    """End sign-in at once and for good, unless the administrator opens it again in time."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise StepRefused(_("This account is closed already."))
    if hindrances := hindrances_of(user):
        raise StepRefused(hindrances[0].reason)
    closing = _close(user, clock.database_now() + timedelta(days=days_of_grace()))
    audit.record(closing, "close-account", actor=user)
    _say_farewell(closing, user)
    return closing


@transaction.atomic
def close_again(*, key: UUID, erase_from: datetime) -> Closing | None:
    """Close an account whose closing a restore has undone; ``None`` where nothing is to be done.

    Without a letter: the person had theirs. Nothing hinders it: what had to be handed over was.
    """
    user = User.objects.select_for_update().filter(pk=key).first()
    if user is None or Closing.objects.in_force().filter(user=user).exists():
        return None
    closing = _close(user, erase_from)
    audit.record(closing, "close-account", actor=None, reason=_("Closed again after a restore."))
    return closing


def _close(user: User, erase_from: datetime) -> Closing:
    for part in registry.at_closing:
        part(user)
    closing = Closing.objects.create(user=user, erase_from=erase_from)
    user.is_active = user.is_superuser = False
    # Without a password no session fits any more; opened again, the mailbox chooses a new one.
    user.set_unusable_password()
    user.save(update_fields=["is_active", "is_superuser", "password"])
    end_sessions(user=user, by=user)
    EmailChange.objects.waiting().filter(user=user).update(stopped_at=ClockNow())
    for holding in INVENTORY.values():
        for lookup in holding.goes_at_once:
            rows_of(holding, lookup, user).delete()
    return closing


def _say_farewell(closing: Closing, user: User) -> None:
    with translation.override(user.language):
        _post(
            closing,
            "closed",
            user,
            subject=_("Your account is closed"),
            paragraphs=[
                _("You can no longer sign in to %(site)s. This is our last letter to you.")
                % {"site": settings.SITE_NAME},
                _(
                    "Your personal data is erased after the day below. Until then write to us if"
                    " you want your account back, or if it was not you who closed it."
                ),
                _("What you submitted for an organisation stays with the organisation."),
            ],
            facts=[(_("Erased after"), date_format(closing.erase_from, "D j M Y, H:i e"))],
        )


def _post(
    closing: Closing,
    kind: str,
    user: User,
    *,
    subject: str,
    paragraphs: list[str],
    facts: list[tuple[str, str]] | None = None,
    action: tuple[str, str] | None = None,
) -> None:
    outbox.post(
        Letter(
            subject=subject,
            heading=subject,
            paragraphs=paragraphs,
            facts=facts or [],
            action=action,
        ),
        to=user.email,
        dedup_key=f"account:{kind}:{closing.pk}",
        lane=Lane.CODE,
        notice=f"account_{kind}",
        recipient=user,
        subject=closing,
    )


def why_not_reopen(closing: Closing, by: User) -> str | None:
    """Why an account cannot be opened again."""
    if not by.has_perm("portal.reopen_closing", closing):
        return _("You may not do this.")
    if closing.reopened_at is not None:
        return _("This account was opened again already.")
    if closing.erased_at is not None:
        return _("The personal data is erased; the person can make a new account.")
    return None


@transaction.atomic
def reopen_account(*, closing: Closing, by: User, reason: str) -> Closing:
    """Open a closed account again in its days of grace; the mailbox chooses a new password."""
    closing = Closing.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    if refusal := why_not_reopen(closing, by):
        raise StepRefused(refusal)
    if not reason.strip():
        raise StepRefused(_("Say why: a reason is needed."))
    Closing.objects.filter(pk=closing.pk).update(reopened_at=ClockNow())
    user = User.objects.select_for_update().get(pk=closing.user_id)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(closing, "reopen-account", actor=by, reason=reason.strip())
    with translation.override(user.language):
        _post(
            closing,
            "reopened",
            user,
            subject=_("Your account is open again"),
            paragraphs=[
                _("Choose a new password to sign in. Ask to join your organisations anew.")
            ],
            action=(_("Choose a new password"), reverse("account_reset_password")),
        )
    return closing


def erase_due(*, limit: int = 100) -> int:
    """Erase the closed accounts whose days of grace are over; how many."""
    erased = 0
    for key in Closing.objects.due().values_list("pk", flat=True)[:limit]:
        erased += erase(key=key)
    return erased


@transaction.atomic
def erase(*, key: UUID) -> bool:
    """Do to a closed account what the data inventory says; whether it was to be done."""
    closing = (
        Closing.objects.due()
        .select_for_update(of=("self",), skip_locked=True)
        .filter(pk=key)
        .first()
    )
    if closing is None:
        return False
    user = User.objects.select_for_update().get(pk=closing.user_id)
    # The account itself last: its address finds the rows that hold nothing else of it.
    for holding in sorted(INVENTORY.values(), key=lambda one: one.model == User._meta.label_lower):
        _erase_from(holding, user)
    Closing.objects.filter(pk=closing.pk).update(erased_at=ClockNow())
    audit.record(closing, "erase-account", actor=None)
    return True


def _erase_from(holding: Holding, user: User) -> None:
    for lookup in (*holding.goes_at_once, *holding.goes):
        rows_of(holding, lookup, user).delete()
    for lookup, values in holding.cleared.items():
        rows_of(holding, lookup, user).update(
            **{name: value(user) if callable(value) else value for name, value in values.items()}
        )
