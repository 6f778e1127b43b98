"""Last year's call once more: everything that belongs to it, and nothing of who applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from challenges.choices import CallState
from challenges.models import (
    Call,
    Criterion,
    EligibilityRule,
    FaqEntry,
    Question,
    Wording,
)
from challenges.timetable import DATES, day_of, mentions, moved, texts_in, weeks_between
from portal import audit
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date
    from uuid import UUID

    from django.db import models

    from challenges.timetable import Mention
    from portal.models import User

#: What a copy begins anew: its own state and versions, and what was true of one year only.
ANEW = {
    *("id", "created_at", "state", "state_changed_at", "published_at", "title", "slug"),
    *("deadline_version", "form_version", "news_version", "copied_from", "to_confirm"),
    *("last_year", "feeds"),
}
#: The texts of a call that may speak of a year.
TEXTS = (
    *("title", "summary", "description", "gives", "takes", "travel", "who_may_apply"),
    *("usual_hours", "interviews", "who_reads", "terms", "terms_version"),
)


@transaction.atomic
def copy_call(*, call: Call, title: str, slug: str, opens_on: date, by: User) -> Call:
    """A draft with all that belongs to ``call``, each date moved by the same number of weeks.

    Questions of the version in force with their conditions and translations, criteria, rules,
    frequent questions and letters come along; applicants, extensions, questions that were asked,
    conflicts and planned letters never do. Each date waits to be confirmed.

    Raises:
        StepRefused: the person does not run the call.
    """
    if not by.has_perm("challenges.copy_call", call):
        raise StepRefused(_("You may not copy this call."), permission=True)
    opened = day_of(call.opens_at, call.time_zone)
    assert opened is not None
    weeks = weeks_between(opened, opens_on)
    copy = Call(title=title, slug=slug, copied_from=call)
    for field in Call._meta.concrete_fields:
        if field.name not in ANEW:
            setattr(copy, field.attname, getattr(call, field.attname))
    for name in DATES:
        setattr(copy, name, moved(getattr(call, name), call.time_zone, weeks))
    copy.to_confirm = [name for name in DATES if getattr(copy, name) is not None]
    copy.save(force_insert=True)
    _copy_questions(call, copy)
    for model in (Criterion, EligibilityRule, FaqEntry):
        _copy_rows(model, call, copy)
    _copy_rows(Wording, call, copy, written_by=by)
    audit.record(copy, "copy", actor=by, facts={"call": str(call.pk), "weeks": weeks})
    return copy


def _columns(row: models.Model, but: Collection[str]) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in {"id", "created_at", *but}
    }


def _copy_rows(model: Any, call: Call, copy: Call, **anew: Any) -> None:
    rows = model.objects.filter(call=call)
    model.objects.bulk_create(
        model(**_columns(row, {"call", "updated_at", *anew}), call=copy, **anew) for row in rows
    )


def _copy_questions(call: Call, copy: Call) -> None:
    """With the same lineage, so that last year's answers are found; what shows what goes along."""
    made: dict[UUID, Question] = {}
    asked = call.asked()
    for question in asked:
        columns = _columns(question, {"call", "shown_if", "added_in", "removed_in", "replaces"})
        made[question.pk] = Question(**columns, call=copy)
    Question.objects.bulk_create(made.values())
    for question in asked:
        if question.shown_if_id in made:
            made[question.pk].shown_if = made[question.shown_if_id]
    Question.objects.bulk_update(made.values(), ["shown_if"])


@transaction.atomic
def set_timetable(
    *, call: Call, dates: Mapping[str, Any], confirmed: Collection[str], by: User
) -> Call:
    """Write the dates of a draft and which of them somebody has looked at.

    A date that changes by hand counts as confirmed: whoever typed it has looked.

    Raises:
        StepRefused: it is published, or the person does not write it.
    """
    locked = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    if not by.has_perm("challenges.change_call", locked):
        raise StepRefused(_("You may not change this call."), permission=True)
    if locked.state != CallState.DRAFT:
        raise StepRefused(_("It is published: its dates move by a step, with a letter to all."))
    wanted = dict(dates)
    if "accepts_until" in wanted:
        # No grace is a grace of no length.
        wanted["accepts_until"] = wanted["accepts_until"] or wanted.get("closes_at")
    changed = [name for name, value in wanted.items() if value != getattr(locked, name)]
    for name in changed:
        setattr(locked, name, wanted[name])
    waiting = [
        name
        for name in locked.to_confirm
        if name not in confirmed and name not in changed and getattr(locked, name) is not None
    ]
    looked = [name for name in locked.to_confirm if name not in waiting]
    locked.to_confirm = waiting
    locked.save(update_fields=[*changed, "to_confirm"])
    if changed or looked:
        facts = {"fields": changed, "confirmed": looked}
        audit.record(locked, "set-timetable", actor=by, facts=facts)
    return locked


def spoken_of(call: Call) -> list[Mention]:
    """Every mention of a year, a day or an edition in the texts of a copy."""
    source = call.copied_from
    if source is None:
        return []
    days = (day_of(getattr(source, name), source.time_zone) for name in DATES)
    return mentions(_texts(call), {day.year for day in days if day is not None})


def _texts(call: Call) -> Iterator[tuple[str, str]]:
    for name in TEXTS:
        yield str(Call._meta.get_field(name).verbose_name), str(getattr(call, name))  # type: ignore[union-attr]
    for question in call.asked():
        where = _("question “%(label)s”") % {"label": question.label}
        yield from ((where, text) for text in (question.label, question.help, *question.options))
        yield from ((f"{where} ({code})", text) for code, text in texts_in(question.translations))
    for rule in call.rules.all():
        yield _("eligibility rule"), rule.text
        yield from (
            (f"{_('eligibility rule')} ({code})", text)
            for code, text in texts_in(rule.translations)
        )
    for criterion in call.criteria.all():
        where = _("criterion “%(name)s”") % {"name": criterion.name}
        yield from ((where, text) for text in (criterion.description, *criterion.levels))
    for entry in call.faq.all():
        yield from ((_("frequent question"), text) for text in (entry.question, entry.answer))
    for wording in call.wordings.all():
        where = _("letter “%(notice)s”") % {"notice": wording.notice}
        yield from ((where, text) for text in (wording.subject, wording.text, wording.signature))
