"""The supplier file: from opening it to a complete level, and who may do what in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portal.choices import DocumentState, ReminderState, Role
from portal.models import AuditEntry, Document, OutboxMessage, Reminder
from portal.registry import registry
from portal.workflow import StepRefused
from procurement import actions, gaps
from procurement.actions.evidence import Given
from procurement.choices import EvidenceState, FileLevel, Gap
from procurement.models import CodeRevision, Evidence, Requirement, SupplierFile
from procurement.readiness import read_file
from procurement.workflow import evidence_workflow
from startups.actions import meet
from startups.choices import MemberRole
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup
from tests.factories.suppliers import (
    SHIPPED,
    ask_as_shipped,
    make_evidence,
    make_file,
    make_paper,
    make_requirement,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def startup(programme):
    made = make_startup(legal_name="Maji Safi Ltd", city="Nairobi", founded_on=date(2024, 3, 12))
    meet(startup=made, programme=programme)
    return made


@pytest.fixture
def adviser(programme):
    return make_staff(programme, Role.PROCUREMENT)


@pytest.fixture
def asked():
    return ask_as_shipped()


def page_of(startup):
    return reverse("procurement:supplier-file-detail", args=[startup.pk])


def form_of(startup, requirement):
    return reverse("procurement:evidence-create", args=[startup.pk, requirement.pk])


def report_of(file, level):
    return next(one for one in read_file(file).levels if one.level == level)


def gap_of(file, code):
    found = {row.asked.code: row.verdict for one in read_file(file).levels for row in one.rows}
    return found[code]


def pdf(name="certificate.pdf", content=b"%PDF-1.4 one"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


# -- what is shipped ------------------------------------------------------------------------------


def test_what_is_shipped_has_its_source_and_invents_no_statement(asked):
    assert all(row.source for row in Requirement.objects.all())
    assert CodeRevision.objects.in_force(date(2024, 8, 31)).name.startswith("Rev.06")
    assert CodeRevision.objects.in_force(date(2026, 11, 22)).name.startswith("Rev.07")
    assert CodeRevision.objects.in_force(date(2017, 1, 1)) is None
    assert asked["level_2/audited-accounts"].sensitive
    assert asked["level_2/audited-accounts"].how_many == 3
    assert asked["level_1/references"].how_many == 3
    beside = Requirement.objects.get(organisation="UN Secretariat")
    assert (beside.level, beside.years) == ("level_1", 3)
    # The seven statements are not known here: one declaration, in the organisation's words.
    assert asked["basic/eligibility"].kind == "declaration"
    assert SHIPPED.read_text().count("eligib") < 8


# -- the way to Basic -----------------------------------------------------------------------------


def test_the_way_to_basic(client, startup, adviser, asked):  # noqa: PLR0915 -- one way, in one go
    """Opened, prefilled, given, judged, complete; with a no on the way and its letter."""
    owner = startup.owners()[0]
    client.force_login(owner)
    empty = client.get(page_of(startup)).content.decode()
    assert "neither submits anything to the UN Global Marketplace nor speaks for it" in empty
    client.post(reverse("procurement:supplier-file-open", args=[startup.pk]))
    file = SupplierFile.objects.get()
    # Nothing is typed twice: the record answers these already.
    assert gap_of(file, "legal-name").gap == Gap.MET
    assert gap_of(file, "address").gap == Gap.MET
    assert gap_of(file, "account").gap == Gap.MISSING
    page = client.get(page_of(startup)).content.decode()
    assert "Not before 12 Mar 2027" in page
    assert "12 Mar 2027, when you are 3 years old" in page
    actions.state_supplier(
        startup=startup, level="basic", number="123456", as_of=date(2026, 5, 2), by=owner
    )
    assert gap_of(file, "account").gap == Gap.MET

    conduct = asked["basic/conduct"]
    revision = CodeRevision.objects.in_force(timezone.localdate())
    refused = client.post(form_of(startup, conduct), {"revision": str(revision.pk)})
    assert refused.status_code == 422
    client.post(form_of(startup, conduct), {"revision": str(revision.pk), "agreed": "on"})
    assert gap_of(file, "conduct").gap == Gap.MET

    for code in ("market-ready", "ownership", "countries", "classification", "eligibility"):
        data = {"answer": f"Our answer to {code}", "agreed": "on"}
        assert client.post(form_of(startup, asked[f"basic/{code}"]), data).status_code == 302
    assert report_of(file, "basic").complete is False
    waiting = {
        str(item.object): item.verb for ask in registry.staff_waiting for item in ask(adviser)
    }
    assert waiting == {"5 pieces of evidence of Maji Safi Ltd": "Look at"}

    client.force_login(adviser)
    page = client.get(page_of(startup)).content.decode()
    assert "Our answer to ownership" in page
    pieces = {one.requirement.code: one for one in Evidence.objects.select_related("requirement")}
    no = reverse("procurement:evidence-reject", args=[pieces["ownership"].pk])
    client.post(no, {"why": ""})
    assert Evidence.objects.get(pk=pieces["ownership"].pk).state == EvidenceState.GIVEN
    client.post(no, {"why": "Say who holds the shares."})
    letter = OutboxMessage.objects.get(notice="evidence_rejected")
    assert letter.to_address == owner.email
    assert "Say who holds the shares." in letter.text
    for code in ("market-ready", "countries", "classification", "eligibility"):
        client.post(reverse("procurement:evidence-accept", args=[pieces[code].pk]))
    assert gap_of(file, "ownership").gap == Gap.REJECTED

    client.force_login(owner)
    assert "Say who holds the shares." in client.get(page_of(startup)).content.decode()
    mine = [item.verb for ask in registry.waiting for item in ask(owner)]
    assert "Mend" in mine
    client.post(form_of(startup, asked["basic/ownership"]), {"answer": "Privately owned by two."})
    client.force_login(adviser)
    newest = Evidence.objects.get(requirement=asked["basic/ownership"], state="given")
    client.post(reverse("procurement:evidence-accept", args=[newest.pk]))

    assert report_of(file, "basic").complete
    done = AuditEntry.objects.get(verb="complete-level")
    assert (done.subject_id, done.facts, done.startup_id) == (
        file.pk,
        {"level": "basic"},
        startup.pk,
    )
    assert OutboxMessage.objects.filter(notice="level_completed").count() == 1
    client.force_login(owner)
    told = client.get(startup.get_absolute_url()).content.decode()
    assert "Supplier file: Basic is complete" in told
    assert "Mend" not in [item.verb for ask in registry.waiting for item in ask(owner)]


def complete_basic(startup, asked, adviser):
    """All of Basic, as if it had been given and judged."""
    owner = startup.owners()[0]
    actions.state_supplier(
        startup=startup, level="basic", number="123456", as_of=date(2026, 5, 2), by=owner
    )
    file = actions.open_file(startup=startup, by=owner)
    for key, row in asked.items():
        if key.startswith("basic/") and row.kind in {"answer", "declaration", "conduct"}:
            piece = actions.give_evidence(
                file=file, requirement=row, given=Given(answer="So."), by=owner
            )
            if row.kind != "conduct":
                evidence_workflow.perform(piece, "accept", actor=adviser)
    return SupplierFile.objects.get(pk=file.pk)


def test_level_is_told_once_and_reopens_with_a_new_revision(startup, adviser, asked):
    file = complete_basic(startup, asked, adviser)
    assert file.level == FileLevel.BASIC
    while actions.look_again():
        pass
    assert AuditEntry.objects.filter(verb="complete-level").count() == 1
    CodeRevision.objects.create(name="Rev.08", in_force_from=timezone.localdate(), source="A test")
    actions.file.ask_all_anew()
    assert actions.look_again() == 1
    assert actions.look_again() == 0
    file.refresh_from_db()
    assert file.level == ""
    reopened = AuditEntry.objects.get(verb="reopen-level")
    assert (reopened.actor, reopened.facts) == (None, {"level": "basic"})
    assert OutboxMessage.objects.filter(notice="level_reopened").count() == 1
    assert "earlier revision" in gap_of(file, "conduct").sentence
    actions.give_evidence(
        file=file, requirement=asked["basic/conduct"], given=Given(), by=startup.owners()[0]
    )
    file.refresh_from_db()
    assert file.level == FileLevel.BASIC
    assert AuditEntry.objects.filter(verb="complete-level").count() == 2


def test_changed_record_is_noticed_by_the_sweep(startup, adviser, asked):
    file = complete_basic(startup, asked, adviser)
    startup.registration_number = ""
    startup.save(update_fields=["registration_number", "updated_at"])
    assert actions.look_again() == 1
    file.refresh_from_db()
    assert file.level == ""


# -- evidence in life -----------------------------------------------------------------------------


def test_what_is_good_counts_until_the_newer_is_good(startup, adviser):
    file, asked = make_file(startup), make_requirement()
    owner = startup.owners()[0]
    old = make_evidence(file, asked, state=EvidenceState.ACCEPTED)
    new = actions.give_evidence(
        file=file, requirement=asked, given=Given(upload=pdf(), language="en"), by=owner
    )
    assert gap_of(file, asked.code).gap == Gap.MET
    with pytest.raises(StepRefused, match="still being checked"):
        evidence_workflow.perform(new, "accept", actor=adviser)
    Document.objects.filter(pk=new.document_id).update(state=DocumentState.CLEAN)
    evidence_workflow.perform(new, "accept", actor=adviser)
    old.refresh_from_db()
    assert old.state == EvidenceState.REPLACED
    # What waits or was not good gives way at once.
    third = actions.give_evidence(
        file=file, requirement=asked, given=Given(upload=pdf(), language="en"), by=owner
    )
    actions.give_evidence(
        file=file, requirement=asked, given=Given(upload=pdf(), language="en"), by=owner
    )
    third.refresh_from_db()
    assert third.state == EvidenceState.REPLACED


def test_one_of_three_is_replaced_and_the_others_stay(client, startup, adviser):
    file = make_file(startup)
    asked = make_requirement(kind="reference", how_many=3, level="level_1")
    pieces = [make_evidence(file, asked, state=EvidenceState.ACCEPTED) for _number in range(3)]
    client.force_login(startup.owners()[0])
    referee = {
        "name": "Ruth Okello",
        "organisation": "County of Kisumu",
        "email": "ruth@example.org",
        "telephone": "+254 700 000 002",
        "relation": "Twelve sensors in 2025",
        "agreed": "on",
    }
    path = form_of(startup, asked)
    assert client.post(path, referee | {"email": "ruth"}).status_code == 422
    assert client.post(f"{path}?replaces={pieces[1].pk}", referee).status_code == 302
    new = Evidence.objects.get(state=EvidenceState.GIVEN)
    assert (new.replaces, new.referee.name) == (pieces[1], "Ruth Okello")
    assert gap_of(file, asked.code).gap == Gap.MET
    evidence_workflow.perform(new, "accept", actor=adviser)
    states = [Evidence.objects.get(pk=one.pk).state for one in pieces]
    assert states == ["accepted", "replaced", "accepted"]


def test_paper_in_another_language_waits_for_its_translation(startup, adviser):
    file, asked = make_file(startup), make_requirement(english=True)
    piece = make_evidence(file, asked, language="sw")
    assert "certified translation" in gap_of(file, asked.code).sentence
    with pytest.raises(StepRefused, match="translation is missing"):
        evidence_workflow.perform(piece, "accept", actor=adviser)
    piece = make_evidence(file, asked, language="sw", translation=make_paper(startup))
    evidence_workflow.perform(piece, "accept", actor=adviser)
    assert gap_of(file, asked.code).gap == Gap.MET


def test_file_refused_by_the_check_is_told(startup):
    file, asked = make_file(startup), make_requirement()
    paper = make_paper(startup, state=DocumentState.REFUSED, refusal="locked")
    piece = make_evidence(file, asked, document=paper)
    Document.objects.filter(pk=paper.pk).update(subject_id=piece.pk)
    paper.refresh_from_db()
    for tell in registry.refused_files:
        tell(paper)
    piece.refresh_from_db()
    assert piece.state == EvidenceState.REJECTED
    assert "password" in OutboxMessage.objects.get(notice="evidence_rejected").text


def test_file_of_an_application_is_taken_over(client, startup):
    asked, file = make_requirement(), make_file(startup)
    paper = make_paper(startup, subject_type="challenges.application", name="registry.pdf")
    foreign = make_paper(make_startup(), subject_type="challenges.application", name="theirs.pdf")
    client.force_login(startup.owners()[0])
    page = client.get(form_of(startup, asked)).content.decode()
    assert "registry.pdf" in page
    assert "theirs.pdf" not in page
    data = {"known": str(foreign.pk), "language": "en"}
    assert client.post(form_of(startup, asked), data).status_code == 422
    data = {"known": str(paper.pk), "language": "en"}
    assert client.post(form_of(startup, asked), data).status_code == 302
    assert file.evidence.get().document == paper


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"language": "en"}, "Choose the document."),
        ({"language": ""}, "Please fill this in."),
        ({"language": "en", "issued_on": "2999-01-01"}, "has not come yet"),
        ({"language": "en", "expires_on": "2020-01-01"}, "expired already"),
        ({"language": "en", "expires_on": "soon"}, "Write a day"),
        ({"language": "xx"}, "not one of the available"),
        ({"language": "en", "upload": "x"}, "Choose the document."),
    ],
)
def test_bad_input_gets_a_sentence(client, startup, data, sentence):
    file, asked = make_file(startup), make_requirement()
    client.force_login(startup.owners()[0])
    answer = client.post(form_of(startup, asked), data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not file.evidence.exists()


def test_accounts_ask_for_the_day_of_issue_and_hold_a_year(client, startup, asked):
    file = make_file(startup)
    client.force_login(startup.owners()[0])
    path = form_of(startup, asked["level_2/audited-accounts"])
    assert client.post(path, {"language": "en", "upload": pdf()}).status_code == 422
    issued = timezone.localdate() - timedelta(days=30)
    data = {"language": "en", "upload": pdf(), "issued_on": issued.isoformat()}
    assert client.post(path, data).status_code == 302
    assert file.evidence.get().expires_on == gaps.months_after(issued, 12)


# -- reminders ------------------------------------------------------------------------------------


def test_reminders_at_nine_of_each_readers_morning(startup, adviser):
    file, asked = make_file(startup), make_requirement()
    editor = add_member(startup, make_user(time_zone="Pacific/Auckland"))
    add_member(startup, role=MemberRole.VIEWER)
    ends = timezone.localdate() + timedelta(days=45)
    piece = make_evidence(file, asked, expires_on=ends)
    evidence_workflow.perform(piece, "accept", actor=adviser)
    planned = Reminder.objects.about(piece)
    # Sixty days before has passed; a viewer is not asked to renew.
    assert planned.count() == 6
    for reminder in planned.select_related("recipient"):
        there = reminder.due_at.astimezone(reminder.recipient.zone)
        assert (there.hour, there.minute) == (9, 0)
        assert (ends - there.date()).days in {30, 7, 0}
    assert {one.recipient for one in planned} == {startup.owners()[0], editor}


def due_now(piece):
    past = timezone.now() - timedelta(minutes=1)
    Reminder.objects.about(piece).filter(kind="evidence_30_days").update(due_at=past)
    return actions.evidence_reminding.write_due()


def test_reminder_is_written_once_and_not_for_what_was_replaced(startup, adviser):
    file, asked = make_file(startup), make_requirement(label="ISO certificate")
    piece = make_evidence(file, asked, expires_on=timezone.localdate() + timedelta(days=31))
    evidence_workflow.perform(piece, "accept", actor=adviser)
    assert due_now(piece) == 1
    assert due_now(piece) == 0
    letter = OutboxMessage.objects.get(notice="evidence_expiry_reminded")
    assert letter.subject == "Expires in 30 days: ISO certificate"
    newer = make_evidence(file, asked, expires_on=timezone.localdate() + timedelta(days=400))
    evidence_workflow.perform(newer, "accept", actor=adviser)
    left = Reminder.objects.about(piece).exclude(state=ReminderState.SENT)
    assert {one.state for one in left} == {ReminderState.CANCELLED}
    assert Reminder.objects.about(newer).filter(state=ReminderState.PLANNED).count() == 4


@pytest.mark.parametrize("what", ["a newer one waits", "left", "not good"])
def test_no_reminder_of_what_does_not_hold(startup, adviser, what):
    file, asked = make_file(startup), make_requirement()
    editor = add_member(startup)
    piece = make_evidence(file, asked, expires_on=timezone.localdate() + timedelta(days=31))
    evidence_workflow.perform(piece, "accept", actor=adviser)
    Reminder.objects.about(piece).exclude(recipient=editor).delete()
    if what == "a newer one waits":
        make_evidence(file, asked)
    elif what == "left":
        startup.memberships.get(user=editor).delete()
    else:
        Evidence.objects.filter(pk=piece.pk).update(state=EvidenceState.REJECTED)
    assert due_now(piece) == 1
    assert not OutboxMessage.objects.filter(notice="evidence_expiry_reminded").exists()


# -- how registrations stand ----------------------------------------------------------------------


def test_standing_is_confirmed_by_a_tap_and_grows_stale(client, startup, adviser, settings):
    file = make_file(startup)
    settings.STANDING_STALE_DAYS = 60
    client.force_login(adviser)
    seen = timezone.localdate() - timedelta(days=61)
    data = {
        "organisation": "UNOPS",
        "level": "level_1",
        "submission": "submitted",
        "confirmed_on": seen.isoformat(),
    }
    path = reverse("procurement:standing-write", args=[startup.pk])
    assert client.post(path, data | {"confirmed_on": "2999-01-01"}).status_code == 422
    assert client.post(path, data).status_code == 302
    page = client.get(page_of(startup)).content.decode()
    assert "not known since" in page
    assert "that is no fault" in page
    standing = file.standings.get()
    client.post(reverse("procurement:standing-unchanged", args=[standing.pk]))
    standing.refresh_from_db()
    assert (standing.confirmed_on, standing.confirmed_by) == (timezone.localdate(), adviser)
    assert "not known since" not in client.get(page_of(startup)).content.decode()
    # The same organisation in other letters is the same, and the past does not undo the present.
    assert client.post(path, data | {"organisation": "unops"}).status_code == 422
    assert file.standings.count() == 1


# -- who may --------------------------------------------------------------------------------------


def test_listed_is_permitted(startup, programme):
    file, other = make_file(startup), make_file()
    pieces = [
        make_evidence(one, make_requirement(sensitive=sensitive))
        for one in (file, other)
        for sensitive in (False, True)
    ]
    people = {
        "owner": startup.owners()[0],
        "viewer": add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user(),
        "administrator": make_user(is_superuser=True),
        **{f"{role} here": make_staff(programme, role) for role in Role},
        **{f"{role} elsewhere": make_staff(make_programme(), role) for role in Role},
    }
    restricted = set()
    for name, user in people.items():
        for model, rows in ((SupplierFile, [file, other]), (Evidence, pieces)):
            fresh = {model.objects.get(pk=row.pk) for row in rows}
            listed = set(model.objects.visible_to(user))
            permission = f"procurement.view_{model._meta.model_name}"
            assert listed == {row for row in fresh if user.has_perm(permission, row)}, name
        if Evidence.objects.visible_to(user).filter(requirement__sensitive=True).exists():
            restricted.add(name)
    assert restricted == {"owner", "viewer", "procurement here", "compliance here"}


def test_adviser_does_not_judge_the_own_organisation(startup, programme):
    piece = make_evidence(make_file(startup), make_requirement())
    member = make_staff(programme, Role.PROCUREMENT)
    add_member(startup, member)
    with pytest.raises(StepRefused):
        evidence_workflow.perform(piece, "accept", actor=member)


def test_manager_reads_status_and_gap_of_what_is_restricted_and_no_name(client, startup, programme):
    asked = make_requirement(label="Accounts", sensitive=True)
    paper = make_paper(startup, name="canary-accounts.pdf")
    piece = make_evidence(make_file(startup), asked, document=paper, answer="canary words")
    client.force_login(make_staff(programme, Role.MANAGER))
    page = client.get(page_of(startup)).content.decode()
    assert "Accounts" in page
    assert "Being looked at" in page
    assert "canary" not in page
    path = reverse("procurement:evidence-file", args=[piece.pk, paper.pk])
    assert client.get(path).status_code == 404
    assert not AuditEntry.objects.filter(verb__contains="restricted").exists()


def test_each_opening_of_a_restricted_file_is_written_and_shown(client, startup, adviser):
    asked = make_requirement(sensitive=True)
    piece = make_evidence(make_file(startup), asked)
    path = reverse("procurement:evidence-file", args=[piece.pk, piece.document_id])
    client.force_login(adviser)
    client.get(page_of(startup))
    for _time in range(2):
        answer = client.get(path)
        assert answer["Content-Disposition"].startswith("attachment")
        assert b"".join(answer.streaming_content) == b"%PDF-1.4"
    verbs = AuditEntry.objects.filter(startup_id=startup.pk, actor=adviser).values_list("verb")
    assert sorted(verbs) == [("open-restricted",), ("read-restricted",), ("read-restricted",)]
    owner = startup.owners()[0]
    client.force_login(owner)
    client.get(path)
    page = client.get(page_of(startup)).content.decode()
    assert page.count("downloaded a document") == 2
    assert adviser.shown_name in page
    # The team reads its own papers without an entry.
    assert not AuditEntry.objects.filter(verb="read-restricted", actor=owner).exists()


def test_letter_about_a_restricted_paper_says_neither_name_nor_reason(startup, adviser):
    asked = make_requirement(sensitive=True)
    paper = make_paper(startup, name="canary-accounts.pdf")
    piece = make_evidence(make_file(startup), asked, document=paper)
    evidence_workflow.perform(piece, "reject", actor=adviser, data={"why": "canary loss of 2 m"})
    letter = OutboxMessage.objects.get(notice="evidence_rejected")
    assert "canary" not in letter.text + letter.subject + letter.html
    assert "canary" not in str(list(AuditEntry.objects.values_list("reason", "facts")))


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("who", ["owner", "adviser"])
def test_file_query_count(client, startup, adviser, asked, count, who, django_assert_num_queries):
    file = make_file(startup)
    for number in range(count):
        make_evidence(file, asked["level_1/iso"], answer=str(number))
        make_evidence(file, asked["level_1/certificate"])
    client.force_login(adviser if who == "adviser" else startup.owners()[0])
    client.get(page_of(startup))
    with django_assert_num_queries(QUERIES[who]):
        client.get(page_of(startup))


# session, person, startup, its people and who met it, file, what is asked, revision, statement,
# evidence, contacts, clock, registrations, statement shown, values of contracts, who opened,
# unread, my roles on staff
QUERIES = {"owner": 17, "adviser": 17}


@pytest.mark.parametrize("count", [1, 3])
def test_admin_list(client, programme, adviser, count, django_assert_num_queries):
    ask_as_shipped()
    for _number in range(count):
        made = make_startup()
        meet(startup=made, programme=programme)
        make_evidence(make_file(made))
    make_file()
    client.force_login(adviser)
    path = reverse("admin:procurement_supplierfile_changelist")
    client.get(path)
    with django_assert_num_queries(12):
        answer = client.get(path)
    assert answer.context["cl"].result_count == count
    page = answer.content.decode()
    assert "none yet" in page
    assert "Account in the UN Global Marketplace: Missing in your record." in page


def test_requirement_is_added_and_ended_but_not_changed(client, adviser):
    row = make_requirement(label="Licence", valid_from=date(2026, 1, 1))
    client.force_login(adviser)
    path = reverse("admin:procurement_requirement_change", args=[row.pk])
    data = {"label": "Something else", "valid_to": "2026-12-31"}
    assert client.post(path, data).status_code == 302
    row.refresh_from_db()
    assert (row.label, row.valid_to) == ("Licence", date(2026, 12, 31))


# -- two records of one organisation --------------------------------------------------------------


def test_of_two_files_the_kept_records_stands(startup):
    gone = make_startup()
    behind = make_file(gone)
    make_evidence(behind)
    assert actions.merge_files(startup.pk, gone.pk).behind == frozenset()
    make_file(startup)
    found = actions.merge_files(startup.pk, gone.pk)
    assert found.behind == {behind.pk}
    assert "1 piece of evidence stays with the other" in found.notes[0]
