"""The page of an application as its team sees it: to read, not to act, and logged."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from challenges.actions.message import write_message
from challenges.choices import ApplicationState as State
from challenges.models import Answer, Application, Message, MessageReading
from portal.choices import Role
from portal.models import AuditEntry, InboxNotice
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db


def looked(application):
    return reverse("admin:challenges_application_as_applicant", args=[application.pk])


def words(page: str) -> str:
    """The text of the page's main part, without its tags."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def test_staff_read_the_teams_own_words_under_a_bar_that_says_so(client, programme):
    application = make_application(make_call(programme), state=State.IN_REVIEW)
    manager = make_staff(programme, Role.MANAGER)
    owner = application.startup.owners()[0]
    write_message(application=application, text="Which port?", by=manager)
    InboxNotice.objects.create(
        recipient=owner,
        event_key="x:1",
        notice="application_received",
        subject="Received: your application",
        body="x",
        subject_type="challenges.application",
        subject_id=application.pk,
    )
    client.force_login(manager)
    page = client.get(looked(application)).content.decode()
    assert "As the applicant sees it" in page
    assert owner.shown_name in page
    assert "Received: your application" in page
    assert "Which port?" in page
    assert Message.objects.count() == 1
    assert not MessageReading.objects.filter(user=owner).exists()

    client.force_login(owner)
    own = client.get(application.get_absolute_url()).content.decode()
    assert "As the applicant sees it" not in own
    for phrase in ("In review", "What happened", "Received: your application", "Which port?"):
        assert phrase in words(own)
        assert phrase in words(page)


def test_nothing_can_be_done_from_it(client, programme):
    application = make_application(make_call(programme))
    client.force_login(make_staff(programme, Role.MANAGER))
    page = client.get(looked(application)).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert "<form" not in main
    assert "/edit/" not in main
    assert "<button" not in main
    assert client.post(looked(application)).status_code == 405


def test_looking_is_an_entry_in_the_trail(client, programme):
    application = make_application(make_call(programme))
    people = {make_staff(programme, Role.MANAGER), make_staff(programme, Role.CHAIR)}
    entries = AuditEntry.objects.filter(verb="look-as-applicant", subject_id=application.pk)
    for person in people:
        client.force_login(person)
        client.get(looked(application))
    assert {entry.actor for entry in entries} == people


def test_answers_of_a_draft_stay_the_teams(client, programme):
    application = make_application(make_call(programme))
    Answer.objects.create(
        application=application,
        question=application.call.questions.first(),
        value="A secret recipe",
        edited_by=application.startup.owners()[0],
    )
    client.force_login(make_staff(programme, Role.MANAGER))
    assert "secret recipe" not in client.get(looked(application)).content.decode()
    for name in ("application-print", "application-copy", "application-check"):
        address = reverse(f"challenges:{name}", args=[application.pk])
        assert client.get(address).status_code == 404


def test_a_prepared_decision_stays_unseen(client, programme):
    from challenges.actions.decision import prepare  # noqa: PLC0415
    from challenges.choices import Outcome  # noqa: PLC0415

    application = make_application(make_call(programme), state=State.IN_REVIEW)
    manager = make_staff(programme, Role.MANAGER)
    prepare(application=application, outcome=Outcome.SELECTED, reason="Shining.", by=manager)
    client.force_login(manager)
    page = client.get(looked(application)).content.decode()
    assert "Shining." not in page
    assert "In review" in words(page)


@pytest.mark.parametrize("role", Role)
def test_who_may_look(client, programme, role):
    application = make_application(make_call(programme), state=State.SUBMITTED)
    client.force_login(make_staff(programme, role))
    reads = {Role.MANAGER, Role.COORDINATOR, Role.CHAIR, Role.APPROVER, Role.COMPLIANCE}
    assert client.get(looked(application)).status_code == (200 if role in reads else 404)
    assert AuditEntry.objects.filter(verb="look-as-applicant").exists() == (role in reads)


def test_not_into_ones_own_team_nor_another_programme(client, programme):
    application = make_application(make_call(programme), state=State.SUBMITTED)
    insider = make_staff(programme, Role.MANAGER)
    add_member(application.startup, insider)
    for person in (insider, make_staff()):
        client.force_login(person)
        assert client.get(looked(application)).status_code == 404
    assert not AuditEntry.objects.filter(verb="look-as-applicant").exists()


def test_dates_are_those_of_the_teams_zone(client, programme):
    application = make_application(make_call(programme), state=State.SUBMITTED)
    owner = application.startup.owners()[0]
    owner.time_zone = "Pacific/Auckland"
    owner.save(update_fields=["time_zone"])
    client.force_login(make_staff(programme, Role.MANAGER, time_zone="Europe/Lisbon"))
    page = client.get(looked(application)).content.decode()
    assert "Pacific/Auckland" in page
    assert Application.objects.get().state == State.SUBMITTED
