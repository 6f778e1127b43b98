"""The eligibility check as people use it: strangers, members, drafts, partners."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.actions.eligibility import COUNTED, against_rules, count_check, judged
from challenges.choices import ApplicationState, Eligibility, RuleKind
from challenges.models import Application, EligibilityCheck, EligibilityRule, Statement
from portal.models import AuditEntry
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.eligibility import make_rule
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from django.test import Client

    from challenges.models import Call

pytestmark = pytest.mark.django_db


def address(call: Call) -> str:
    """Of the check."""
    return reverse("challenges:call-check", args=[call.slug])


def ask(client: Client, call: Call, **answers: Any) -> str:
    """Check, and read the page one is sent to."""
    response = client.post(address(call), answers, follow=True)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def call() -> Call:
    """Open, for young organisations of Kenya and Japan that say they have a pilot."""
    made = make_call(answers_within=4, closes_at=timezone.now() + timedelta(days=7))
    make_rule(made, text="You are registered in Kenya or Japan.")
    make_rule(made, RuleKind.STATEMENT, text="You have tried it in the field.")
    return made


def said(call: Call, answer: str) -> dict[str, str]:
    """The answer to the call's own statement."""
    return {call.rules.get(kind=RuleKind.STATEMENT).field: answer}


# -- strangers ------------------------------------------------------------------------------------


def test_only_what_the_rules_need_is_asked(client: Client, call: Call) -> None:
    fields = set(client.get(address(call)).context["form"].fields)
    assert fields == {"country", *said(call, "yes")}


def test_who_meets_every_rule_may_start(client: Client, call: Call) -> None:
    page = ask(client, call, country="KE", **said(call, "yes"))
    assert "Yes, you may apply" in page
    assert reverse("challenges:application-start", args=[call.slug]) in page


def test_who_is_not_sure_asks_and_may_draft(client: Client, call: Call) -> None:
    page = ask(client, call, country="KE", **said(call, "unsure"))
    assert "Ask us" in page
    assert "You have tried it in the field." in page
    by = timezone.localtime() + timedelta(days=4)
    assert f"an answer comes by\n            {by:%a}" in page or f"{by.day} {by:%b %Y}" in page
    assert "Start a draft" in page


def test_nothing_answered_is_not_a_no(client: Client, call: Call) -> None:
    assert "Ask us" in ask(client, call)
    assert EligibilityCheck.objects.get().outcome == Eligibility.ASK_US


def test_who_may_not_apply_reads_the_rule_and_what_fits(client: Client, call: Call) -> None:
    fits = make_call(title="Open to Sweden")
    make_rule(fits, values=["SE"])
    to_check = make_call(title="Open after a statement")
    make_rule(to_check, RuleKind.STATEMENT)
    without = make_call(title="Without rules")
    closed_to_them = make_call(title="For Japan alone")
    make_rule(closed_to_them, values=["JP"])
    later = make_call(title="Not open yet", opens_at=timezone.now() + timedelta(days=1))
    make_rule(later, values=["SE"])
    page = ask(client, call, country="SE", **said(call, "yes"))
    assert "No, you may not apply to this call" in page
    assert "<blockquote><p>You are registered in Kenya or Japan.</p></blockquote>" in page
    result = client.get(f"{address(call)}?answer=1").context["result"]
    titles = [fit.call.title for fit in result["fits"]]
    assert titles == [fits.title, to_check.title, without.title]
    assert "Mail me when the next one opens" in page
    assert "Start the application" not in page
    assert "Start a draft" not in page


def test_check_is_counted_without_a_name(client: Client, call: Call) -> None:
    ask(client, call, country="SE", **said(call, "no"))
    row = EligibilityCheck.objects.get()
    assert row.not_met == [
        "You are registered in Kenya or Japan.",
        "You have tried it in the field.",
    ]
    assert {field.name for field in row._meta.concrete_fields} == {
        "id",
        "created_at",
        "call",
        "outcome",
        "not_met",
    }
    client.get(f"{address(call)}?answer=1")  # reading it again is no check
    assert EligibilityCheck.objects.count() == 1


def test_a_flood_of_checks_is_answered_and_not_counted(call: Call) -> None:
    judgement = judged(call, {}, {})
    for _time in range(COUNTED.amount + 5):
        count_check(call=call, judgement=judgement)
    assert EligibilityCheck.objects.count() == COUNTED.amount


def test_answers_go_into_the_record_at_sign_up(client: Client, call: Call) -> None:
    make_rule(call, RuleKind.AGE, maximum=10)
    make_rule(call, RuleKind.STAGE, values=["pilot"])
    ask(client, call, country="KE", founded_on="2021-05-14", product_stage="pilot")
    client.force_login(make_user())
    form = client.get(reverse("startups:startup-create")).context["forms"].facts
    assert form["country"].value() == "KE"
    assert str(form["founded_on"].value()) == "2021-05-14"
    assert form["product_stage"].value() == "pilot"


def test_answers_fill_what_is_empty_and_overwrite_nothing(client: Client, call: Call) -> None:
    make_rule(call, RuleKind.STAGE, values=["pilot"])
    ask(client, call, country="SE", product_stage="pilot")
    owner = make_user()
    startup = make_startup(owner, country="KE", product_stage="")
    client.force_login(owner)
    form = client.get(reverse("startups:startup-edit", args=[startup.pk])).context["forms"].facts
    assert str(form["country"].value()) == "KE"
    assert form["product_stage"].value() == "pilot"
    startup.refresh_from_db()
    assert startup.product_stage == ""


def test_a_year_alone_is_no_day_of_the_record(client: Client, call: Call) -> None:
    make_rule(call, RuleKind.AGE, maximum=10)
    ask(client, call, country="KE", founded_on="2021")
    client.force_login(make_user())
    form = client.get(reverse("startups:startup-create")).context["forms"].facts
    assert form["founded_on"].value() is None


@pytest.mark.parametrize(
    "answers",
    [
        {"founded_on": "yesterday"},
        {"founded_on": "2999"},
        {"country": "XX"},
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(
    client: Client, call: Call, answers: dict[str, str]
) -> None:
    make_rule(call, RuleKind.AGE, maximum=10)
    response = client.post(address(call), answers)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(answers)
    assert not EligibilityCheck.objects.exists()


def test_call_without_rules_has_no_check(client: Client) -> None:
    bare = make_call()
    assert client.get(address(bare))["Location"] == bare.get_absolute_url()
    assert address(bare) not in client.get(bare.get_absolute_url()).content.decode()


def test_call_that_nobody_may_read_has_none_either(client: Client) -> None:
    hidden = make_call(state="draft", published_at=None)
    make_rule(hidden)
    assert client.get(address(hidden)).status_code == 404


def test_page_of_the_call_leads_to_the_check(client: Client, call: Call, settings: Any) -> None:
    settings.DEBUG = False
    without = make_call()
    tag = client.get(without.get_absolute_url())["ETag"]
    assert address(call) in client.get(call.get_absolute_url()).content.decode()
    make_rule(without)
    # A kept page without the link is not shown again.
    fresh = client.get(without.get_absolute_url(), HTTP_IF_NONE_MATCH=tag)
    assert fresh.status_code == 200
    assert address(without) in fresh.content.decode()


# -- members --------------------------------------------------------------------------------------


def test_member_finds_it_filled_from_the_record(client: Client, call: Call) -> None:
    owner = make_user()
    startup = make_startup(owner, country="JP", legal_name="Minato Sensors")
    client.force_login(owner)
    response = client.get(address(call))
    assert response.context["form"]["country"].value() == "JP"
    assert "Filled in from the record of" in response.content.decode()
    ask(client, call, country="SE", organisation=str(startup.pk))
    startup.refresh_from_db()
    assert startup.country == "JP"


def test_member_of_several_chooses_and_of_none_learns_nothing(client: Client, call: Call) -> None:
    owner = make_user()
    make_startup(owner, country="JP", legal_name="First")
    second = make_startup(owner, country="SE", legal_name="Second")
    foreign = make_startup(country="GH", legal_name="Foreign")
    client.force_login(owner)
    page = client.get(f"{address(call)}?organisation={second.pk}")
    assert page.context["form"]["country"].value() == "SE"
    page = client.get(f"{address(call)}?organisation={foreign.pk}")
    assert page.context["form"]["country"].value() != "GH"
    assert "Foreign" not in page.content.decode()


def test_one_application_for_each_organisation_is_told(client: Client, call: Call) -> None:
    owner = make_user()
    application = make_application(call, make_startup(owner))
    client.force_login(owner)
    page = ask(client, call, country="KE", **said(call, "yes"))
    assert "Each organisation applies once: yours has begun already." in page
    assert application.get_absolute_url() in page


def test_statements_are_kept_with_the_draft(client: Client, call: Call) -> None:
    owner = make_user()
    application = make_application(call, make_startup(owner))
    client.force_login(owner)
    ask(client, call, country="KE", **said(call, "no"))
    statement = Statement.objects.get()
    assert (statement.application, statement.answer) == (application, "no")
    assert statement.said_by == owner
    ask(client, call, country="KE", **said(call, "yes"))
    assert Statement.objects.get().answer == "yes"
    entries = AuditEntry.objects.about(application).filter(verb="answer-rules")
    assert entries.count() == 2
    ask(client, call, country="KE", **said(call, "yes"))  # nothing new, nothing written
    assert entries.count() == 2


def test_viewer_keeps_nothing_with_the_draft(client: Client, call: Call) -> None:
    startup = make_startup(make_user())
    make_application(call, startup)
    viewer = add_member(startup, role=MemberRole.VIEWER)
    client.force_login(viewer)
    ask(client, call, organisation=str(startup.pk), **said(call, "yes"))
    assert not Statement.objects.exists()


# -- drafts ---------------------------------------------------------------------------------------


def start(client: Client, call: Call, startup: Any) -> Application:
    """Start an application on its page."""
    url = reverse("challenges:application-start", args=[call.slug])
    client.post(url, {"startup": str(startup.pk)})
    return Application.objects.get(call=call, startup=startup)


def test_what_was_said_before_sign_up_goes_into_the_draft(client: Client, call: Call) -> None:
    ask(client, call, country="KE", **said(call, "yes"))
    owner = make_user()
    startup = make_startup(owner, country="KE")
    client.force_login(owner)
    application = start(client, call, startup)
    assert application.statements.get().answer == "yes"
    against = against_rules(application)
    assert against is not None
    assert against.judgement.outcome == Eligibility.ELIGIBLE
    page = client.get(application.get_absolute_url()).content.decode()
    assert "By the rules of this call" not in page
    assert "Not clear yet" not in page


def test_draft_of_who_may_not_apply_says_so_and_is_submitted(client: Client, call: Call) -> None:
    owner = make_user()
    startup = make_startup(owner, country="SE")
    client.force_login(owner)
    application = start(client, call, startup)
    for page in (
        application.get_absolute_url(),
        reverse("challenges:application-check", args=[application.pk]),
    ):
        text = client.get(page).content.decode()
        assert "By the rules of this call you may not apply" in text
        assert "You are registered in Kenya or Japan." in text
    complete = make_application(make_like(call), make_startup(owner, country="SE"), complete=True)
    from challenges.workflow.application import application_workflow  # noqa: PLC0415

    application_workflow.perform(
        complete, "submit", actor=owner, data={"terms_version": complete.call.terms_version}
    )
    complete.refresh_from_db()
    assert complete.state == ApplicationState.SUBMITTED


def make_like(call: Call) -> Call:
    """Another call with the same rules."""
    other = make_call(call.programme)
    for rule in call.rules.all():
        EligibilityRule.objects.create(
            call=other, order=rule.order, kind=rule.kind, text=rule.text, values=rule.values
        )
    return other


def test_draft_of_who_is_not_known_asks(client: Client, call: Call) -> None:
    owner = make_user()
    startup = make_startup(owner, country="KE")
    client.force_login(owner)
    application = start(client, call, startup)
    page = client.get(application.get_absolute_url()).content.decode()
    assert "Not clear yet whether you may apply" in page
    assert "waits for your answer" in page
    assert f"{address(call)}?organisation={startup.pk}" in page


def test_statement_counts_only_for_the_rule_as_it_was_quoted(call: Call) -> None:
    application = make_application(call, make_startup(country="KE"))
    rule = call.rules.get(kind=RuleKind.STATEMENT)
    Statement.objects.create(
        application=application,
        rule=rule,
        text=rule.text,
        answer="yes",
        said_by=application.started_by,
    )
    assert outcome_of(application) == Eligibility.ELIGIBLE
    rule.text = "You have tried it in three fields."
    rule.save(update_fields=["text"])
    assert outcome_of(application) == Eligibility.ASK_US


def outcome_of(application: Application) -> str:
    """As it stands now, read anew."""
    found = Application.objects.select_related("call__programme", "startup").get(pk=application.pk)
    against = against_rules(found)
    assert against is not None
    return against.judgement.outcome


def test_age_is_reckoned_on_the_day_the_call_closes() -> None:
    # Closes on the 1st of December in Tokyo, where it is still November in London.
    closes = timezone.now().replace(year=2030, month=11, day=30, hour=16, minute=0)
    call = make_call(closes_at=closes, time_zone="Asia/Tokyo")
    make_rule(call, RuleKind.AGE, maximum=5)
    application = make_application(call, make_startup(founded_on=date(2025, 11, 30)))
    assert outcome_of(application) == Eligibility.NOT_ELIGIBLE
    application.startup.founded_on = date(2025, 12, 1)
    application.startup.save(update_fields=["founded_on"])
    assert outcome_of(application) == Eligibility.ELIGIBLE


def test_each_partner_is_held_against_the_rules(client: Client, call: Call) -> None:
    make_rule(call, RuleKind.AGE, maximum=5)  # not known of partners, so not said
    owner = make_user()
    application = make_application(call, make_startup(owner, country="KE"))
    application.consortium.create(name="Stockholm Lab", kind="university", country="SE")
    application.consortium.create(name="Kobe Works", kind="sme", country="JP")
    client.force_login(owner)
    page = client.get(reverse("challenges:partner-list", args=[application.pk])).content.decode()
    assert page.count("May not meet this rule") == 1
    assert "May not meet this rule:" in page
    detail = client.get(application.get_absolute_url()).content.decode()
    assert "A partner may not meet a rule" in detail


def test_programme_countries_are_those_of_the_programme(client: Client) -> None:
    call = make_call()
    make_rule(call, values=["programme"])
    application = make_application(call, make_startup(country="KE"))
    assert outcome_of(application) == Eligibility.ASK_US
    call.programme.programme_countries = ["KE", "GH"]
    call.programme.save(update_fields=["programme_countries"])
    assert outcome_of(application) == Eligibility.ELIGIBLE
    assert "The programme’s countries: Kenya, Ghana." in client.get(address(call)).content.decode()


def test_number_of_queries_does_not_grow(
    client: Client, call: Call, django_assert_num_queries: Any
) -> None:
    ask(client, call, country="SE")
    client.get(f"{address(call)}?answer=1")
    counts = []
    for _round in range(2):
        for _one in range(2):
            make_rule(make_call(), values=["SE"])
            make_rule(call)
        with django_assert_num_queries(6) as found:
            page = client.get(f"{address(call)}?answer=1")
        counts.append(len(found))
        assert len(page.context["result"]["fits"]) >= 2
    assert counts[0] == counts[1]
