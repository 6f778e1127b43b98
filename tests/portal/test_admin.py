"""The kernel's admin: no lookup beyond the page, no role lost, proof that can be read."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from portal import actions, audit, clock
from portal.choices import OutboxState, Role
from portal.models import AuditEntry, OutboxMessage, ProgrammeStaff, StaffInvitation
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db

DEEP = (
    "programme__staff__user__password__startswith",
    "call__programme__staff__user__password__startswith",
    "responsible__password__startswith",
    "state__startswith",
    "actor__password__startswith",
    "applications__answers__value__icontains",
    "role__regex",
    "recipient__password__startswith",
)


@pytest.mark.parametrize("role", Role)
def test_no_list_answers_what_its_page_does_not_show(client, role):
    client.force_login(make_staff(make_programme(), role))
    for model in admin.site._registry:
        meta = model._meta
        page = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        for lookup in DEEP:
            response = client.get(page, {lookup: "a"})
            assert response.status_code in {302, 400, 403, 404}, f"{page}?{lookup}"
            if response.status_code == 302:
                assert response["Location"].endswith("?e=1"), f"{page}?{lookup}"


def test_filters_of_the_page_still_work(client):
    programme = make_programme()
    call = make_call(programme)
    client.force_login(make_staff(programme))
    page = reverse("admin:challenges_call_changelist")
    for query in ({"state__exact": "published"}, {"programme__id__exact": str(programme.pk)}):
        assert call.title in client.get(page, query).content.decode()


def test_filter_offers_own_programmes_only(client):
    make_programme(name="Elsewhere")
    client.force_login(make_staff(make_programme(name="Here"), Role.MANAGER))
    page = client.get(reverse("admin:challenges_call_changelist")).content.decode()
    assert "Elsewhere" not in page


def test_selection_of_no_key_is_no_error(client):
    client.force_login(make_staff())
    page = reverse("admin:portal_programmestaff_changelist")
    data = {"action": "end_roles", "_selected_action": ["not-a-key"]}
    assert client.post(page, data).status_code in {200, 302}


def test_last_manager_stays():
    programme = make_programme()
    manager = make_staff(programme)
    with pytest.raises(StepRefused, match="needs a manager"):
        actions.end_role(held=manager.staff_roles.get(), by=manager)
    other = make_staff(programme)
    actions.end_role(held=manager.staff_roles.get(), by=other)
    assert ProgrammeStaff.objects.active().filter(programme=programme).count() == 1


def test_second_invitation_is_refused_beside_the_field(client):
    programme = make_programme()
    client.force_login(make_staff(programme))
    page = reverse("admin:portal_staffinvitation_add")
    data = {"programme": programme.pk, "email": "a@example.org", "role": "reviewer"}
    assert client.post(page, data).status_code == 302
    again = client.post(page, data)
    assert "invited already" in again.content.decode()
    assert StaffInvitation.objects.count() == 1
    assert AuditEntry.objects.filter(subject_type="portal.staffinvitation").count() == 1


def test_letter_that_was_sent_is_not_sent_again():
    programme = make_programme()
    message = OutboxMessage.objects.create(
        dedup_key="k", lane=2, notice="n", to_address="a@example.org", subject="s", text="t",
        html="", programme_id=programme.pk, state=OutboxState.SENT, sent_at=clock.database_now(),
    )  # fmt: skip
    with pytest.raises(StepRefused, match="sent already"):
        actions.resend_letter(message=message, by=make_staff(programme))


def test_trail_names_the_record_and_leads_to_it(client):
    programme = make_programme()
    call = make_call(programme, title="Quiet harbours")
    application = make_application(call)
    officer = make_staff(programme, Role.COMPLIANCE)
    audit.record(call, "export", actor=officer)
    audit.record(application, "handle", actor=officer)
    client.force_login(officer)
    page = client.get(reverse("admin:portal_auditentry_changelist")).content.decode()
    assert "Quiet harbours" in page
    assert application.reference in page
    assert officer.shown_name in page
    found = client.get(reverse("admin:portal_auditentry_changelist"), {"q": "export"})
    assert "Quiet harbours" in found.content.decode()
    assert application.reference not in found.content.decode()


@pytest.mark.parametrize("entries", [1, 3])
def test_trail_is_read_in_few_queries(client, django_assert_max_num_queries, entries):
    programme = make_programme()
    for _ in range(entries):
        application = make_application(make_call(programme))
        audit.record(application, "handle", actor=None)
        juror = make_staff(programme, Role.REVIEWER)
        assignment = application.assignments.create(reviewer=juror, assigned_by=juror)
        audit.record(assignment, "assign", actor=juror)
    client.force_login(make_staff(programme, Role.COMPLIANCE))
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:portal_auditentry_changelist"))


def test_saving_a_programme_untouched_writes_no_entry(client):
    programme = make_programme(description="One\n\nTwo")
    manager = make_staff(programme)
    client.force_login(manager)
    page = reverse("admin:portal_programme_change", args=[programme.pk])
    form = client.get(page).context["adminform"].form
    data = {
        name: (value if value is not None else "")
        for name in form.fields
        if (value := form[name].value()) is not False
    }
    data["description"] = "One\r\n\r\nTwo"
    for prefix in ("locations", "partnerships", "figures"):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    assert client.post(page, data).status_code == 302
    assert [entry.facts for entry in AuditEntry.objects.about(programme)] == []


def test_edge_of_the_calendar_is_no_error():
    from datetime import UTC, datetime  # noqa: PLC0415

    edge = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert "9999" in clock.in_both_zones(edge, "Asia/Tokyo", "Pacific/Kiritimati")


def test_letter_shows_whom_to_call_instead(client):
    programme = make_programme()
    application = make_application(make_call(programme))
    message = OutboxMessage.objects.create(
        dedup_key="k", lane=2, notice="n", to_address="a@example.org", subject="s", text="t",
        html="", programme_id=programme.pk, startup_id=application.startup_id, state="failed",
    )  # fmt: skip
    client.force_login(make_staff(programme))
    page = client.get(reverse("admin:portal_outboxmessage_change", args=[message.pk]))
    assert "+254 700 000 001" in page.content.decode()
