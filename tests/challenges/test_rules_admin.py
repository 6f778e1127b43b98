"""Who may apply, as staff write it: codes from lists, changes after publishing shown, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from challenges.actions.eligibility import count_check, judged
from challenges.choices import RuleKind
from challenges.forms.eligibility import RuleForm
from challenges.models import EligibilityRule
from portal.choices import Role
from portal.models import AuditEntry
from tests.challenges.test_call_admin import errors, typed
from tests.factories.challenges import make_call
from tests.factories.eligibility import make_alert, make_rule
from tests.factories.portal import make_programme, make_staff

if TYPE_CHECKING:
    from django.test import Client

    from challenges.models import Call

pytestmark = pytest.mark.django_db


def written(kind: str, **fields: Any) -> RuleForm:
    """The form as it comes from the page."""
    return RuleForm(
        {"order": "1", "kind": kind, "text": "A rule.", "otherwise": "not_eligible", **fields}
    )


@pytest.mark.parametrize(
    ("kind", "fields", "values"),
    [
        ("country", {"countries": ["programme", "JP"]}, ["programme", "JP"]),
        ("stage", {"stages": ["pilot", "revenue"]}, ["pilot", "revenue"]),
        ("funding", {"fundings": ["none"]}, ["none"]),
        ("kind", {"kinds": ["startup", "team"], "countries": ["JP"]}, ["startup", "team"]),
        ("statement", {"kinds": ["startup"], "minimum": "3"}, []),
        ("age", {"maximum": "5", "countries": ["JP"]}, []),
    ],
)
def test_list_of_its_kind_counts(kind: str, fields: dict[str, Any], values: list[str]) -> None:
    form = written(kind, **fields)
    assert form.is_valid(), form.errors
    assert form.instance.values == values
    assert form.instance.maximum == (5 if kind == "age" else None)
    assert form.instance.minimum is None


@pytest.mark.parametrize(
    ("kind", "fields", "beside"),
    [
        ("country", {}, "countries"),
        ("country", {"countries": ["Atlantis"]}, "countries"),
        ("stage", {"kinds": ["team"]}, "stages"),
        ("age", {}, "maximum"),
        ("age", {"minimum": "6", "maximum": "5"}, "maximum"),
        ("age", {"maximum": "-1"}, "maximum"),
    ],
)
def test_rule_that_says_nothing_is_said_beside_the_field(
    kind: str, fields: dict[str, Any], beside: str
) -> None:
    assert set(written(kind, **fields).errors) == {beside}


@pytest.fixture
def call() -> Call:
    """Published, with one rule."""
    made = make_call(make_programme())
    make_rule(made, text="Registered in Kenya or Japan.")
    return made


def rules_of(client: Client, call: Call, **changes: str) -> dict[str, Any]:
    """What the browser sends of the page as it stands, with other words in the rules."""
    page = client.get(reverse("admin:challenges_call_change", args=[call.pk]))
    sent = typed(page) | {"rules-0-countries": ["KE", "JP"]} | changes
    return {name: value for name, value in sent.items() if value != ""}


def test_change_after_publishing_is_written_down_and_shown(client: Client, call: Call) -> None:
    manager = make_staff(call.programme, Role.MANAGER)
    client.force_login(manager)
    address = reverse("admin:challenges_call_change", args=[call.pk])
    check = reverse("challenges:call-check", args=[call.slug])
    assert "last changed" not in client.get(check).content.decode()
    # Saved as it stands: no rule changed.
    client.post(address, rules_of(client, call))
    assert not AuditEntry.objects.filter(verb="change-rules").exists()
    changed = rules_of(client, call, **{"rules-0-text": "Registered in Kenya, Ghana or Japan."})
    response = client.post(address, changed)
    assert response.status_code == 302, errors(response)
    assert call.rules.get().text == "Registered in Kenya, Ghana or Japan."
    assert call.rules.get().values == ["KE", "JP"]
    entry = AuditEntry.objects.get(verb="change-rules")
    assert (entry.actor, entry.subject_id, entry.facts) == (manager, call.pk, {"count": 1})
    page = client.get(check).content.decode()
    assert "The rules were last changed on" in page


def test_figures_are_counts_by_rule(client: Client, call: Call) -> None:
    make_rule(call, RuleKind.STATEMENT, text="Tried in the field.")
    make_alert(call)
    make_alert(call, confirmed=False)
    statement = call.rules.get(kind=RuleKind.STATEMENT).pk
    for country, said in (("SE", "no"), ("SE", "yes"), ("KE", "yes"), ("KE", "unsure")):
        judgement = judged(call, {"country": country}, {statement: said})
        count_check(call=call, judgement=judgement)
    # The figures keep the words that people read.
    EligibilityRule.objects.filter(pk=statement).update(text="Tried in three fields.")
    client.force_login(make_staff(call.programme, Role.MANAGER))
    page = client.get(reverse("admin:challenges_call_checks", args=[call.pk]))
    assert page.context["total"] == 4
    assert [count for _label, count in page.context["outcomes"]] == [1, 1, 2]
    assert dict(page.context["by_rule"]) == {
        "Registered in Kenya or Japan.": 2,
        "Tried in the field.": 1,
        "Tried in three fields.": 0,
    }
    assert page.context["waiting"] == 1
    assert "4 times" in page.content.decode()


def test_manager_names_the_countries_of_the_programme(client: Client) -> None:
    programme = make_programme()
    client.force_login(make_staff(programme, Role.MANAGER))
    address = reverse("admin:portal_programme_change", args=[programme.pk])
    sent = {name: value for name, value in typed(client.get(address)).items() if value != ""}
    response = client.post(address, sent | {"programme_countries": ["KE", "GH"]})
    assert response.status_code == 302, errors(response)
    programme.refresh_from_db()
    assert set(programme.programme_countries) == {"KE", "GH"}


def test_figures_are_for_who_reads_applications(client: Client, call: Call) -> None:
    address = reverse("admin:challenges_call_checks", args=[call.pk])
    client.force_login(make_staff(call.programme, Role.PARTNER))
    assert client.get(address).status_code == 404
    client.force_login(make_staff(make_programme(), Role.MANAGER))
    assert client.get(address).status_code == 404


# -- in the other languages of the call -----------------------------------------------------------


def test_rule_is_translated_where_it_is_written_and_that_is_no_change_of_it(
    client: Client, call: Call
) -> None:
    call.languages = ["en", "ja", "fr"]
    call.save(update_fields=["languages"])
    client.force_login(make_staff(call.programme, Role.MANAGER))
    address = reverse("admin:challenges_call_change", args=[call.pk])
    page = client.get(address).content.decode()
    assert "In 日本語" in page
    assert "In français" in page
    rule = call.rules.get()
    # A colleague writes French on the page of translations while this page is open.
    sent = rules_of(client, call, **{"rules-0-in_ja": "ケニアか日本で登記。"})
    rule.translations = {"fr": {"text": "Au Kenya ou au Japon."}}
    rule.save(update_fields=["translations"])
    response = client.post(address, sent)
    assert response.status_code == 302, errors(response)
    rule.refresh_from_db()
    assert rule.translations == {
        "fr": {"text": "Au Kenya ou au Japon."},
        "ja": {"text": "ケニアか日本で登記。"},
    }
    assert rule.text == "Registered in Kenya or Japan."
    assert not AuditEntry.objects.filter(verb="change-rules").exists()
    [entry] = AuditEntry.objects.filter(verb="translate-form")
    assert entry.facts == {"language": "ja"}
    assert (
        "last changed"
        not in client.get(reverse("challenges:call-check", args=[call.slug])).content.decode()
    )
    assert 'value="ケニアか日本で登記。"' in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("typed_in", "kept"),
    [("en, JA,am", ["en", "ja", "am"]), ("fr, fr", ["fr"]), ("en, jp", None), ("klingon", None)],
)
def test_languages_of_a_call_are_those_that_somebody_speaks(
    client: Client, call: Call, typed_in: str, kept: list[str] | None
) -> None:
    client.force_login(make_staff(call.programme, Role.MANAGER))
    address = reverse("admin:challenges_call_change", args=[call.pk])
    response = client.post(address, rules_of(client, call, languages=typed_in))
    call.refresh_from_db()
    if kept is None:
        assert "We know no language with the code" in response.content.decode()
        assert call.languages == []
    else:
        assert response.status_code == 302, errors(response)
        assert call.languages == kept
