"""Verbs about mail: what came back or arrived, what a person wants, whether mail reaches them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _, gettext_lazy

from portal import outbox, refusals
from portal.actions.digest import DIGEST, move_digests
from portal.choices import Lane, OutboxState, WhyNot
from portal.delivery import clear_address, mark_address
from portal.models import (
    EVERY_OPTIONAL,
    ClockNow,
    NotificationPreference,
    OutboxMessage,
    User,
)
from portal.notices import Letter, optional_kinds
from portal.registry import registry
from portal.unsubscribe import hash_of as stop_hash_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

#: A link that proves an address works for this long.
PROOF_SECONDS = 24 * 3_600
#: So long nobody can have a second one sent.
PROOF_PAUSE = 5 * 60
_SALT = "portal.address"


# -- what came of a letter ------------------------------------------------------------------------


@transaction.atomic
def note_bounce(
    *, letter: UUID, words: str, complained: bool = False, for_good: bool = True
) -> bool:
    """A letter came back, or its reader calls it unwanted; whether the letter was ours.

    Only what came back for good speaks against the address. A provider says everything at least
    once, so what is known already changes nothing.
    """
    message = OutboxMessage.objects.select_for_update(of=("self",)).filter(pk=letter).first()
    if message is None:
        return False
    if message.bounced_at is None:
        OutboxMessage.objects.filter(pk=letter).update(
            state=OutboxState.FAILED,
            bounced_at=ClockNow(),
            last_error=words,
            why_not=WhyNot.COMPLAINT if complained else refusals.reason_in(words),
        )
        if for_good:
            mark_address(message)
    return True


@transaction.atomic
def note_delay(*, letter: UUID, words: str) -> bool:
    """The reader's mail server puts the letter off: worth knowing, and no reason to doubt it."""
    waiting = OutboxMessage.objects.filter(pk=letter, bounced_at=None, delivered_at=None)
    return bool(waiting.update(last_error=words, why_not=WhyNot.BUSY))


@transaction.atomic
def note_arrival(*, letter: UUID) -> bool:
    """The reader's mail server has taken the letter: whatever was said of the address is over."""
    message = OutboxMessage.objects.select_for_update(of=("self",)).filter(pk=letter).first()
    if message is None:
        return False
    if message.delivered_at is None and message.bounced_at is None:
        OutboxMessage.objects.filter(pk=letter).update(
            delivered_at=ClockNow(), last_error="", why_not=""
        )
        # An older letter that arrives late says nothing against one that came back since.
        later = OutboxMessage.objects.filter(
            to_address__iexact=message.to_address,
            state=OutboxState.FAILED,
            created_at__gt=message.created_at,
        )
        if not later.exists():
            clear_address(message)
    return True


# -- whether mail reaches a person ----------------------------------------------------------------


@transaction.atomic
def send_proof(*, user: User) -> OutboxMessage | None:
    """Write the letter whose link shows that mail reaches the person at this address.

    Raises:
        StepRefused: one is on its way already.
    """
    lately = ClockNow() - timedelta(seconds=PROOF_PAUSE)
    if user.letters.filter(notice="address_proof", created_at__gt=lately).exists():
        raise StepRefused(
            _("We have just sent one. Wait a few minutes, and look for it among unwanted mail.")
        )
    proof = signing.dumps([user.pk.hex, _mark_of(user.email)], salt=_SALT)
    return outbox.post(
        Letter(
            subject=_("Does this letter reach you?"),
            heading=_("Does this letter reach you?"),
            paragraphs=[
                _(
                    "A letter to this address came back. If you read this one, letters arrive"
                    " again: press the button, and we know. The link works for a day."
                )
            ],
            action=(_("This letter has arrived"), reverse("address-proof", args=[proof])),
        ),
        to=user.email,
        dedup_key=f"address_proof:{uuid.uuid4()}",
        lane=Lane.CODE,
        notice="address_proof",
        recipient=user,
    )


def proven_by(proof: str) -> User | None:
    """The person who reads mail at the address the link was sent to, if it still is theirs."""
    try:
        key, mark = signing.loads(proof, salt=_SALT, max_age=PROOF_SECONDS)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=key, is_active=True).first()
    return user if user and _mark_of(user.email) == mark else None


def _mark_of(address: str) -> str:
    """What a link says of an address without saying it: links stand in logs."""
    return salted_hmac(_SALT, address.lower(), algorithm="sha256").hexdigest()[:16]


@transaction.atomic
def accept_proof(*, proof: str) -> bool:
    """Forget that letters came back; whether the link was good."""
    user = proven_by(proof)
    if user is None:
        return False
    User.objects.filter(pk=user.pk, email=user.email).update(bounced_at=None)
    return True


# -- what a person wants by mail ------------------------------------------------------------------


def letter_to_stop(*, secret: str) -> OutboxMessage | None:
    """The letter in whose foot the link stands."""
    return (
        OutboxMessage.objects.select_related("recipient")
        .filter(stop_hash=stop_hash_of(secret), recipient__isnull=False)
        .first()
    )


def kind_called(name: str) -> StrOrPromise:
    """How letters of this name are called where one stops them; empty where one cannot."""
    if name == DIGEST:
        return gettext_lazy("The letter of the day, and every letter that may stand in it")
    return next((kind.kind for kind in optional_kinds() if kind().name == name), "")


def kinds_stopped(*, user: User) -> set[str]:
    """The names of the kinds this person does not want by mail."""
    stopped = set(user.preferences.filter(by_mail=False).values_list("notice", flat=True))
    every = {kind().name for kind in optional_kinds()}
    return {*every, DIGEST} if EVERY_OPTIONAL in stopped else stopped & every


def wants_digest(*, user: User) -> bool:
    """Whether this person gets what can wait once a day, in one letter."""
    return user.preferences.filter(notice=EVERY_OPTIONAL, by_mail=True, in_digest=True).exists()


def wants_only_mandatory(*, user: User) -> bool:
    """Whether this person has switched off everything that may be, later kinds included."""
    return user.preferences.filter(notice=EVERY_OPTIONAL, by_mail=False).exists()


@transaction.atomic
def stop_kind(*, user: User, name: str) -> None:
    """No more letters of this kind by mail; the inbox has them all the same."""
    every = name == DIGEST
    NotificationPreference.objects.update_or_create(
        user=user,
        notice=EVERY_OPTIONAL if every else name,
        defaults={"by_mail": False, "in_digest": False},
    )
    if every:
        move_digests(reader=user)


@transaction.atomic
def choose_mail(
    *, user: User, stopped: Collection[str], only_mandatory: bool, in_digest: bool = False
) -> None:
    """Keep what a person wants by mail: each letter, one a day, or only what is mandatory.

    Of the first two the kinds in ``stopped`` are left out.
    """
    User.objects.select_for_update().get(pk=user.pk)
    user.preferences.all().delete()
    rows = [NotificationPreference(user=user, notice=name, by_mail=False) for name in stopped]
    if only_mandatory:
        rows = [NotificationPreference(user=user, notice=EVERY_OPTIONAL, by_mail=False)]
    elif in_digest:
        rows.append(NotificationPreference(user=user, notice=EVERY_OPTIONAL, in_digest=True))
    NotificationPreference.objects.bulk_create(rows)
    move_digests(reader=user)


@transaction.atomic
def follow_zone(*, reader: User) -> None:
    """The reader's nights are others now: what is planned for them and has not left follows."""
    move_digests(reader=reader)
    for part in registry.at_new_zone:
        part(reader)
