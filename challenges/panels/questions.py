"""What waits about questions and promised news, what is told of both, and what the clock does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.actions.news import remind_of_news
from challenges.actions.question import tell_of_answers
from challenges.choices import CallState
from challenges.models import Call, Clarification
from challenges.rules import CALL_RUNNERS
from challenges.workflow.decision import AWAITING
from challenges.workflow.news import BEFORE
from portal import clock
from portal.registry import MenuItem, Sentence, Waiting, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User

SHOWN = 10


def _runs_any(user: User) -> bool:
    return user.is_superuser or bool(user.programmes_as(*CALL_RUNNERS))


def _unanswered(user: User) -> Any:
    mine = user.within("call__programme", *CALL_RUNNERS)
    return Clarification.objects.unanswered().filter(mine).select_related("call")


def questions_to_answer(user: User) -> Iterable[Waiting]:
    """Questions about calls I run that nobody has answered, the oldest first, with their age."""
    if not _runs_any(user):
        return
    now = timezone.now()
    for question in _unanswered(user).order_by("created_at")[:SHOWN]:
        seconds = (now - question.created_at).total_seconds()
        days = int(seconds // clock.DAY)
        within = question.call.answers_within
        late = bool(within) and seconds > within * clock.DAY
        age = (
            _("asked today")
            if not days
            else ngettext("asked %(n)d day ago", "asked %(n)d days ago", days) % {"n": days}
        )
        promise = (
            ngettext("promised within %(n)d day", "promised within %(n)d days", within)
            % {"n": within}
            if within
            else ""
        )
        yield Waiting(
            verb=_("Answer"),
            object=_("Question about %(call)s: %(text)s")
            % {"call": question.call.title, "text": Truncator(question.text).chars(80)},
            url=reverse("admin:challenges_clarification_answer", args=[question.pk]),
            note=promise,
            when=age,
            tone="lamp" if late else "amber",
            # The oldest first among them; one without a promise waits beside those of a week.
            urgency=(within or 7) * clock.DAY - seconds,
        )


def news_to_give(user: User) -> Iterable[Waiting]:
    """Days of news that come near or are over, on calls of mine where somebody waits."""
    if not _runs_any(user):
        return
    today = timezone.localdate()
    calls: Any = (
        Call.objects.filter(
            user.within("programme", *CALL_RUNNERS),
            state=CallState.PUBLISHED,
            next_news_on__lte=today + BEFORE,
        )
        .annotate(waiting=Count("applications", filter=Q(applications__state__in=AWAITING)))
        .filter(waiting__gt=0)
        .order_by("next_news_on")[:SHOWN]
    )
    for call in calls:
        late = call.next_news_on < timezone.localdate(timezone=call.zone)
        day = date_format(call.next_news_on, "D j M Y")
        yield Waiting(
            verb=_("Give news or move the day"),
            object=_("%(call)s: %(count)s")
            % {
                "call": call.title,
                "count": ngettext("%d application waits", "%d applications wait", call.waiting)
                % call.waiting,
            },
            url=reverse("admin:challenges_call_move_news", args=[call.pk]),
            when=(_("overdue since %(day)s") if late else _("promised for %(day)s")) % {"day": day},
            tone="lamp" if late else "amber",
            urgency=(call.next_news_on - today).days * clock.DAY,
        )


def questions_of_mine(user: User) -> Iterable[Waiting]:
    """What I asked and nobody has answered yet."""
    mine = Clarification.objects.unanswered().filter(asked_by=user).select_related("call")
    for question in mine.order_by("created_at")[:SHOWN]:
        address = reverse("challenges:clarification-list", args=[question.call.slug])
        yield Waiting(
            verb=_("Asked"),
            object=_("Your question about %(call)s") % {"call": question.call.title},
            url=f"{address}#mine",
            when=_("on %(day)s")
            % {"day": date_format(timezone.localtime(question.created_at), "D j M Y")},
        )


#: Who asked is for those who answer.
ANSWERS = "challenges.answer_clarification"

registry.sentences |= {
    "challenges.clarification:ask": Sentence(
        gettext_lazy("{who} asked a question"), ANSWERS, gettext_lazy("A question was asked")
    ),
    "challenges.clarification:answer": Sentence(gettext_lazy("{who} answered the question")),
    "challenges.clarification:correct": Sentence(gettext_lazy("{who} corrected the answer")),
    "challenges.clarification:set-aside": Sentence(
        gettext_lazy("{who} closed the question without an answer")
    ),
    "challenges.call:move-news": Sentence(
        gettext_lazy("{who} moved the day of the next news from {day_before} to {day_after}")
    ),
}
registry.staff_waiting += [questions_to_answer, news_to_give]
registry.under_way.append(questions_of_mine)
registry.due += [remind_of_news, tell_of_answers]
registry.menu.append(
    MenuItem(
        group="",
        # Without a count: it would be one more statement on each page of the staff.
        label=gettext_lazy("Questions and answers"),
        url_name="admin:challenges_clarification_changelist",
        permission=ANSWERS,
        order=25,
    )
)
