"""Verbs about a person's address: another one counts when both mailboxes have said yes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal import audit, clock, outbox
from portal.actions.access import end_sessions
from portal.actions.tokens import hash_of, new_token
from portal.actions.tries import Allowance, Pause, spend
from portal.choices import Lane
from portal.models import ClockNow, EmailChange, User
from portal.notices import Letter
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

HOURS = 72
#: Letters to one new address, and changes asked for by one person.
ASKED = Allowance("letter:address", 5, 60 * 60)


def _write(
    change: EmailChange,
    kind: str,
    *,
    to: str,
    subject: str,
    paragraphs: Sequence[str],
    action: tuple[str, str] | None = None,
    facts: Sequence[tuple[str, str]] = (),
) -> None:
    outbox.post(
        Letter(
            subject=subject,
            heading=subject,
            paragraphs=list(paragraphs),
            facts=list(facts),
            action=action,
        ),
        to=to,
        dedup_key=f"address_change:{kind}:{change.pk}",
        lane=Lane.CODE,
        notice="address_change",
        recipient=change.user if kind != "new" else None,
        subject=change,
    )


def _page(token: str) -> str:
    return reverse("email-change-answer", args=[token])


def ask_for_address(*, user: User, address: str) -> EmailChange:
    """Ask the new mailbox and the old one; whether the new one has an account is said there only.

    Raises:
        StepRefused: it is the present address, or too many were asked for.
    """
    address = address.strip().lower()
    if address == user.email:
        raise StepRefused(_("This is your address already. Type another one."))
    for who in (str(user.pk), address):
        if isinstance(spent := spend(ASKED, who), Pause):
            raise StepRefused(
                _("Several letters are on their way already. Try again in %(minutes)d minutes.")
                % {"minutes": -(-spent.seconds // 60)}
            )
    with transaction.atomic(), translation.override(user.language):
        # One at a time for each person: two quick clicks take turns here.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        EmailChange.objects.filter(user=user, done_at=None, stopped_at=None).update(
            stopped_at=ClockNow()
        )
        (for_new, new_hash), (for_old, old_hash) = new_token(), new_token()
        change = EmailChange.objects.create(
            user=user,
            new_email=address,
            new_hash=new_hash,
            old_hash=old_hash,
            expires_at=clock.database_now() + timedelta(hours=HOURS),
        )
        audit.record(change, "ask-for-address", actor=user)
        _ask_the_new(change, for_new)
        _ask_the_old(change, for_old)
    return change


def _ask_the_new(change: EmailChange, token: str) -> None:
    site = {"site": settings.SITE_NAME}
    if has_account(change.new_email):
        _write(
            change,
            "new",
            to=change.new_email,
            subject=_("Somebody wants to use this address for another account"),
            paragraphs=[
                _("You have an account on %(site)s with this address already.") % site,
                _(
                    "Was it you? Then sign in with this address, or close that account first."
                    " Otherwise do nothing: nothing changes."
                ),
            ],
            action=(_("Sign in"), reverse("account_login")),
        )
        return
    _write(
        change,
        "new",
        to=change.new_email,
        subject=_("Is this your new address?"),
        paragraphs=[
            _("Somebody with an account on %(site)s wants to use this address from now on.") % site,
            _("If it is you, say so. If not, do nothing, or press the button and then “Stop it”."),
        ],
        facts=[(_("Valid until"), date_format(change.expires_at, "D j M Y, H:i e"))],
        action=(_("Answer"), _page(token)),
    )


def _ask_the_old(change: EmailChange, token: str) -> None:
    _write(
        change,
        "old",
        to=change.user.email,
        subject=_("Your address is to be changed: is it you?"),
        paragraphs=[
            _(
                "Somebody who is signed in to your account wants to use the address below instead"
                " of this one. It changes only if you say yes here and there."
            ),
            _("Was it not you? Press the button, then “Stop it”, and choose a new password."),
        ],
        facts=[
            (_("New address"), change.new_email),
            (_("Valid until"), date_format(change.expires_at, "D j M Y, H:i e")),
        ],
        action=(_("Say yes, or stop it"), _page(token)),
    )


def has_account(address: str) -> bool:
    """Whether anybody signs in with it; nobody but its own mailbox may be told."""
    taken: bool = EmailAddress.objects.filter(email__iexact=address).exists()
    return taken or User.objects.with_address(address).exists()


def asked_by_letter(token: str) -> EmailChange | None:
    """The change a letter's link speaks of, while it can still be answered."""
    digest = hash_of(token)
    waiting = EmailChange.objects.waiting().select_related("user")
    return waiting.filter(new_hash=digest).first() or waiting.filter(old_hash=digest).first()


def is_for_new(change: EmailChange, token: str) -> bool:
    """Whether the link was sent to the new address."""
    return change.new_hash == hash_of(token)


@transaction.atomic
def confirm_address(*, token: str, keep: str | None = None) -> EmailChange:
    """Say yes from one of the two mailboxes; the second yes makes the change.

    ``keep`` is the session that goes on when all others end.
    """
    change = _locked(token)
    side = "new_confirmed_at" if is_for_new(change, token) else "old_confirmed_at"
    if getattr(change, side) is None:
        EmailChange.objects.filter(pk=change.pk).update(**{side: ClockNow()})
        audit.record(change, f"confirm-{side[:3]}-address", actor=None)
    _settle(change, keep=keep)
    change.refresh_from_db()
    return change


@transaction.atomic
def stop_change(*, token: str) -> EmailChange:
    """Say no from one of the two mailboxes: nothing changes, and the other is told."""
    change = _locked(token)
    _stop(change, by=None)
    if not is_for_new(change, token):
        # Somebody else is signed in there: only the holder of the mailbox gets in again.
        end_sessions(user=change.user, by=None)
    return change


@transaction.atomic
def take_back_change(*, user: User) -> None:
    """Stop one's own change, signed in."""
    for change in EmailChange.objects.waiting().filter(user=user).select_for_update():
        _stop(change, by=user)


def _stop(change: EmailChange, *, by: User | None) -> None:
    EmailChange.objects.filter(pk=change.pk).update(stopped_at=ClockNow())
    audit.record(change, "stop-address", actor=by)
    with translation.override(change.user.language):
        _write(
            change,
            "stopped",
            to=change.user.email,
            subject=_("Your address stays as it is"),
            paragraphs=[_("The change was stopped. You sign in with this address as before.")],
        )


def _lock(changes: QuerySet[EmailChange], key: UUID, **how: Any) -> EmailChange | None:
    """That change with its person, held until the end of the transaction, if it is among these."""
    held = changes.select_for_update(of=("self",), **how)
    return held.select_related("user").filter(pk=key).first()


def _locked(token: str) -> EmailChange:
    found = asked_by_letter(token)
    change = _lock(EmailChange.objects.waiting(), found.pk) if found else None
    if change is None:
        raise StepRefused(_("This link does not work any more. Nothing was changed."))
    return change


def _settle(change: EmailChange, *, keep: str | None = None) -> bool:
    """Make the change if it is ready; whether it was made."""
    if not EmailChange.objects.ready().filter(pk=change.pk).exists():
        return False
    user = User.objects.select_for_update().get(pk=change.user_id)
    if has_account(change.new_email) or not user.is_active:
        # An account was made with it meanwhile, by the same mailbox: it must say which one stays.
        _stop(change, by=None)
        return False
    before = user.email
    user.email = change.new_email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    EmailChange.objects.filter(pk=change.pk).update(done_at=ClockNow())
    audit.record(change, "change-address", actor=None)
    # Codes go to another mailbox now, so no browser is trusted for the old one.
    end_sessions(user=user, by=None, keep=keep)
    with translation.override(user.language):
        for kind, address in (("done", user.email), ("gone", before)):
            _write(
                change,
                kind,
                to=address,
                subject=_("Your address is changed"),
                paragraphs=[
                    _("You sign in with the address below from now on, and letters go there."),
                    _("You are signed out on your other devices."),
                    _("Was it not you? Then write to us at once."),
                ],
                facts=[(_("New address"), user.email)],
            )
    return True


@transaction.atomic
def let_address_count(*, change: EmailChange, by: User, reason: str) -> EmailChange:
    """Let a change count without the lost old mailbox, after a check and some days to object."""
    change = _lock(EmailChange.objects.waiting(), change.pk) or change
    if refusal := why_not_count(change, by):
        raise StepRefused(refusal)
    if not reason.strip():
        raise StepRefused(_("Say how you checked who asks: a reason is needed."))
    days = settings.EMAIL_CHANGE_HOLD_DAYS
    change.counts_from = clock.database_now() + timedelta(days=days)
    change.expires_at = change.counts_from + timedelta(days=days)
    token, change.old_hash = new_token()
    change.save(update_fields=["counts_from", "expires_at", "old_hash"])
    audit.record(change, "let-address-count", actor=by, reason=reason.strip())
    with translation.override(change.user.language):
        _write(
            change,
            "held",
            to=change.user.email,
            subject=_("Your address changes soon: stop it if it is not you"),
            paragraphs=[
                _(
                    "You told us that you cannot read letters to this address any more. We checked"
                    " that it is you; from the day below on the new address counts."
                ),
                _("Was it not you? Press the button, then “Stop it”."),
            ],
            facts=[
                (_("New address"), change.new_email),
                (_("From"), date_format(change.counts_from, "D j M Y, H:i e")),
            ],
            action=(_("Stop it"), _page(token)),
        )
    return change


def why_not_count(change: EmailChange, by: User) -> str | None:
    """Why the administrator cannot let this change count now."""
    if not by.has_perm("portal.settle_emailchange", change):
        return _("You may not do this.")
    if change.user_id == by.pk:
        return _("Somebody else must decide about your own account.")
    if change.done_at or change.stopped_at:
        return _("This change is over.")
    if change.new_confirmed_at is None:
        return _("The new address has not said yes yet.")
    if change.counts_from is not None:
        return _("It counts from the day that the letter named.")
    return None


def settle_due_changes() -> int:
    """Make the changes whose days to object are over; how many."""
    made = 0
    for change in EmailChange.objects.ready().exclude(counts_from=None):
        with transaction.atomic():
            locked = _lock(EmailChange.objects.ready(), change.pk, skip_locked=True)
            made += bool(locked and _settle(locked))
    return made
