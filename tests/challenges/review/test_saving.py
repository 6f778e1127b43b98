"""A review while it is written: two windows, old windows, others' windows."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from challenges.actions.review import StaleReview, save_review
from challenges.choices import AssignmentState as State
from challenges.models import Review, ScoreEvent
from portal.choices import Role
from portal.models import User
from portal.workflow import StepRefused
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.reviews import closed_call, fill, given_to, in_review

pytestmark = pytest.mark.django_db


def test_review_is_saved_in_few_statements_and_only_what_changed_is_touched(
    application, juror, django_assert_max_num_queries
):
    assignment = given_to(application, juror, State.READING)
    first, second = application.call.criteria.all()

    def save(one: int | None, other: int | None, version: int) -> dict[Any, int]:
        review = save_review(
            assignment=assignment,
            scores={first: one, second: other},
            comment="",
            feedback="",
            version=version,
            by=juror,
        )
        return dict(review.scores.values_list("criterion", "value"))

    # Roles, lock, application, review, levels before; levels and sheet written: one each.
    with django_assert_max_num_queries(10):
        assert save(2, 3, 1) == {first.pk: 2, second.pk: 3}
    events = ScoreEvent.objects.count()
    assert save(2, 4, 2) == {first.pk: 2, second.pk: 4}
    assert ScoreEvent.objects.count() == events + 1
    assert save(None, 4, 3) == {second.pk: 4}
    assert save(1, None, 4) == {first.pk: 1}


def test_second_window_overwrites_nothing_and_shows_both_texts(application, juror):
    assignment = given_to(application, juror, State.READING)
    first, *_rest = application.call.criteria.all()
    fill(assignment, juror, comment="First window", version=1)
    with pytest.raises(StaleReview) as caught:
        fill(assignment, juror, level=1, comment="Second window", version=1)
    assert caught.value.review.comment == "First window"
    assert caught.value.scores[first.pk] == 3
    stored = Review.objects.get(assignment=assignment)
    assert (stored.comment, stored.version) == ("First window", 2)


def test_same_text_saved_again_is_no_conflict(application, juror):
    assignment = given_to(application, juror, State.READING)
    once = fill(assignment, juror, version=1)
    again = fill(assignment, juror, version=1)
    assert once.version == again.version == 2


@pytest.mark.django_db(transaction=True)
def test_two_windows_saving_at_once_lose_no_text():
    programme = make_programme()
    juror = make_staff(programme, Role.REVIEWER)
    assignment = given_to(in_review(closed_call(programme)), juror, State.READING)
    barrier = threading.Barrier(2)
    results: list[str] = []

    def save(text: str) -> None:
        try:
            barrier.wait(60)
            fill(assignment, User.objects.get(pk=juror.pk), comment=text, version=1)
            results.append(text)
        except StaleReview as stale:
            results.append(f"stale: {stale.review.comment}")
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(text,)) for text in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    stored = Review.objects.get(assignment=assignment).comment
    assert sorted(results) == sorted([stored, f"stale: {stored}"])


def test_nobody_saves_anothers_review(programme, application, juror, manager):
    assignment = given_to(application, juror, State.READING)
    for other in (manager, make_staff(programme, Role.REVIEWER), make_user()):
        with pytest.raises(StepRefused) as caught:
            fill(assignment, other)
        assert caught.value.permission


def test_submitted_review_is_not_changed_by_an_old_window(application, juror):
    assignment = given_to(application, juror, State.DONE)
    with pytest.raises(StepRefused, match="Open it again"):
        fill(assignment, juror, level=1)
