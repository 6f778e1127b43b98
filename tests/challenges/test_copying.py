"""Last year's call once more: what comes along, what never does, and every date looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import given, strategies as st

from challenges.actions.copying import copy_call, set_timetable, spoken_of
from challenges.choices import CallState, RuleKind
from challenges.models import Call, EligibilityRule, FaqEntry, Question, Wording
from challenges.timetable import DATES, HOURS, mentions, moved, weeks_between
from challenges.workflow.call import call_workflow
from portal.choices import Role
from portal.models import AuditEntry
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db

#: Hypothesis wants bounds without a zone.
YEARS = tuple(datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2020, 2030))
OPENS_ON = date(2027, 4, 12)


@pytest.fixture
def programme():
    return make_programme(holidays={"2027-04-13": "Harbour Day"})


@pytest.fixture
def manager(programme):
    return make_staff(programme)


@pytest.fixture
def call(programme, manager):
    """A call of 2026 with one of everything that belongs to a call, and an applicant."""
    call = make_call(
        programme,
        title="Kobe challenge 2026",
        opens_at=datetime(2026, 4, 14, 0, 0, tzinfo=UTC),
        closes_at=datetime(2026, 5, 29, 14, 59, tzinfo=UTC),
        results_on=date(2026, 8, 31),
        description="The 3rd edition opens on 14 April 2026.",
        last_year="In 2025: 5 of 624.",
    )
    theme = call.questions.get(label="Theme")
    Question.objects.create(
        call=call,
        order=9,
        section="Solution",
        label="Which river?",
        help="As in 2026.",
        shown_if=theme,
        shown_if_values=["Water"],
        translations={"ja": {"label": "2026年の川"}},
    )
    Question.objects.create(call=call, section="Gone", label="Removed", removed_in=1, added_in=0)
    EligibilityRule.objects.create(call=call, kind=RuleKind.AGE, text="Young.", maximum=10)
    FaqEntry.objects.create(call=call, question="Until when?", answer="29 May.")
    Wording.objects.create(
        call=call,
        notice="application_received",
        language="en",
        subject="Thank you",
        text="For 2026.",
        written_by=manager,
    )
    make_application(call, complete=True)
    return call


@pytest.fixture
def copy(call, manager):
    return copy_call(
        call=call, title="Kobe challenge 2027", slug="kobe-2027", opens_on=OPENS_ON, by=manager
    )


def test_copy_has_what_belongs_to_a_call_and_nobody_who_applied(call, copy):
    assert (copy.state, copy.copied_from, copy.published_at) == (CallState.DRAFT, call, None)
    assert [one.label for one in copy.asked()] == [one.label for one in call.asked()]
    river, theme = (copy.questions.get(label=label) for label in ("Which river?", "Theme"))
    assert river.shown_if == theme
    assert river.lineage == call.questions.get(label="Which river?").lineage
    assert river.translations == {"ja": {"label": "2026年の川"}}
    for name in ("criteria", "rules", "faq", "wordings"):
        assert getattr(copy, name).count() == getattr(call, name).count() > 0
    assert not copy.applications.exists()
    assert (copy.last_year, copy.feeds) == ("", None)
    entry = AuditEntry.objects.about(copy).get(verb="copy")
    assert entry.facts == {"call": str(call.pk), "weeks": 52}


def test_dates_keep_their_hour_and_their_day_of_the_week(call, copy):
    for name in ("opens_at", "closes_at", "results_on"):
        before, after = getattr(call, name), getattr(copy, name)
        assert after - before == timedelta(weeks=52)
        assert after.weekday() == before.weekday()
    assert set(copy.to_confirm) == {"opens_at", "closes_at", "accepts_until", "results_on"}


def test_nothing_is_published_before_each_date_was_looked_at(copy, manager):
    with pytest.raises(StepRefused, match="wait for a look: opens"):
        call_workflow.perform(copy, "publish", actor=manager)
    dates = {name: getattr(copy, name) for name in DATES}
    changed = {**dates, "results_on": date(2027, 9, 6)}
    kept = set_timetable(
        call=copy, dates=changed, confirmed={"opens_at", "closes_at", "accepts_until"}, by=manager
    )
    assert kept.to_confirm == []
    assert call_workflow.perform(kept, "publish", actor=manager).record.state == "published"


def test_texts_that_speak_of_the_year_are_listed(copy):
    found = {(one.where, one.found) for one in spoken_of(copy)}
    assert {
        ("description", "3rd"),
        ("description", "14 April"),
        ("description", "2026"),
        ("question “Which river?”", "2026"),
        ("question “Which river?” (ja)", "2026年"),
        ("frequent question", "29 May"),
        ("letter “application_received”", "2026"),
    } <= found
    assert "title" not in {where for where, _found in found}


def test_only_who_runs_the_call_copies_and_sets_dates(call, copy, programme):
    chair = make_staff(programme, Role.CHAIR)
    with pytest.raises(StepRefused):
        copy_call(call=call, title="x", slug="x", opens_on=OPENS_ON, by=chair)
    with pytest.raises(StepRefused):
        set_timetable(call=copy, dates={}, confirmed=(), by=chair)


def test_published_dates_move_by_a_step_alone(call, manager):
    with pytest.raises(StepRefused, match="move by a step"):
        set_timetable(call=call, dates={}, confirmed=(), by=manager)


def test_manager_copies_and_sets_the_dates_on_one_page(client, call, manager):
    client.force_login(manager)
    typed = {"title": "Kobe challenge 2027", "slug": call.slug, "opens_on": OPENS_ON.isoformat()}
    address = reverse("admin:challenges_call_copy", args=[call.pk])
    refused = client.post(address, typed)
    assert "Another call has this address" in refused.content.decode()
    answer = client.post(address, typed | {"slug": "kobe-2027"})
    copy = Call.objects.get(slug="kobe-2027")
    page = reverse("admin:challenges_call_timetable", args=[copy.pk])
    assert answer["Location"] == page
    form = client.get(page).context["form"]
    said = client.get(page).content.decode()
    assert "holiday: Harbour Day" in said
    assert "<mark>3rd</mark>" in said
    data = {
        name: form.initial[name].strftime("%Y-%m-%dT%H:%M" if name in HOURS else "%Y-%m-%d")
        for name in DATES
        if form.initial[name]
    }
    wrong = client.post(page, data | {"closes_at": "2027-01-01T09:00"})
    assert "It closes before it opens." in wrong.content.decode()
    client.post(page, data | {f"sure_{name}": "on" for name in copy.to_confirm})
    after = Call.objects.get(pk=copy.pk)
    assert after.to_confirm == []
    assert after.closes_at == copy.closes_at


def test_holidays_are_days_with_names(client, programme):
    client.force_login(make_staff(programme))
    address = reverse("admin:portal_programme_change", args=[programme.pk])
    page = client.get(address)
    form = page.context["adminform"].form
    assert form["holidays"].value() == "2027-04-13 Harbour Day"
    field = form.fields["holidays"]
    assert field.clean("2027-11-03 Culture Day\n\n 2027-11-23") == {
        "2027-11-03": "Culture Day",
        "2027-11-23": "",
    }
    with pytest.raises(ValidationError, match="“3 Nov” begins with no day"):
        field.clean("3 Nov")


@given(
    st.datetimes(YEARS[0], YEARS[1], timezones=st.just(UTC)),
    st.integers(-200, 200),
    st.sampled_from(["Asia/Tokyo", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe"]),
)
def test_moved_dates_stay_on_their_weekday(instant, weeks, zone):
    there = [one.astimezone(ZoneInfo(zone)) for one in (instant, moved(instant, zone, weeks))]
    days = (there[1].date() - there[0].date()).days
    # The next hour that comes once may be past midnight.
    assert days - 7 * weeks in {0, 1}
    assert moved(date(2026, 1, 5), zone, weeks).weekday() == 0


def test_weeks_are_whole():
    assert weeks_between(date(2026, 4, 14), date(2027, 4, 12)) == 52
    assert weeks_between(date(2026, 4, 14), date(2026, 4, 14)) == 0


def test_overlapping_mentions_are_told_once():
    found = mentions([("x", "On 5 May 2026, the second edition, 第3回 2026年5月5日.")], [2026])
    assert [one.found for one in found] == [
        *("5 May", "2026", "second edition", "第3回", "2026年", "5月5日"),
    ]
