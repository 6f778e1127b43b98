"""Who may read what of a history: nobody finds a name that is hidden from them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from challenges.choices import ApplicationState, Outcome
from challenges.models import Review, ReviewAssignment, Score
from portal import audit
from portal.choices import Role
from portal.staff.history import history_of, page_of
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db


def test_juror_is_named_to_who_leads_reviews(reviewed):
    told = str(history_of(reviewed["assignment"], reviewed["manager"]))
    assert "Juror Quiet declared a conflict of interest" in told
    assert "gave the review to Juror Quiet" in told
    assert "My cousin" in told


def test_juror_is_not_named_to_the_compliance_officer(client, reviewed):
    officer = make_staff(reviewed["programme"], Role.COMPLIANCE)
    told = str(history_of(reviewed["assignment"], officer))
    assert "A juror declared a conflict of interest" in told
    assert "Quiet" not in told
    assert "My cousin" not in told
    client.force_login(officer)
    trail = reverse("admin:portal_auditentry_changelist")
    page = client.get(trail).content.decode()
    assert "A juror declared a conflict of interest" in page
    assert "Quiet" not in page
    assert "My cousin" not in page


@pytest.mark.parametrize("words", ["email", "cousin"])
def test_hidden_name_cannot_be_found_by_searching(client, reviewed, words):
    """What no page shows, no search may answer with yes or no."""
    trail = reverse("admin:portal_auditentry_changelist")
    term = reviewed["juror"].email if words == "email" else words
    client.force_login(make_staff(reviewed["programme"], Role.COMPLIANCE))
    assert not client.get(trail, {"q": term}).context["cl"].result_count
    client.force_login(reviewed["manager"])
    assert client.get(trail, {"q": term}).context["cl"].result_count == 1


def test_hidden_name_cannot_be_found_by_narrowing(reviewed):
    officer = make_staff(reviewed["programme"], Role.COMPLIANCE)
    juror = str(reviewed["juror"].pk)
    page = page_of(reviewed["assignment"], officer, number="", person=juror, kind="")
    assert reviewed["juror"] not in page.people
    assert page.person == ""
    whole = page_of(reviewed["assignment"], reviewed["manager"], number="", person=juror, kind="")
    assert len([line for line in whole.lines if line["reason"]]) == 1


def test_prepared_decision_is_told_to_those_who_decide():
    programme = make_programme()
    application = make_application(make_call(programme), state=ApplicationState.IN_REVIEW)
    manager, partner = make_staff(programme), make_staff(programme, Role.PARTNER)
    facts = {"application": str(application.pk), "outcome": Outcome.SELECTED.value}
    audit.record(application.call, "prepare-decision", actor=manager, facts=facts)
    assert application.reference in str(history_of(application.call, manager))
    assert "Selected" in str(history_of(application.call, manager))
    told = str(history_of(application.call, partner))
    assert "Somebody worked on the decisions" in told
    assert application.reference not in told
    assert manager.shown_name not in told


def test_scores_of_others_are_not_told_before_ones_own_are_in(reviewed):
    assignment, manager = reviewed["assignment"], reviewed["manager"]
    review = Review.objects.create(assignment=assignment)
    criterion = assignment.application.call.criteria.first()
    Score.objects.create(review=review, criterion=criterion, value=2)
    Score.objects.update(value=4)
    whole = page_of(assignment, manager, number="", person="", kind="")
    assert "level" in str(whole.lines)
    ReviewAssignment.objects.create(
        application=assignment.application, reviewer=manager, assigned_by=manager
    )
    blind = page_of(assignment, manager, number="", person="", kind="")
    assert "level" not in str(blind.lines)
