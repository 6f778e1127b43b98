"""More time on pages: who asks, who answers, and who learns nothing of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from challenges.actions.extension import ask_more_time, lapse_due
from challenges.choices import ApplicationState, ExtensionState, RequestState
from challenges.models import Application, Call, Extension, MoreTimeRequest
from challenges.workflow.extension import extension_workflow
from portal import clock
from portal.actions import calendar
from portal.choices import Role
from portal.models import AuditEntry
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.deadlines import HOUR, give_time, make_late_draft, make_time_request
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.reviews import given_to
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db
LATER = "2030-05-01T12:00"


def seen_by(user, address):
    browser = Client()
    browser.force_login(user)
    response = browser.get(address)
    return response.content.decode() if response.status_code == 200 else response.status_code


def words(page):
    """The text of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def post(user, address, data):
    browser = Client()
    browser.force_login(user)
    return browser.post(address, data)


def page_of(draft):
    return reverse("challenges:application-detail", args=[draft.pk])


def ask_page(draft):
    return reverse("challenges:more-time", args=[draft.pk])


# -- the team -------------------------------------------------------------------------------------


def test_late_page_states_the_rule_and_leads_to_asking():
    draft = make_late_draft()
    page = seen_by(draft.started_by, page_of(draft))
    assert "What counts is the instant at which our database decides" in page
    assert ask_page(draft) in page
    asking = words(seen_by(draft.started_by, ask_page(draft)))
    assert "Complete then 100 %" in asking
    assert "Refused attempts none" in asking
    response = post(draft.started_by, ask_page(draft), {"reason": "Power cut since 23:40."})
    assert response.status_code == 302
    asked = MoreTimeRequest.objects.get()
    assert (asked.reason, asked.state) == ("Power cut since 23:40.", RequestState.ASKED)
    page = seen_by(draft.started_by, page_of(draft))
    assert "Your team asked on" in words(page)
    assert ask_page(draft) not in page


def test_asking_without_words_keeps_the_page_and_says_what_is_missing():
    draft = make_late_draft()
    response = post(draft.started_by, ask_page(draft), {"reason": " "})
    assert response.status_code == 422
    assert "invalid-feedback" in response.content.decode()


def test_page_offers_it_shortly_before_and_not_long_before():
    now = clock.database_now()
    soon = make_application(make_call(closes_at=now + timedelta(hours=30)))
    early = make_application(make_call(closes_at=now + timedelta(days=6)))
    assert ask_page(soon) in seen_by(soon.started_by, page_of(soon))
    assert ask_page(early) not in seen_by(early.started_by, page_of(early))
    assert "You can ask for more time from" in seen_by(early.started_by, ask_page(early))


def test_who_only_reads_sees_the_rule_and_no_button():
    draft = make_late_draft()
    viewer = add_member(draft.startup, role=MemberRole.VIEWER)
    assert ask_page(draft) not in seen_by(viewer, page_of(draft))
    assert seen_by(viewer, ask_page(draft)) == 404
    assert seen_by(make_user(), ask_page(draft)) == 404


def test_team_reads_its_own_deadline_everywhere():
    draft = make_late_draft()
    extension = give_time(draft)
    until = clock.in_words(extension.until, draft.call.time_zone)
    page = words(seen_by(draft.started_by, page_of(draft)))
    assert f"Your team has more time: until {until}" in page
    assert "A second person of the programme confirms it by" in page
    assert "More time given" in page
    assert "by Person" not in page
    assert until in seen_by(draft.started_by, reverse("challenges:application-list"))
    form = reverse("challenges:application-edit", args=[draft.pk, 1])
    assert "data-seconds-left" in seen_by(draft.started_by, form)


def test_between_deadline_and_grace_the_pages_say_so_and_hide_the_grace():
    now = clock.database_now()
    call = make_call(closes_at=now - HOUR, accepts_until=now + HOUR)
    draft = make_late_draft(call)
    check = seen_by(draft.started_by, reverse("challenges:application-check", args=[draft.pk]))
    assert "it is marked as submitted after the deadline" in check
    grace = clock.in_words(call.accepts_until, call.time_zone)
    for name, more in (("detail", []), ("edit", [1]), ("check", [])):
        address = reverse(f"challenges:application-{name}", args=[draft.pk, *more])
        page = seen_by(draft.started_by, address)
        assert grace not in page
        assert "submitted after the deadline" in page


# -- staff ----------------------------------------------------------------------------------------


def asked_by_a_team():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    return draft, make_time_request(draft), manager


def test_request_waits_on_the_home_of_who_decides_and_of_nobody_else():
    draft, asked, manager = asked_by_a_team()
    address = reverse("admin:challenges_moretimerequest_change", args=[asked.pk])
    home = seen_by(manager, reverse("admin:index"))
    assert address in home
    assert "100 % complete" in home
    assert "2 refused attempts" in home
    for role in (Role.COORDINATOR, Role.CHAIR, Role.REVIEWER, Role.PARTNER, Role.STATISTICS):
        other = make_staff(draft.call.programme, role)
        assert address not in seen_by(other, reverse("admin:index"))


def test_page_of_a_request_shows_the_facts_and_grants_with_one_click():
    draft, asked, manager = asked_by_a_team()
    address = reverse("admin:challenges_moretimerequest_change", args=[asked.pk])
    page = seen_by(manager, address)
    assert asked.reason in page
    assert "Refused when submitting" in page
    assert "1.4 MB of 3.8 MB had come" in words(page).replace("\xa0", " ")
    # The form is filled in already: what it shows is what the button sends.
    form = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1] for name in ("until",)}
    form["reason"] = "They showed us the outage."
    grant = reverse("admin:challenges_moretimerequest_grant", args=[asked.pk])
    response = post(manager, grant, form)
    extension = Extension.objects.get()
    assert response["Location"] == reverse("admin:challenges_extension_change", args=[extension.pk])
    draft.refresh_from_db()
    asked.refresh_from_db()
    assert draft.extended_until == extension.until > clock.database_now() + timedelta(hours=23)
    assert (asked.state, asked.extension) == (RequestState.GRANTED, extension)


def test_one_click_for_all_who_asked_and_not_for_those_who_did_not():
    draft, asked, manager = asked_by_a_team()
    second = make_late_draft(draft.call)
    silent = make_late_draft(draft.call)
    make_time_request(second)
    elsewhere = make_time_request(make_late_draft())
    grant = reverse("admin:challenges_moretimerequest_grant", args=[asked.pk])
    post(manager, grant, {"until": LATER, "reason": "Why.", "everybody": "on"})
    assert set(Extension.objects.get().applications.all()) == {draft, second}
    elsewhere.refresh_from_db()
    assert elsewhere.state == RequestState.ASKED
    silent.refresh_from_db()
    assert silent.extended_until is None


def test_hour_that_comes_twice_is_offered_to_choose_from():
    draft = make_late_draft(
        make_call(closes_at=clock.database_now() - HOUR, time_zone="Europe/Zurich")
    )
    asked = make_time_request(draft)
    manager = make_staff(draft.call.programme, Role.MANAGER)
    grant = reverse("admin:challenges_moretimerequest_grant", args=[asked.pk])
    form = {"until": "2027-10-31T02:30", "reason": "Why."}
    response = post(manager, grant, form)
    assert response.status_code == 422
    page = response.content.decode()
    assert "02:30 CEST (UTC+2)" in page
    assert 'name="until_which"' in page
    post(manager, grant, {**form, "until_which": "2027-10-31T01:30:00+00:00"})
    assert Extension.objects.get().until.isoformat() == "2027-10-31T01:30:00+00:00"


def test_refusing_needs_words():
    _draft, asked, manager = asked_by_a_team()
    refuse = reverse("admin:challenges_moretimerequest_refuse", args=[asked.pk])
    assert post(manager, refuse, {"answer": ""}).status_code == 422
    post(manager, refuse, {"answer": "The jury has begun."})
    asked.refresh_from_db()
    assert (asked.state, asked.answered_by) == (RequestState.REFUSED, manager)
    assert "The jury has begun." in seen_by(
        asked.application.started_by, page_of(asked.application)
    )


def test_second_person_confirms_from_their_own_home():
    draft, _asked, manager = asked_by_a_team()
    approver = make_staff(draft.call.programme, Role.APPROVER)
    extension = give_time(draft, by=manager)
    address = reverse("admin:challenges_extension_change", args=[extension.pk])
    assert address not in seen_by(manager, reverse("admin:index"))
    assert address in seen_by(approver, reverse("admin:index"))
    confirm = reverse("admin:challenges_extension_step", args=[extension.pk, "confirm"])
    assert "You granted it yourself" in seen_by(manager, address)
    post(manager, confirm, {})
    extension.refresh_from_db()
    assert extension.state == ExtensionState.GRANTED
    post(approver, confirm, {})
    extension.refresh_from_db()
    assert extension.state == ExtensionState.CONFIRMED


def test_new_extension_by_references_and_by_country():
    call = make_call(closes_at=clock.database_now() - HOUR)
    kenyan = make_late_draft(call, startup=make_startup(country="KE"))
    swede = make_late_draft(call, startup=make_startup(country="SE"))
    manager = make_staff(call.programme, Role.MANAGER)
    address = reverse("admin:challenges_extension_new", args=[call.pk])
    common = {"until": LATER, "reason": "Why."}
    wrong = post(manager, address, {**common, "whom": "teams", "references": "AAAA-AAAA"})
    assert wrong.status_code == 422
    assert "No application to this call has this reference: AAAAAAAA" in wrong.content.decode()
    said = kenyan.reference.lower().replace("-", "")
    post(manager, address, {**common, "whom": "teams", "references": said})
    assert list(Extension.objects.get().applications.all()) == [kenyan]
    post(manager, address, {**common, "whom": "country", "country": "SE"})
    assert list(Extension.objects.latest("created_at").applications.all()) == [swede]


def test_complete_drafts_are_held_up_at_closing_and_admitted_as_a_group():
    draft = make_late_draft()
    other, left_out = make_late_draft(draft.call), make_late_draft(draft.call)
    make_late_draft(draft.call, completeness=90)
    manager = make_staff(draft.call.programme, Role.MANAGER)
    address = reverse("admin:challenges_extension_admit", args=[draft.call_id])
    home = seen_by(manager, reverse("admin:index"))
    assert address in home
    assert "3 drafts complete, NOT submitted" in home
    page = seen_by(manager, address)
    assert page.count('name="chosen"') == 3
    assert post(manager, address, {"until": LATER, "reason": "Why."}).status_code == 422
    chosen = [str(draft.pk), str(other.pk), str(make_late_draft().pk)]
    post(manager, address, {"until": LATER, "reason": "Power.", "chosen": chosen})
    assert set(Extension.objects.get().applications.all()) == {draft, other}
    left_out.refresh_from_db()
    assert left_out.extended_until is None


def test_mark_stands_on_record_and_ranking_until_a_deadline_for_all_covers_it():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    extension = give_time(draft, by=manager)
    check = reverse("challenges:application-check", args=[draft.pk])
    form = {"key": "6f0d3a5e-1c5b-4a3e-9d0e-000000000001", "accept_terms": "on"}
    post(draft.started_by, check, {**form, "terms_version": draft.call.terms_version})
    Extension.objects.update(confirm_by=clock.database_now())
    lapse_due()
    mark = "submitted under an extension that nobody confirmed"
    record = reverse("admin:challenges_application_change", args=[draft.pk])
    ranking = reverse("admin:challenges_application_ranking", args=[draft.call_id])
    page = reverse("admin:challenges_extension_change", args=[extension.pk])
    for address in (record, ranking, page):
        assert mark in seen_by(manager, address)
    later = clock.database_now() + HOUR
    Call.objects.update(closes_at=later, accepts_until=later)
    for address in (record, ranking, page):
        assert mark not in seen_by(manager, address)


def test_lists_ask_the_same_number_of_questions_for_one_and_for_three(
    django_assert_num_queries, client
):
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    client.force_login(manager)
    lists = {
        reverse("admin:challenges_extension_changelist"): 7,
        reverse("admin:challenges_moretimerequest_changelist"): 7,
    }
    make_time_request(draft)
    give_time(make_late_draft(draft.call), by=manager)
    for address, number in lists.items():
        client.get(address)
        with django_assert_num_queries(number):
            client.get(address)
    for _one in range(2):
        make_time_request(make_late_draft(draft.call))
        give_time(make_late_draft(draft.call), by=manager)
    for address, number in lists.items():
        with django_assert_num_queries(number):
            client.get(address)


# -- everybody else -------------------------------------------------------------------------------

#: What differs from one request to the next for reasons of its own.
PASSING = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"|\b\d+ ms\b')


def all_they_see(people, addresses):
    return {
        (who, address): PASSING.sub("", page) if isinstance(page, str) else page
        for who, user in people.items()
        for address in addresses
        for page in [seen_by(user, address)]
    }


def test_nobody_else_sees_a_byte_of_difference():
    call = make_call(closes_at=clock.database_now() - HOUR)
    draft, rival = make_late_draft(call), make_late_draft(call)
    read = make_application(call, state=ApplicationState.IN_REVIEW)
    programme = call.programme
    juror = make_staff(programme, Role.REVIEWER)
    assignment = given_to(read, juror)
    people = {
        "rival": rival.started_by,
        "submitted": read.started_by,
        "juror": juror,
        "partner": make_staff(programme, Role.PARTNER),
        "statistics": make_staff(programme, Role.STATISTICS),
        "mentor": make_staff(programme, Role.MENTOR),
        "elsewhere": make_staff(make_programme(), Role.MANAGER),
        "stranger": make_user(),
    }
    feeds = {who: calendar.make_feed(user=user) for who, user in people.items()}
    addresses = [
        "/",
        call.get_absolute_url(),
        reverse("challenges:call-list"),
        reverse("challenges:application-list"),
        reverse("challenges:application-detail", args=[rival.pk]),
        reverse("challenges:application-detail", args=[draft.pk]),
        reverse("challenges:more-time", args=[draft.pk]),
        reverse("inbox-list"),
        reverse("programme-detail", args=[programme.slug]),
        reverse("sitemap"),
        reverse("admin:index"),
        reverse("admin:challenges_call_change", args=[call.pk]),
        reverse("admin:challenges_call_history", args=[call.pk]),
        reverse("admin:challenges_extension_changelist"),
        reverse("admin:challenges_moretimerequest_changelist"),
        reverse("admin:challenges_reviewassignment_changelist"),
        reverse("admin:challenges_reviewassignment_review", args=[assignment.pk]),
        reverse("admin:challenges_application_change", args=[draft.pk]),
        reverse("admin:challenges_application_export", args=[call.pk, "csv"]),
        reverse("admin:challenges_application_ranking", args=[call.pk]),
        reverse("startups:startup-detail", args=[draft.startup_id]),
        *(reverse("calendar-feed", args=[token]) for token in feeds.values()),
    ]
    before = all_they_see(people, addresses)
    ask_more_time(application=draft, reason="Power cut.", by=draft.started_by)
    give_time(draft)
    after = all_they_see(people, addresses)
    assert {key for key in before if before[key] != after[key]} == set()
    (theirs,) = (entry for entry in calendar.entries_of(draft.started_by))
    assert theirs.starts_at == Application.objects.get(pk=draft.pk).extended_until


def test_juror_does_not_see_that_it_came_later_than_others():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    extension = give_time(draft, by=manager)
    extension_workflow.perform(
        extension, "confirm", actor=make_staff(draft.call.programme, Role.APPROVER)
    )
    check = reverse("challenges:application-check", args=[draft.pk])
    form = {"key": "6f0d3a5e-1c5b-4a3e-9d0e-000000000002", "accept_terms": "on"}
    post(draft.started_by, check, {**form, "terms_version": draft.call.terms_version})
    Application.objects.filter(pk=draft.pk).update(state=ApplicationState.IN_REVIEW)
    draft.refresh_from_db()
    juror = make_staff(draft.call.programme, Role.REVIEWER)
    assignment = given_to(draft, juror)
    for address in (
        reverse("admin:challenges_reviewassignment_review", args=[assignment.pk]),
        reverse("admin:challenges_reviewassignment_changelist"),
        reverse("admin:index"),
    ):
        page = seen_by(juror, address)
        assert isinstance(page, str)
        assert "extension" not in page.lower()
        assert f"{draft.submitted_at:%H:%M}" not in words(page)


def test_history_tells_the_team_that_and_staff_by_whom():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER, given_name="Haruka")
    give_time(draft, by=manager)
    assert AuditEntry.objects.about(draft).filter(verb="extend", actor=manager).exists()
    record = reverse("admin:challenges_application_change", args=[draft.pk])
    assert "gave this team more time" in words(seen_by(manager, record))
    assert "Haruka" not in seen_by(draft.started_by, page_of(draft))
