"""Making two records one, and parting them again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse
from django.utils import timezone
from pghistory.models import Event

from challenges.actions.application import start_application
from challenges.choices import ApplicationState as State
from challenges.models import Application
from portal.models import AuditEntry, InboxNotice, OutboxMessage
from portal.registry import registry
from portal.workflow import StepRefused
from startups import actions
from startups.choices import MemberRole
from startups.journey import journey_of
from startups.models import JoinRequest, Membership, Merge, Startup
from startups.workflow import invitation_workflow
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_join_request,
    make_startup,
)
from tests.startups.merge.steps import again, merged

pytestmark = pytest.mark.django_db

#: Columns with an organisation's key that no merge moves, each with the reason.
EXCUSED = {
    "portal.auditentry.startup_id": "entries never change; the journey reads merged keys too",
    "startups.merge.kept_id": "the merge itself",
    "startups.merge.gone_id": "the merge itself",
}


def everything_of(*startups: Startup) -> dict[str, Any]:
    """Every row that a merge could touch, as values, and the facts of the records."""
    found: dict[str, Any] = {
        f"{mover.model}.{mover.column}": sorted(
            apps.get_model(mover.model)
            ._base_manager.filter(**{f"{mover.column}__in": [one.pk for one in startups]})
            .values_list("pk", mover.column),
            key=str,
        )
        for mover in registry.movers
    }
    found["roles"] = sorted(
        Membership.objects.filter(startup__in=startups).values_list(
            "pk", "startup_id", "user_id", "role", "created_at"
        ),
        key=str,
    )
    facts = Startup.everything.filter(pk__in=[one.pk for one in startups])
    found["facts"] = sorted(
        (
            {k: v for k, v in row.items() if k not in {"version", "updated_at"}}
            for row in facts.values()
        ),
        key=lambda row: str(row["id"]),
    )
    return found


def columns_of_organisations() -> set[str]:
    """Every column of ours that holds the key of an organisation."""
    found = set()
    for model in apps.get_models():
        if model._meta.app_label not in {
            "portal",
            "events",
            "startups",
            "challenges",
            "procurement",
        }:
            continue
        if issubclass(model, Event):
            continue  # history, field by field: append-only, and found by the record's own key
        for one in model._meta.concrete_fields:
            points = isinstance(one, models.ForeignKey) and one.related_model is Startup
            if points or one.column == "startup_id":
                found.add(f"{model._meta.label_lower}.{one.attname}")
    return found


def test_every_column_with_an_organisations_key_is_claimed():
    claimed = {f"{mover.model}.{mover.column}" for mover in registry.movers}
    assert columns_of_organisations() == claimed | set(EXCUSED)
    assert not claimed & set(EXCUSED)
    assert len(claimed) == len(registry.movers)


def test_everything_moves_and_undo_restores_exactly(client, programme, manager, pair):
    kept, gone = pair
    both = add_member(kept, role=MemberRole.VIEWER)
    add_member(gone, user=both, role=MemberRole.OWNER)
    only_gone = add_member(gone, role=MemberRole.EDITOR)
    application = make_application(make_call(programme), gone, state=State.SUBMITTED)
    invitation = make_invitation(gone)
    make_join_request(gone)
    before = everything_of(kept, gone)

    merge = merged(pair, manager, take=["legal_name"])
    application.refresh_from_db()
    kept, gone = again(kept), again(gone)
    assert gone.merged_into == kept
    assert application.startup == kept
    assert kept.has_member(only_gone, MemberRole.EDITOR)
    assert kept.memberships.get(user=both).role == MemberRole.OWNER
    assert not gone.memberships.exists()
    assert (kept.legal_name, kept.website) == ("Umi Robotics", "https://www.umi.example/en")
    assert kept.city == "Kobe"
    assert kept.invitations.get() == invitation
    assert not Startup.objects.filter(pk=gone.pk).exists()
    assert Startup.objects.visible_to(make_user(is_superuser=True)).filter(pk=gone.pk).count() == 0
    assert InboxNotice.objects.filter(notice="records_merged").count() == 4
    assert {letter.notice for letter in OutboxMessage.objects.all()} == {"records_merged"}

    actions.undo(merge=merge, reason="They are sisters.", by=manager)
    assert everything_of(kept, gone) == before | {
        "portal.inboxnotice.startup_id": everything_of(kept, gone)["portal.inboxnotice.startup_id"],
        "portal.outboxmessage.startup_id": everything_of(kept, gone)[
            "portal.outboxmessage.startup_id"
        ],
    }
    merge.refresh_from_db()
    assert merge.undone_by == manager
    assert InboxNotice.objects.filter(notice="records_parted").count() == 4


def test_journey_reads_what_happened_to_both(manager, pair):
    kept, gone = pair
    owner = gone.owners()[0]
    actions.let_editors_submit(startup=gone, allowed=False, by=owner)
    merged(pair, manager)
    texts = [entry["text"] for entry in journey_of(again(kept), owner)]
    assert texts == [
        "Another record was merged into this one",
        "Only owners may submit applications",
    ]
    entries = AuditEntry.objects.filter(verb__in=["merge-records", "merge-away"])
    assert {entry.startup_id for entry in entries} == {kept.pk, gone.pk}
    assert "Umi" not in str([entry.facts for entry in entries])


def test_old_links_lead_members_and_staff_to_the_record_that_stays(client, manager, pair):
    kept, gone = pair
    owner = gone.owners()[0]
    merged(pair, manager)
    stranger = make_user()
    for name in ("startup-detail", "startup-edit", "member-list"):
        client.force_login(owner)
        response = client.get(reverse(f"startups:{name}", args=[gone.pk]))
        assert response.url == reverse(f"startups:{name}", args=[kept.pk])
        client.force_login(stranger)
        assert client.get(reverse(f"startups:{name}", args=[gone.pk])).status_code == 404
    client.force_login(manager)
    response = client.get(reverse("admin:startups_startup_change", args=[gone.pk]))
    assert response.url == reverse("admin:startups_startup_change", args=[kept.pk])
    client.force_login(make_staff())
    response = client.get(reverse("admin:startups_startup_change", args=[gone.pk]))
    assert response.status_code == 404


def test_nobody_joins_or_applies_for_the_record_that_went(manager, pair, programme):
    kept, gone = pair
    owner = gone.owners()[0]
    person = make_user()
    twice = make_invitation(gone, token="t" * 43, email="same@example.org")
    make_invitation(kept, email="same@example.org")
    merged(pair, manager)
    with pytest.raises(StepRefused, match="merged into another"):
        invitation_workflow.perform(
            twice, "accept", actor=person, data={"token_hash": twice.token_hash}
        )
    with pytest.raises(StepRefused, match="merged"):
        start_application(call=make_call(programme), startup=gone, by=owner)
    with pytest.raises(StepRefused, match="nothing is lost"):
        actions.leave(startup=gone, by=owner)
    assert not JoinRequest.objects.exists()


def test_merging_twice_and_a_chain_of_merges(manager, pair, programme):
    kept, gone = pair
    first = merged(pair, manager)
    with pytest.raises(StepRefused, match="merged already"):
        merged(pair, manager)
    third = make_startup()
    actions.meet(startup=third, programme=programme)
    second = merged((third, again(kept)), manager)
    assert again(gone).merged_into == third
    with pytest.raises(StepRefused, match="Undo that merge first"):
        actions.undo(merge=first, reason="x", by=manager)
    actions.undo(merge=second, reason="x", by=manager)
    assert again(gone).merged_into == kept
    actions.undo(merge=first, reason="x", by=manager)
    assert again(gone).merged_into is None


def test_two_that_count_for_one_call_are_refused_with_what_to_do(manager, pair, programme):
    kept, gone = pair
    call = make_call(programme)
    ours = make_application(call, kept, state=State.SUBMITTED)
    theirs = make_application(call, gone, state=State.IN_REVIEW)
    preview = actions.preview_of(kept=kept, gone=gone)
    assert ours.reference in preview.refusals[0]
    assert theirs.reference in preview.refusals[0]
    assert "withdraw one of the two" in preview.refusals[0]
    with pytest.raises(StepRefused, match="withdraw one of the two"):
        merged(pair, manager)
    assert not Merge.objects.exists()


@pytest.mark.parametrize("state", [State.DRAFT, State.WITHDRAWN])
def test_what_does_not_count_stays_behind(manager, pair, programme, state):
    kept, gone = pair
    call = make_call(programme)
    make_application(call, kept, state=State.SUBMITTED)
    behind = make_application(call, gone, state=state)
    merge = merged(pair, manager)
    behind.refresh_from_db()
    assert behind.startup == gone
    assert not Application.objects.of_applicant(gone.owners()[0] if gone.owners() else manager)
    actions.undo(merge=merge, reason="x", by=manager)
    assert again(gone).applications.get() == behind


def test_the_record_with_what_counts_is_to_stay(manager, pair, programme):
    kept, gone = pair
    call = make_call(programme)
    make_application(call, kept)
    make_application(call, gone, state=State.SUBMITTED)
    with pytest.raises(StepRefused, match="Let the other record stay"):
        merged(pair, manager)
    assert merged((gone, kept), manager).kept == gone


def facts_changed(kept, gone, manager):
    owner = kept.owners()[0]
    facts = {"city": "Osaka"}
    version = again(kept).version
    actions.change_facts(
        startup=kept, facts=facts, founders=[], contacts=[], version=version, by=owner
    )


def member_left(kept, gone, manager):
    held = Membership.objects.filter(startup=kept).exclude(user=kept.owners()[0]).get()
    Membership.objects.filter(pk=held.pk).delete()


def role_changed(kept, gone, manager):
    Membership.objects.filter(startup=kept).update(role=MemberRole.EDITOR)


def application_went_on(kept, gone, manager):
    from portal import audit  # noqa: PLC0415 -- only here

    audit.record(Application.objects.get(), "amend", actor=None)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (facts_changed, "facts were changed"),
        (member_left, "members"),
        (role_changed, "role of a member"),
        (application_went_on, "went on since"),
    ],
)
def test_undo_is_refused_once_somebody_built_on_it(manager, pair, programme, build, words):
    kept, gone = pair
    if build is role_changed:
        Membership.objects.filter(startup=kept).update(role=MemberRole.VIEWER)
        add_member(gone, user=kept.memberships.get().user, role=MemberRole.OWNER)
    make_application(make_call(programme), gone, state=State.SUBMITTED)
    merge = merged(pair, manager)
    build(kept, gone, manager)
    before = everything_of(kept, gone)
    with pytest.raises(StepRefused, match=words):
        actions.undo(merge=merge, reason="x", by=manager)
    assert everything_of(kept, gone) == before


def test_undo_has_its_days(manager, pair, settings):
    settings.MERGE_UNDO_DAYS = 5
    merge = merged(pair, manager)
    assert timedelta(days=4) < merge.undo_until - timezone.now() < timedelta(days=6)
    Merge.objects.update(undo_until=timezone.now() - timedelta(minutes=1))
    with pytest.raises(StepRefused, match="days in which"):
        actions.undo(merge=merge, reason="x", by=manager)


def test_undo_once_and_with_a_reason(manager, pair):
    merge = merged(pair, manager)
    with pytest.raises(StepRefused, match="Say why"):
        actions.undo(merge=merge, reason=" ", by=manager)
    actions.undo(merge=merge, reason="x", by=manager)
    with pytest.raises(StepRefused, match="undone already"):
        actions.undo(merge=merge, reason="x", by=manager)
