"""Verbs of “mail me when it opens”: asked, confirmed, told once, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from challenges.choices import CallState, Phase
from challenges.models import Call, CallAlert
from challenges.notices.alert import AlertRequested, CallOpened
from portal import clock, outbox
from portal.actions import hash_of, tries
from portal.models import ClockNow
from portal.workflow import Step

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from portal.models import User

#: Letters that ask one address to confirm; beyond these the page says the same and none is sent.
ASKED = tries.Allowance("letter:alert", 3, 24 * 3600)
#: So long an address that nobody confirmed is kept, and one that was told.
UNCONFIRMED_DAYS = 7
TOLD_DAYS = 30
#: A call that will not open any more, so that its alerts wait for the programme's next.
OVER = (CallState.CANCELLED, CallState.ARCHIVED)


def waits_for(call: Call) -> Call | None:
    """What an alert asked for at this call waits for: the call itself, or the programme's next."""
    return call if call.phase == Phase.UPCOMING else None


def secret_of(alert: CallAlert) -> str:
    """The secret of the links in its letters, made from its key, so that each letter has it.

    The portal's own key may have changed since the alert was asked for: then with the one before.
    """
    made = [
        salted_hmac("challenges.alert", alert.pk.hex, secret=key, algorithm="sha256").hexdigest()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return next((one for one in made if hash_of(one) == alert.token_hash), made[0])


def answer_path(alert: CallAlert) -> str:
    """The page on which it is confirmed and ended."""
    return reverse("challenges:alert-answer", args=[secret_of(alert)])


def alert_of(secret: str) -> CallAlert | None:
    """The alert a link belongs to."""
    return (
        CallAlert.objects.select_related("call", "programme", "user")
        .filter(token_hash=hash_of(secret))
        .first()
    )


def _stand(*, call: Call, email: str, language: str, time_zone: str) -> CallAlert:
    """The one row of this address that still waits, made where there is none."""
    awaited = waits_for(call)
    alert = CallAlert(
        email=email,
        call=awaited,
        programme=call.programme,
        language=language,
        time_zone=time_zone,
    )
    alert.token_hash = hash_of(secret_of(alert))
    CallAlert.objects.bulk_create([alert], ignore_conflicts=True)
    standing = CallAlert.objects.select_related("call", "programme").filter(
        email__iexact=email, call=awaited, programme=call.programme_id, told_at=None
    )
    if (found := standing.first()) is not None:
        return found
    # The one that stood was told at this very moment: this is a new wish.
    CallAlert.objects.bulk_create([alert])
    return standing.get()


@transaction.atomic
def ask_for_alert(*, call: Call, user: User) -> CallAlert:
    """One click of somebody who is signed in: the address is theirs already."""
    alert = _stand(
        call=call, email=user.email.lower(), language=user.language, time_zone=user.time_zone
    )
    alert.user = user
    alert.confirmed_at = alert.confirmed_at or timezone.now()
    alert.save(update_fields=["user", "confirmed_at"])
    return alert


def ask_as_stranger(*, call: Call, email: str) -> None:
    """An address typed by anybody: nothing is promised to it until a link in a letter is followed.

    Whether the address is known, confirmed or asked for too often shows nowhere.
    """
    email = email.strip().lower()
    # Counted outside of the transaction: a try that is undone would have cost nothing.
    if isinstance(tries.spend(ASKED, email), tries.Pause):
        return
    with transaction.atomic():
        alert = _stand(
            call=call,
            email=email,
            language=translation.get_language() or "en",
            time_zone=call.time_zone,
        )
        if alert.confirmed_at is not None:
            return
        notice = AlertRequested()
        at = clock.database_now()
        step: Step[Any] = Step(record=alert, actor=None, at=at, data={"path": answer_path(alert)})
        outbox.post(
            notice.compose(step, alert),
            to=email,
            dedup_key=f"{notice.name}:{alert.pk}:{at.isoformat()}",
            lane=notice.lane,
            notice=notice.name,
            programme=alert.programme,
            unseen=notice.unseen,
        )


@transaction.atomic
def confirm_alert(*, secret: str) -> CallAlert | None:
    """The link in the letter was followed and its button pressed."""
    alert = alert_of(secret)
    if alert is not None and alert.confirmed_at is None:
        alert.confirmed_at = timezone.now()
        alert.save(update_fields=["confirmed_at"])
    return alert


@transaction.atomic
def end_alert(*, alert: CallAlert) -> int:
    """No letter of this programme to this address any more, and nothing kept of it."""
    kept = CallAlert.objects.filter(programme=alert.programme_id, email__iexact=alert.email)
    ended, _rows = kept.delete()
    return ended


def forget_alert(*, alert: CallAlert) -> None:
    """This one is not wanted any more."""
    alert.delete()


def alerts_of(user: User) -> QuerySet[CallAlert]:
    """What a person waits to hear of, by account or by address."""
    return (
        CallAlert.objects.filter(Q(user=user) | Q(user=None, email__iexact=user.email))
        .filter(told_at=None, confirmed_at__isnull=False)
        .select_related("call", "programme")
        .order_by("created_at")
    )


def _open_calls() -> QuerySet[Call]:
    return Call.objects.public().filter(
        state=CallState.PUBLISHED, opens_at__lte=ClockNow(), accepts_until__gt=ClockNow()
    )


def _opened_since(alert: str) -> Q:
    """Opened or came out after the alert was asked for; at an alert's own row, or from outside."""
    asked = OuterRef(alert)
    return Q(opens_at__gt=asked) | Q(published_at__gt=asked)


def due() -> QuerySet[CallAlert]:
    """Alerts whose call is open now, by the database's clock, however its opening moved."""
    of_programme = _open_calls().filter(
        _opened_since("created_at"), programme=OuterRef("programme")
    )
    for_next = Q(call=None) | Q(call__state__in=OVER)
    return CallAlert.objects.filter(
        Q(user=None) | Q(user__is_active=True),
        Exists(_open_calls().filter(pk=OuterRef("call"))) | (for_next & Exists(of_programme)),
        told_at=None,
        confirmed_at__isnull=False,
    ).order_by("created_at")


def tell_of_openings(*, limit: int = 500) -> int:
    """Write the one letter of each alert whose call has opened; what is old is forgotten."""
    told = 0
    while told < limit and _tell_next():
        told += 1
    now = ClockNow()
    CallAlert.objects.filter(
        Q(confirmed_at=None, created_at__lt=now - timedelta(days=UNCONFIRMED_DAYS))
        | Q(told_at__lt=now - timedelta(days=TOLD_DAYS))
    ).delete()
    return told


@transaction.atomic
def _tell_next() -> bool:
    # Taken by one scheduler of several: the others pass it by, and find it told.
    alert = (
        due()
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("user", "call", "programme")
        .first()
    )
    if alert is None:
        return False
    call = _call_for(alert)
    if call is not None:
        _write(alert, call)
        alert.told_at = timezone.now()
        alert.save(update_fields=["told_at"])
    return call is not None


def _call_for(alert: CallAlert) -> Call | None:
    calls = _open_calls().select_related("programme")
    if alert.call is not None and alert.call.state not in OVER:
        return calls.filter(pk=alert.call.pk).first()
    since = Q(opens_at__gt=alert.created_at) | Q(published_at__gt=alert.created_at)
    return calls.filter(since, programme=alert.programme_id).order_by("closes_at").first()


def _write(alert: CallAlert, call: Call) -> None:
    notice = CallOpened()
    data = {"alert": alert, "stop": outbox.absolute(answer_path(alert))}
    step: Step[Call] = Step(record=call, actor=None, at=clock.database_now(), data=data)
    if alert.user is not None:
        outbox.tell(notice, step, programme=call.programme)
        return
    with translation.override(alert.language), timezone.override(alert.time_zone):
        outbox.post(
            outbox.compose(notice, step, alert),
            to=alert.email,
            dedup_key=f"{notice.event_key(step)}:{alert.pk}",
            lane=notice.lane,
            notice=notice.name,
            programme=call.programme,
            subject=call,
            unseen=notice.unseen,
        )


def has_alert(call: Call, user: User) -> bool:
    """Whether the person has asked for this call already."""
    return alerts_of(user).filter(call=waits_for(call), programme=call.programme_id).exists()


def own_alert(key: UUID, user: User) -> CallAlert | None:
    """One of the person's own."""
    return alerts_of(user).filter(pk=key).first()
