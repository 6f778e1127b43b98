"""Calls in the admin: written, published with everything at once, changed and kept complete."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.actions.call import make_preview
from challenges.answers import CURRENCIES
from challenges.choices import ApplicationState, CallState, Fact
from challenges.models import Call
from challenges.workflow.call import call_workflow
from portal.choices import Role
from portal.models import AuditEntry, Programme, ProgrammeStaff, User
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db
ADD = "admin:challenges_call_add"
HOUR = "%Y-%m-%dT%H:%M"


@pytest.fixture
def programme() -> Programme:
    return make_programme(time_zone="Africa/Nairobi")


def change(call: Call) -> str:
    return reverse("admin:challenges_call_change", args=[call.pk])


def draft_of(programme: Programme, **fields: Any) -> Call:
    return make_call(programme, **({"state": CallState.DRAFT, "published_at": None} | fields))


def also_run(programme: Programme, person: User) -> None:
    ProgrammeStaff.objects.create(programme=programme, user=person, role=Role.MANAGER)


def typed(page: Any) -> dict[str, Any]:
    """What a browser sends back from the page as it stands."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                value = "on" if value else None
            if isinstance(value, list) and bound.name != "not_applicable":
                value = ("\n" if bound.name in {"options", "levels"} else ",").join(value)
            if hasattr(value, "strftime"):
                value = value.strftime(HOUR if hasattr(value, "hour") else "%Y-%m-%d")
            if value is not None:
                data[bound.html_name] = value
    return data


def save(client: Any, address: str, **changes: Any) -> Any:
    data = typed(client.get(address)) | changes
    return client.post(address, {name: value for name, value in data.items() if value is not None})


def errors(page: Any) -> str:
    """Every sentence beside a field."""
    assert page.status_code == 200, "it was saved"
    found = str(page.context["adminform"].form.errors)
    for inline in page.context["inline_admin_formsets"]:
        found += f"{inline.formset.errors} {inline.formset.non_form_errors()}"
    return found


# -- published and changed ------------------------------------------------------------------------


@pytest.mark.parametrize("state", [CallState.PUBLISHED, CallState.CANCELLED, CallState.ARCHIVED])
@pytest.mark.parametrize("applied", [None, ApplicationState.DRAFT, ApplicationState.SUBMITTED])
def test_a_call_is_saved_after_publishing(client, programme, manager, state, applied):
    call = make_call(programme)
    if applied:
        make_application(call, state=applied)
    Call.objects.filter(pk=call.pk).update(state=state)
    client.force_login(manager)
    response = save(client, change(call), title="Another title", closes_at="2030-01-01T00:00")
    assert response.status_code == 302
    changed = Call.objects.get(pk=call.pk)
    assert changed.title == "Another title"
    assert changed.closes_at == call.closes_at
    assert AuditEntry.objects.about(call).get(verb="change").facts["fields"] == ["Title"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("terms", "", "The terms or their version are empty."),
        ("terms_version", "", "The terms or their version are empty."),
        ("not_applicable", [Fact.GIVES.value], "These facts are empty"),
        ("criteria-0-weight", "59", "add to 99"),
        ("criteria-0-DELETE", "on", "add to 40"),
    ],
)
def test_a_published_call_stays_complete(client, programme, manager, field, value, sentence):
    call = make_call(programme)
    client.force_login(manager)
    page = save(client, change(call), title="Typed and kept", **{field: value})
    assert sentence in errors(page)
    assert sentence in page.content.decode()
    assert "Typed and kept" in page.content.decode()
    assert Call.objects.get(pk=call.pk).title == call.title
    draft = draft_of(programme)
    assert save(client, change(draft), **{field: value}).status_code == 302


def test_facts_stay_given_after_somebody_applied(client, programme, manager):
    call = make_call(programme)
    make_application(call)
    client.force_login(manager)
    page = save(client, change(call), not_applicable=[])
    assert "These facts are empty" in errors(page)


def test_publishing_names_everything_at_once(programme, manager):
    past = timezone.now() - timedelta(hours=1)
    call = draft_of(programme, bare=True, terms="", not_applicable=[], closes_at=past)
    with pytest.raises(StepRefused) as refused:
        call_workflow.perform(call, "publish", actor=manager)
    for sentence in (
        "These facts are empty",
        "There is no question yet.",
        "There are no evaluation criteria yet.",
        "The terms or their version are empty.",
        "The deadline has passed already.",
    ):
        assert sentence in str(refused.value)


def test_publishing_says_what_happened(client, programme, manager):
    call = draft_of(programme)
    client.force_login(manager)
    step = reverse("admin:challenges_call_step", args=[call.pk, "publish"])
    page = client.post(step, follow=True).content.decode()
    assert "The call is published." in page
    assert "Done:" not in page


# -- time -----------------------------------------------------------------------------------------


def fresh(**more: Any) -> dict[str, Any]:
    """A new call as somebody types it."""
    soon = timezone.now()
    return {
        "kind": "challenge",
        "title": "A new call",
        "slug": "a-new-call",
        "summary": "One sentence.",
        "description": "More.",
        "places": "3",
        "opens_at": (soon + timedelta(days=3)).strftime(HOUR),
        "closes_at": (soon + timedelta(days=30)).strftime("%Y-%m-%dT12:00"),
        "reviewers_wanted": "2",
    } | more


def test_a_new_call_begins_in_the_zone_of_the_only_programme(client, programme, manager):
    client.force_login(manager)
    form = client.get(reverse(ADD)).context["adminform"].form
    assert (form["programme"].value(), form["time_zone"].value()) == (
        programme.pk,
        "Africa/Nairobi",
    )


def test_with_two_programmes_the_zone_is_that_of_the_chosen_one(client, programme, manager):
    also_run(make_programme(), manager)
    client.force_login(manager)
    page = client.get(reverse(ADD))
    field = page.context["adminform"].form["time_zone"]
    assert not field.value()
    assert next(iter(field.field.choices)) == ("", "Choose …")
    assert save(client, reverse(ADD), **fresh(time_zone="")).status_code == 200
    made = save(client, reverse(ADD), **fresh(programme=str(programme.pk), time_zone=""))
    assert made.status_code == 302
    call = Call.objects.get(slug="a-new-call")
    assert call.time_zone == "Africa/Nairobi"
    assert call.closes_at.astimezone(call.zone).hour == 12


def test_another_zone_means_the_same_hours_there(client, programme, manager):
    minute = timezone.now().replace(second=0, microsecond=0)
    opens, closes = minute + timedelta(days=3), minute + timedelta(days=30)
    call = draft_of(programme, opens_at=opens, closes_at=closes)
    client.force_login(manager)
    before = call.closes_at.astimezone(call.zone).strftime(HOUR)
    assert save(client, change(call), time_zone="Europe/Oslo").status_code == 302
    call = Call.objects.get(pk=call.pk)
    assert call.time_zone == "Europe/Oslo"
    assert call.closes_at.astimezone(call.zone).strftime(HOUR) == before


@pytest.mark.parametrize("year", ["9999", "2126", "1999", "0001"])
@pytest.mark.parametrize(
    "name", ["opens_at", "closes_at", "accepts_until", "questions_until", "results_on"]
)
def test_a_slip_in_the_year_is_sent_back(client, manager, year, name):
    client.force_login(manager)
    value = f"{year}-03-01" + ("" if name == "results_on" else "T12:00")
    page = save(client, reverse(ADD), **fresh(**{name: value}))
    assert "more than ten years away" in errors(page)
    assert value in page.content.decode()


def test_a_slip_in_the_year_moves_no_deadline(client, programme, manager):
    call = make_call(programme)
    client.force_login(manager)
    address = reverse("admin:challenges_call_move_deadline", args=[call.pk])
    for data in (
        {"closes_at": "9999-12-31T23:59"},
        {"closes_at": "2027-01-01T12:00", "accepts_until": "9999-12-31T23:59"},
    ):
        page = client.post(address, data | {"reason": "x"})
        assert page.status_code == 200
        assert "more than ten years away" in page.content.decode()
    assert Call.objects.get(pk=call.pk).closes_at == call.closes_at


def test_old_days_that_stand_do_not_stop_a_change(client, programme, manager):
    call = make_call(programme, results_on="2005-01-01")
    client.force_login(manager)
    assert save(client, change(call), title="Another").status_code == 302


# -- money ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "sentence"),
    [
        ("-5", "USD", "not below nought"),
        ("100", "ZZZ", "is no currency"),
        ("100", "U1", "is no currency"),
        ("100", "", "in which currency"),
        ("100", "usd", None),
        ("", "", None),
    ],
)
def test_money(client, manager, amount, currency, sentence):
    client.force_login(manager)
    response = save(client, reverse(ADD), **fresh(amount=amount, currency=currency))
    if sentence:
        assert sentence in errors(response)
    else:
        assert response.status_code == 302
        assert Call.objects.get(slug="a-new-call").currency == currency.upper()


def test_currencies_are_codes():
    assert {len(code) for code in CURRENCIES} == {3}
    assert {"USD", "EUR", "JPY", "NOK", "KES", "XOF"} <= set(CURRENCIES)


# -- who reads what is not published ---------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.PARTNER, Role.STATISTICS])
def test_partners_read_a_call_once_it_is_published(client, programme, role):
    draft, public = draft_of(programme, title="Not yet"), make_call(programme, title="Public one")
    client.force_login(make_staff(programme, role))
    page = client.get(reverse("admin:challenges_call_changelist")).content.decode()
    assert public.title in page
    assert draft.title not in page
    assert client.get(change(draft)).status_code == 404
    shown = client.get(change(public))
    assert shown.status_code == 200
    assert "The form as applicants see it" in shown.content.decode()
    form = client.get(reverse("admin:challenges_call_form_look", args=[public.pk, 1]))
    assert "Theme" in form.content.decode()


def test_the_list_of_calls_offers_ones_own_programmes(client, programme, manager):
    other = make_programme(name="Somebody else’s programme")
    also_run(make_programme(name="My second programme"), manager)
    client.force_login(manager)
    page = client.get(reverse("admin:challenges_call_changelist")).content.decode()
    assert "My second programme" in page
    assert other.name not in page


def test_a_preview_link_leads_to_the_public_page_once_there_is_one(client, programme, manager):
    call = draft_of(programme)
    _preview, token = make_preview(call=call, by=manager)
    address = reverse("challenges:call-preview", args=[call.slug, token])
    assert client.get(address).status_code == 200
    call_workflow.perform(call, "publish", actor=manager)
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"] == call.get_absolute_url()
