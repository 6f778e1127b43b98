"""Letters of a call in staff's own words: filled in plainly, never losing what they are for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, strategies as st

from challenges.actions.letter_example import example_of
from challenges.actions.wording import (
    as_it_will_read,
    letters_of,
    supplied,
    take_supplied,
    test_letter as send_test,
    why_not,
    word_letter,
    words_for,
)
from challenges.models import Wording
from challenges.notices.application import ApplicationReceived
from challenges.notices.wording import (
    LETTERS,
    NAME,
    NAMES,
    NOT_WORDED,
    VALUES,
    Own,
    fill,
    in_own_words,
    names_of,
)
from challenges.workflow.call import call_workflow
from portal import outbox
from portal.actions.telling import tell_due
from portal.choices import Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage
from portal.notices import Letter, kinds_of
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup

LANGUAGE = "en-gb"
OWN = Own(
    "Dear {name}: {call}",
    "We have {organisation}’s papers ({reference}).\n\nUntil {deadline} you may change them.",
    "The team of {programme}\n{contact}",
)


@pytest.fixture
def call(programme):
    return make_call(programme, title="Harbour Call")


@pytest.fixture
def submitted(call):
    startup = make_startup(make_user(given_name="Wanjiku"), legal_name="Maji & <b>Sensors</b>")
    return make_application(call, startup, state="submitted")


def tell(application):
    step = SimpleNamespace(
        record=application,
        at=timezone.now(),
        data={},
        facts={},
        reason="",
        entry=SimpleNamespace(pk=application.pk),
        actor=None,
    )
    with transaction.atomic():
        outbox.tell(ApplicationReceived(), step, programme=application.call.programme)
    return OutboxMessage.objects.filter(notice="application_received")


def page(call, notice="application_received"):
    return reverse("admin:challenges_call_letter", args=[call.pk, notice, LANGUAGE])


# -- pure -----------------------------------------------------------------------------------------

braces = st.text(alphabet=st.sampled_from("{}{}ab._!:[]0 \n%$name"), max_size=60)


@given(text=braces, value=braces)
def test_any_text_is_filled_in_without_raising_or_looking_twice(text, value):
    values = {"name": value}
    filled = fill(text, values)
    plain = NAME.sub(lambda found: "" if found[1] == "name" else found[0], text)
    # Nothing comes in but the value, as often as its name stands there, and nothing goes but that.
    times = NAME.findall(text).count("name")
    assert len(filled) == len(plain) + times * len(value)
    if "name" not in NAME.findall(text):
        assert filled == text


@given(subject=braces, text=braces, signature=braces)
def test_no_words_break_a_letter_or_lead_into_a_record(subject, text, signature):
    secret = "s3cret-pa55word"
    person = SimpleNamespace(
        shown_name="Wanjiku", password=secret, email=secret, time_zone="Africa/Nairobi"
    )
    programme = SimpleNamespace(name="Kobe", mailbox="kobe@example.org", secret=secret)
    call = SimpleNamespace(
        title="Call",
        programme=programme,
        contact_email="",
        time_zone="Asia/Tokyo",
        closes_at=timezone.now(),
        news_by=None,
        secret=secret,
    )
    step = SimpleNamespace(record=call, data={"count": 1}, reason="", secret=secret)
    letter = Letter("Supplied", "Supplied", ["One"], facts=[("Call", "Call")], action=("Go", "/x/"))
    for tried in (text, f"{{{text}}}", f"{{name{text}}}", f"{{call.{text}}}", "{name.password}"):
        own = Own(subject, f"{tried}{{call.programme.secret}}", signature)
        said = in_own_words("answers_published", own, letter, step, person)
        assert secret not in f"{said.subject}{said.heading}{said.paragraphs}"
        assert (said.facts, said.action) == (letter.facts, letter.action)
        assert "\n" not in said.subject


def test_value_is_not_a_template_itself():
    assert fill("{name} {call}", {"name": "{call}", "call": "X"}) == "{call} X"


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (Own("S", "{password} {reason}"), "{password}"),
        (Own("S", "{name.email} {reason}"), "{name.email}"),
        (Own("S", "{reason} { name }"), "{ name }"),
        (Own("S", "{reason} {}"), "nothing called"),
        (Own("S {reason}", "{reason}"), "too long for the subject"),
        (Own("S", "No reason here"), "must say {reason}"),
        (Own("S", "{reason}", "{file}"), "{file}"),
    ],
)
def test_words_that_no_letter_can_say_are_refused_with_a_sentence(own, sentence):
    assert sentence in (why_not("application_not_selected", own) or "")


def test_every_letter_of_calls_is_wordable_or_says_why_not():
    assert set(LETTERS) | set(NOT_WORDED) == set(kinds_of("challenges"))
    assert not set(LETTERS) & set(NOT_WORDED)
    used = {name for notice in LETTERS for name in names_of(notice)}
    assert used == set(NAMES) == set(VALUES)
    for notice, letter in LETTERS.items():
        assert set(letter.must) <= set(letter.names), notice


# -- examples -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("notice", sorted(LETTERS))
def test_every_letter_has_an_example_with_all_its_names(call, notice):
    letter = supplied(call, notice, LANGUAGE)
    assert letter.paragraphs
    text = "\n\n".join([f"{{{name}}}" for name in names_of(notice)])
    own = Own("Subject", text)
    assert why_not(notice, own) is None
    said = as_it_will_read(call, notice, LANGUAGE, own)
    assert not NAME.findall("".join(said.paragraphs))
    named = supplied(call, notice, LANGUAGE, named=True)
    begun = Own(named.subject, "\n\n".join(named.paragraphs))
    kept = LETTERS[notice].kept
    if kept:
        begun = Own(named.subject, "\n\n".join(named.paragraphs[:-kept]))
    assert why_not(notice, begun) is None, "the supplied words can be kept as one's own"
    again = as_it_will_read(call, notice, LANGUAGE, begun)
    assert again.subject == letter.subject
    assert again.paragraphs == letter.paragraphs
    step, reader = example_of(call, notice, LANGUAGE)
    assert reader.email.endswith("example.org")
    assert step.at


# -- sent -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_letter_is_sent_in_own_words_with_facts_and_button_supplied(call, submitted, manager):
    word_letter(call=call, name="application_received", language=LANGUAGE, own=OWN, by=manager)
    [letter] = tell(submitted)
    assert letter.subject == "Dear Wanjiku: Harbour Call"
    assert f"We have Maji & <b>Sensors</b>’s papers ({submitted.reference})." in letter.text
    assert "<b>Sensors" not in letter.html
    assert "Maji &amp; &lt;b&gt;Sensors&lt;/b&gt;" in letter.html
    assert "The team of" in letter.text
    assert "desk@example.org" in letter.text
    assert "Open the application" in letter.html
    assert "Fingerprint" in letter.text
    assert "nothing more to do" in letter.text, "the first line says it all the same"
    assert "You may still change it until the deadline." not in letter.text
    assert "We have Maji" in InboxNotice.objects.get().body


@pytest.mark.django_db
def test_name_of_an_organisation_breaks_out_of_nothing(call, manager):
    startup = make_startup(make_user(), legal_name="Evil\r\nBcc: x@example.org {reference}")
    application = make_application(call, startup, state="submitted")
    own = Own("From {organisation}", "Hello {organisation}")
    word_letter(call=call, name="application_received", language=LANGUAGE, own=own, by=manager)
    [letter] = tell(application)
    assert "\n" not in letter.subject
    assert "{reference}" in letter.subject


@pytest.mark.django_db
def test_other_calls_and_languages_get_the_supplied_words(call, manager, submitted, settings):
    settings.LANGUAGES = [("en-gb", "English"), ("ja", "Japanese")]
    word_letter(call=call, name="application_received", language="ja", own=OWN, by=manager)
    elsewhere = make_call(call.programme)
    word_letter(call=elsewhere, name="application_received", language="en-gb", own=OWN, by=manager)
    [letter] = tell(submitted)
    assert letter.subject.startswith("Received:")
    row = next(one for one in letters_of(call) if one.name == "application_received")
    assert row.missing == ["English"]
    assert next(one for one in letters_of(call) if one.name == "call_cancelled").missing == []


@pytest.mark.django_db
def test_what_was_sent_stays_and_back_is_the_supplied_text(call, submitted, manager):
    word_letter(call=call, name="application_received", language=LANGUAGE, own=OWN, by=manager)
    tell(submitted)
    assert take_supplied(call=call, name="application_received", language=LANGUAGE, by=manager)
    assert OutboxMessage.objects.get().subject == "Dear Wanjiku: Harbour Call"
    other = make_application(call, state="submitted")
    assert tell(other).last().subject
    assert tell(other).filter(subject__startswith="Received:").count() == 1
    verbs = set(AuditEntry.objects.about(call).values_list("verb", flat=True))
    assert {"word-letter", "take-supplied-letter"} <= verbs
    for entry in AuditEntry.objects.about(call):
        assert "papers" not in f"{entry.facts}{entry.reason}"


@pytest.mark.django_db
@pytest.mark.parametrize("people", [1, 3])
def test_own_words_are_read_once_for_all_readers(call, manager, people):
    startup = make_startup(make_user())
    for _number in range(people - 1):
        add_member(startup, make_user())
    application = make_application(call, startup, state="submitted")
    word_letter(call=call, name="application_received", language=LANGUAGE, own=OWN, by=manager)
    with CaptureQueriesContext(connection) as asked:
        assert tell(application).count() == people
    assert sum("challenges_wording" in one["sql"] for one in asked) == 1


@pytest.mark.django_db
def test_submission_reads_own_words_with_the_application(call, manager):
    """The step that must not grow: the words came in the statement that read the record."""
    word_letter(call=call, name="application_received", language=LANGUAGE, own=OWN, by=manager)
    from challenges.workflow.application import for_submission  # noqa: PLC0415 -- the very rows

    application = make_application(call, state="submitted")
    record = for_submission(type(application)._default_manager.all()).get(pk=application.pk)
    step = SimpleNamespace(record=record)
    with CaptureQueriesContext(connection) as asked:
        found = words_for([(ApplicationReceived(), step)])
    assert len(asked) == 0
    assert set(found[0]) == {LANGUAGE}


@pytest.mark.django_db
def test_step_of_a_call_uses_the_words(call, submitted, manager):
    own = Own("{call} is off", "Sadly: {reason}\n\nYours, {programme}")
    word_letter(call=call, name="call_cancelled", language=LANGUAGE, own=own, by=manager)
    call_workflow.perform(call, "cancel", actor=manager, reason="No funds.")
    tell_due()
    letter = OutboxMessage.objects.get(notice="call_cancelled")
    assert letter.subject == "Harbour Call is off"
    assert "Sadly: No funds." in letter.text
    assert submitted.call_id == call.pk


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_letter_is_worded_on_its_page(client, call, manager):
    client.force_login(manager)
    listing = client.get(reverse("admin:challenges_call_letters", args=[call.pk]))
    assert "Receipt of an application" in listing.content.decode()
    first = client.get(page(call)).content.decode()
    assert "{organisation}" in first
    assert "We have received the application of {organisation} to “{call}”." in first
    words = {"subject": OWN.subject, "text": OWN.text, "signature": OWN.signature}
    look = client.post(page(call), {**words, "look": "1"}).content.decode()
    assert "We have Maji Sensors Ltd’s papers (K7QF-3MPD)." in look
    assert not Wording.objects.exists()
    assert client.post(page(call), {**words, "keep": "1"}).status_code == 302
    kept = Wording.objects.get()
    assert (kept.notice, kept.language, kept.written_by) == (
        "application_received",
        LANGUAGE,
        manager,
    )
    assert (
        "own words"
        in client.get(reverse("admin:challenges_call_letters", args=[call.pk])).content.decode()
    )
    back = reverse(
        "admin:challenges_call_letter_supplied",
        args=[call.pk, "application_received", LANGUAGE],
    )
    client.post(back)
    assert not Wording.objects.exists()


@pytest.mark.django_db
def test_strange_name_is_sent_back_with_what_was_typed(client, call, manager):
    client.force_login(manager)
    sent = client.post(page(call), {"subject": "S", "text": "Hello {user.password}", "keep": "1"})
    text = sent.content.decode()
    assert "There is nothing called {user.password}" in text
    assert "Hello {user.password}" in text
    assert not Wording.objects.exists()


@pytest.mark.django_db
def test_test_goes_to_oneself_alone_and_is_marked(client, call, submitted, manager):
    client.force_login(manager)
    words = {"subject": OWN.subject, "text": OWN.text, "signature": "", "test": "1"}
    client.post(page(call), words)
    letter = OutboxMessage.objects.get()
    assert (letter.to_address, letter.notice) == (manager.email, "wording_test")
    assert letter.subject.startswith("Test: ")
    assert "This is a test" in letter.text
    assert submitted.startup.name not in letter.text
    assert not InboxNotice.objects.exists()
    assert not Wording.objects.exists()


@pytest.mark.django_db
def test_only_who_runs_the_call_words_its_letters(call):
    for person in (
        make_staff(call.programme, Role.CHAIR),
        make_staff(make_programme(), Role.MANAGER),
        make_user(),
    ):
        for verb in (word_letter, send_test):
            with pytest.raises(StepRefused) as refused:
                verb(
                    call=call,
                    name="call_cancelled",
                    language=LANGUAGE,
                    own=Own("S", "{reason}"),
                    by=person,
                )
            assert refused.value.permission


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_list_of_letters_asks_no_more_for_more(
    client, call, manager, count, django_assert_max_num_queries
):
    for name in ("application_received", "application_amended", "answers_published")[:count]:
        word_letter(
            call=call, name=name, language=LANGUAGE, own=Own("S", "Hello {name}"), by=manager
        )
    client.force_login(manager)
    client.get(reverse("admin:index"))
    with django_assert_max_num_queries(14):
        client.get(reverse("admin:challenges_call_letters", args=[call.pk]))
