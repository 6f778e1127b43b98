"""The history of records: every verb has a sentence, each reader reads what they may."""

from __future__ import annotations

import ast
import csv
import io
import re
import string
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from challenges.choices import ApplicationState, AssignmentState, Outcome
from challenges.models import (
    Application,
    ApplicationEvent,
    Decision,
    DecisionEvent,
    Review,
    ReviewAssignment,
    ReviewEvent,
    Score,
    ScoreEvent,
)
from challenges.workflow.call import call_workflow
from portal import audit
from portal.choices import Role
from portal.models import AuditEntry, ProgrammeStaff, ProgrammeStaffEvent, User, UserEvent
from portal.registry import registry
from portal.staff.history import history_of, page_of
from portal.staff.telling import EVERYWHERE, Teller
from startups.models import Startup, StartupEvent
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.test_architecture import APPS, modules, tree, workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db


# -- every verb has a sentence --------------------------------------------------------------------


def constants(node: ast.AST | None) -> set[str]:
    """The texts an expression may be."""
    if node is None:
        return set()
    return {
        found.value
        for found in ast.walk(node)
        if isinstance(found, ast.Constant) and isinstance(found.value, str)
    }


def argument(call: ast.Call, name: str, place: int) -> ast.AST | None:
    """An argument by its name or its place."""
    named = next((one.value for one in call.keywords if one.arg == name), None)
    return named or (call.args[place] if len(call.args) > place else None)


def passed_on(file: ast.Module, function: ast.FunctionDef) -> set[str]:
    """The verbs with which a function that takes one is called in its file."""
    names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
    place = names.index("verb") if "verb" in names else -1
    return {
        verb
        for call in ast.walk(file)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == function.name
        for verb in constants(argument(call, "verb", place))
    }


def written_verbs() -> Iterator[tuple[str, str]]:
    """Each verb that stands in a call of `audit.record` or `audit.read`, with its place."""
    for path in modules(*APPS):
        file = tree(path)
        for function in ast.walk(file):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or ast.unparse(call.func) not in {
                    "audit.record",
                    "audit.read",
                }:
                    continue
                given = argument(call, "verb", 1)
                if isinstance(given, ast.Name):
                    verbs = passed_on(file, function) | table_of_verbs(file, given.id)
                    assert verbs or given.id == "verb", f"{path}: which verbs?"
                elif isinstance(given, ast.Attribute):
                    continue  # the name of a step: all of them are asked below
                else:
                    verbs = constants(given)
                    if isinstance(given, ast.IfExp):
                        verbs = constants(given.body) | constants(given.orelse)
                    if isinstance(given, ast.JoinedStr):  # f"confirm-{side}-address"
                        parts = [
                            constants(part) if isinstance(part, ast.Constant) else {".+"}
                            for part in given.values
                        ]
                        verbs = {"".join(text for part in parts for text in part)}
                for verb in verbs:
                    yield verb, f"{path.name}:{call.lineno}"


def table_of_verbs(file: ast.Module, name: str) -> set[str]:
    """Verbs that a dictionary of the module holds, read in the same file as ``verb := X.get``."""
    found: set[str] = set()
    for walrus in ast.walk(file):
        if isinstance(walrus, ast.NamedExpr) and walrus.target.id == name:
            table = ast.unparse(walrus.value).partition(".")[0]
            for node in file.body:
                target = getattr(node, "target", None) or next(
                    iter(getattr(node, "targets", [])), None
                )
                value = getattr(node, "value", None)
                if getattr(target, "id", "") == table and isinstance(value, ast.Dict):
                    found |= {text for one in value.values for text in constants(one)}
    return found


def test_every_step_has_a_sentence() -> None:
    lacking = {
        f"{workflow.model._meta.label_lower}:{transition.name}"
        for workflow in workflows().values()
        for transition in workflow
    } - set(registry.sentences)
    assert not lacking


def test_every_written_verb_has_a_sentence() -> None:
    """Whoever writes a new verb says in `registry.sentences` what staff read of it."""
    known = {key.partition(":")[2] for key in registry.sentences} | set(EVERYWHERE)
    lacking = {
        f"{verb} ({place})"
        for verb, place in written_verbs()
        if not any(re.fullmatch(verb, one) for one in known)
    }
    assert not lacking


def test_search_for_verbs_finds_them() -> None:
    """The test above would find nothing to complain of if it found nothing."""
    found = {verb for verb, _place in written_verbs()}
    assert {"start", "note", "send-results", "let-owners-submit", "remove-member"} <= found
    assert {"download-file", "open-draft", "read-draft", "export"} <= found


def test_every_way_of_looking_has_a_sentence() -> None:
    known = {key.partition(":")[2] for key in registry.sentences} | set(EVERYWHERE)
    assert known >= audit.READS


def test_sentences_are_sentences() -> None:
    for key, sentence in registry.sentences.items():
        names = {name for _text, name, _spec, _c in string.Formatter().parse(str(sentence.text))}
        assert "who" in names, key
        if sentence.permission:
            veiled = str(sentence.veiled)
            assert veiled, key
            assert "{" not in veiled, key


# -- who did what when and why --------------------------------------------------------------------


def test_moved_deadline_reads_as_a_sentence(client):
    programme = make_programme()
    call = make_call(programme)
    manager = make_staff(programme, display_name="Aiko Tanaka")
    later = call.closes_at + timedelta(days=3)
    call_workflow.perform(
        call,
        "move-deadline",
        actor=manager,
        reason="A holiday was overlooked.",
        data={"closes_at": later, "accepts_until": later},
    )
    client.force_login(manager)
    page = client.get(reverse("admin:challenges_call_history", args=[call.pk])).content.decode()
    assert "Aiko Tanaka moved the deadline from" in page
    assert "A holiday was overlooked." in page
    assert "changed “closes” from" in page
    assert "in the database itself" not in page


def test_states_are_told_by_their_names_for_staff():
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    with transaction.atomic():
        entry = audit.record(
            application,
            "start-review",
            actor=manager,
            from_state="submitted",
            to_state="in_review",
        )
    told = Teller([entry], manager).tell(entry)
    assert told == f"{manager.shown_name} started the review (Submitted → In review)"


def test_verb_nobody_knows_is_told_and_no_error():
    programme = make_programme()
    manager = make_staff(programme)
    entry = audit.record(programme, "turn-round", actor=None)
    assert Teller([entry], manager).tell(entry) == "Turn round – The portal"


def test_name_is_read_when_the_history_is(client):
    programme = make_programme()
    manager = make_staff(programme, display_name="Aiko Tanaka")
    entry = audit.record(programme, "change", actor=manager, facts={"fields": ["city"]})
    assert "Aiko" not in str(AuditEntry.objects.values().get(pk=entry.pk))
    User.objects.filter(pk=manager.pk).update(display_name="Aiko Sato")
    (line,) = history_of(programme, manager)
    assert line["text"] == "Aiko Sato changed city"


def test_history_is_paged_and_narrowed(client, monkeypatch):
    monkeypatch.setattr("portal.staff.history.PER_PAGE", 2)
    programme = make_programme()
    manager, other = make_staff(programme), make_staff(programme)
    for person in (manager, manager, other):
        audit.record(programme, "change", actor=person, facts={"fields": ["city"]})
    client.force_login(manager)
    address = reverse("admin:portal_programme_history", args=[programme.pk])
    first = client.get(address).context["history"]
    assert len(first.lines) == 2
    assert first.page.has_next()
    assert len(client.get(address, {"page": 2}).context["history"].lines) == 1
    theirs = client.get(address, {"person": other.pk}).context["history"]
    assert [line["text"] for line in theirs.lines] == [f"{other.shown_name} changed city"]
    assert not client.get(address, {"kind": "opened"}).context["history"].lines
    assert client.get(address, {"person": "x", "kind": "x", "page": "x"}).status_code == 200


@pytest.mark.parametrize("changes", [1, 3])
def test_history_is_read_in_few_queries(client, django_assert_max_num_queries, changes):
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    for _number in range(changes):
        person = make_staff(programme)
        Application.objects.filter(pk=application.pk).update(responsible=person)
        with transaction.atomic():
            audit.record(application, "handle", actor=person, facts={"fields": ["responsible"]})
    client.force_login(manager)
    page = reverse("admin:challenges_application_history", args=[application.pk])
    with django_assert_max_num_queries(22):
        client.get(page)


# -- who may read what ----------------------------------------------------------------------------


@pytest.fixture
def reviewed() -> dict[str, Any]:
    """A review that was given and submitted by a juror."""
    programme = make_programme()
    application = make_application(make_call(programme), state=ApplicationState.IN_REVIEW)
    juror = make_staff(programme, Role.REVIEWER, display_name="Juror Quiet")
    manager = make_staff(programme, Role.MANAGER)
    assignment = ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=manager
    )
    facts = {"juror": str(juror.pk)}
    audit.record(assignment, "assign", actor=manager, to_state="assigned", facts=facts)
    audit.record(
        assignment,
        "declare-conflict",
        actor=juror,
        reason="My cousin works there.",
        from_state="assigned",
        to_state="conflict",
    )
    return {"programme": programme, "assignment": assignment, "juror": juror, "manager": manager}


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


# -- looking is an entry too ----------------------------------------------------------------------


def test_file_is_an_entry_once_in_a_while(client, monkeypatch):
    programme = make_programme()
    application = make_application(make_call(programme))
    officer = make_staff(programme, Role.COMPLIANCE)
    assert audit.read(application, "open-draft", by=officer) is not None
    assert audit.read(application, "open-draft", by=officer) is None
    assert audit.read(application, "read-draft", by=officer) is not None
    assert audit.read(application, "open-draft", by=make_staff(programme)) is not None
    for _twice in range(2):
        assert audit.read(application.call, "export", by=officer) is not None
    monkeypatch.setattr("portal.audit.AGAIN_AFTER", timedelta(0))
    assert audit.read(application, "open-draft", by=officer) is not None


def test_looking_has_verbs_of_its_own():
    with pytest.raises(ValueError, match="not a way of looking"):
        audit.read(make_programme(), "publish", by=make_user())


@pytest.mark.parametrize("open_to_staff", [True, False])
def test_opening_a_draft_is_an_entry_and_its_list_is_none(client, open_to_staff):
    programme = make_programme()
    application = make_application(make_call(programme), open_to_staff=open_to_staff)
    manager = make_staff(programme)
    client.force_login(manager)
    client.get(reverse("admin:challenges_application_changelist"))
    assert not AuditEntry.objects.filter(verb__in=audit.READS).exists()
    client.get(reverse("admin:challenges_application_change", args=[application.pk]))
    client.get(reverse("admin:challenges_application_change", args=[application.pk]))
    verb = "read-draft" if open_to_staff else "open-draft"
    assert [entry.verb for entry in AuditEntry.objects.filter(verb__in=audit.READS)] == [verb]


def test_who_looked_is_for_those_who_read_the_trail(client):
    programme = make_programme()
    application = make_application(make_call(programme))
    coordinator, manager = make_staff(programme, Role.COORDINATOR), make_staff(programme)
    audit.read(application, "open-draft", by=manager)
    assert not history_of(application, coordinator)
    (line,) = history_of(application, manager)
    assert line["text"] == f"{manager.shown_name} opened the page of the draft, without its answers"
    client.force_login(application.startup.owners()[0])
    page = client.get(application.get_absolute_url()).content.decode()
    assert manager.shown_name not in page


# -- field by field, whatever wrote it ------------------------------------------------------------


def labels(events: Any) -> list[str]:
    return list(events.order_by("pgh_id").values_list("pgh_label", flat=True))


def test_bulk_statements_and_sql_by_hand_are_seen():
    application = make_application(make_call())
    events = ApplicationEvent.objects.filter(pgh_obj=application)
    assert labels(events) == ["insert"]
    Application.objects.filter(pk=application.pk).update(open_to_staff=True)
    application.extended_until = timezone.now() + timedelta(days=9)
    Application.objects.bulk_update([application], ["extended_until"])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE challenges_application SET open_to_staff = false WHERE id = %s",
            [application.pk],
        )
    assert labels(events) == ["insert", "update", "update", "update"]
    assert list(events.values_list("open_to_staff", flat=True)) == [False, True, True, False]


def test_bulk_create_and_delete_are_seen():
    application = make_application(make_call(), state=ApplicationState.IN_REVIEW)
    person = make_user()
    Decision.objects.bulk_create(
        [Decision(application=application, outcome="selected", reason="x", prepared_by=person)]
    )
    Decision.objects.all().delete()
    assert labels(DecisionEvent.objects.all()) == ["insert", "delete"]


def test_volatile_columns_are_no_history():
    application = make_application(make_call())
    Application.objects.filter(pk=application.pk).update(
        edited_at=timezone.now(), completeness=50, review_count=2
    )
    assert ApplicationEvent.objects.filter(pgh_obj=application).count() == 1


def test_sheet_being_written_is_no_history_but_tampering_with_it_is():
    application = make_application(make_call(), state=ApplicationState.IN_REVIEW)
    juror = make_staff(application.call.programme, Role.REVIEWER)
    assignment = ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=juror, state=AssignmentState.READING
    )
    review = Review.objects.create(assignment=assignment)
    events = ReviewEvent.objects.filter(pgh_obj=review)
    Review.objects.filter(pk=review.pk).update(comment="Half a sen", version=2)
    assert labels(events) == ["insert"]
    Review.objects.filter(pk=review.pk).update(comment="Not by the juror")
    assert labels(events) == ["insert", "update"]
    Review.objects.filter(pk=review.pk).update(submitted_at=timezone.now(), total=50, version=3)
    Review.objects.filter(pk=review.pk).update(comment="Afterwards", version=4)
    assert [event.comment for event in events.order_by("pgh_id")] == [
        *("", "Not by the juror", "Not by the juror", "Afterwards"),
    ]
    score = Score.objects.create(
        review=review, criterion=application.call.criteria.first(), value=1
    )
    Score.objects.filter(pk=score.pk).update(value=5)
    score.delete()
    assert list(ScoreEvent.objects.order_by("pgh_id").values_list("value", flat=True)) == [1, 5, 5]


def test_role_and_administrator_are_seen_and_names_are_not():
    person = make_staff()
    ProgrammeStaff.objects.update(role=Role.CHAIR)
    User.objects.filter(pk=person.pk).update(is_superuser=True, given_name="Other")
    User.objects.filter(pk=person.pk).update(given_name="Third", last_login=timezone.now())
    assert labels(ProgrammeStaffEvent.objects.filter(user=person)) == ["insert", "update"]
    assert labels(UserEvent.objects.filter(pgh_obj=person)) == ["insert", "update"]
    kept = {field.name for field in UserEvent._meta.fields}
    assert not kept & {"email", "given_name", "family_name", "password", "telephone"}


def test_deleting_a_person_waits_for_no_event():
    person = make_user()
    key = person.pk
    person.emailaddress_set.all().delete()
    person.delete()
    assert labels(UserEvent.objects.filter(pgh_obj=key)) == ["insert", "delete"]


@pytest.mark.parametrize("model", [ApplicationEvent, ReviewEvent, StartupEvent, UserEvent])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_event_cannot_be_changed_by_the_application(model, verb):
    table = model._meta.db_table
    sql = f"UPDATE {table} SET pgh_label = 'x'" if verb == "update" else f"DELETE FROM {table}"
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute(sql)


def test_who_changed_it_is_known_by_key_and_nothing_else(client):
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    colleague = make_staff(programme)
    client.force_login(manager)
    handled = client.post(
        reverse("admin:challenges_application_handle", args=[application.pk]),
        {"responsible": colleague.pk},
    )
    assert handled.status_code == 302
    event = ApplicationEvent.objects.filter(pgh_obj=application).latest("pgh_id")
    assert event.responsible_id == colleague.pk
    assert event.pgh_context["user"] == str(manager.pk)
    assert set(event.pgh_context) <= {"user", "request"}


def test_change_is_folded_into_its_entry_and_told_from_what_to_what(client):
    programme = make_programme()
    manager, colleague = make_staff(programme), make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    client.force_login(manager)
    client.post(
        reverse("admin:challenges_application_handle", args=[application.pk]),
        {"responsible": colleague.pk},
    )
    page = page_of(application, manager, number="", person="", kind="")
    (line,) = [line for line in page.lines if "responsible" in line["text"]]
    assert line["changes"] == [
        f"changed “responsible colleague” from nothing to {colleague.shown_name}"
    ]


def test_change_without_a_step_stands_alone():
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.SELECTED)
    page = page_of(application, manager, number="", person="", kind="")
    (line,) = page.lines
    assert line["text"] == "Changed in the database itself:"
    assert line["changes"] == ["changed “state” from Submitted to Selected"]


def test_facts_of_an_organisation_are_told_from_what_to_what():
    startup = make_application(make_call()).startup
    Startup.objects.filter(pk=startup.pk).update(city="Osaka")
    page = page_of(startup, make_user(is_superuser=True), number="", person="", kind="")
    assert "to “Osaka”" in str(page.lines)


# -- out of the portal ----------------------------------------------------------------------------


def table(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_compliance_officer_takes_the_history_out(client, reviewed):
    officer = make_staff(reviewed["programme"], Role.COMPLIANCE)
    with transaction.atomic():
        audit.record(reviewed["programme"], "change", actor=None, reason="=1+1")
    client.force_login(officer)
    rows = table(client.get(reverse("admin:portal_auditentry_export")))
    assert [row[8] for row in rows[1:]] == ["assign", "declare-conflict", "change"]
    assert rows[3][3] == "'=1+1"
    assert "Quiet" not in str(rows)
    entry = AuditEntry.objects.latest("id")
    assert (entry.verb, entry.facts) == ("export-history", {"entries": 3})


def test_history_of_another_programme_is_not_taken_out(client):
    audit.record(make_programme(), "change", actor=None)
    client.force_login(make_staff(make_programme(), Role.COMPLIANCE))
    assert len(table(client.get(reverse("admin:portal_auditentry_export")))) == 1


def test_table_is_narrowed_like_the_list(client):
    programme = make_programme()
    officer = make_staff(programme, Role.COMPLIANCE)
    audit.record(programme, "change", actor=None)
    audit.read(make_call(programme), "export", by=officer)
    client.force_login(officer)
    rows = table(client.get(reverse("admin:portal_auditentry_export"), {"kind": "opened"}))
    assert [row[8] for row in rows[1:]] == ["export"]
