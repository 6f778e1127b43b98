"""Every letter as its reader gets it: plain subject, both zones, working links, nothing left open.

``LETTERS_DIR=/tmp/letters pytest tests/portal/test_letters_read.py`` writes them all there.
"""

from __future__ import annotations

import ast
import os
import re
import unicodedata
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone, translation

from portal import outbox
from portal.delivery import as_mail
from portal.models import InboxNotice, OutboxMessage
from portal.notices import Notice, name_of, optional_kinds
from tests.letters import NOTICES, Stage
from tests.posted import TO_AN_ADDRESS, post_by_hand, post_of_allauth
from tests.source import APPS, ROOT, TEMPLATES, modules, subclasses, tree

#: A subject is shown whole on a telephone and needs no folding.
SUBJECT_FITS = 78
INSTANT = re.compile(r"\b\d\d:\d\d\b")
BOTH_ZONES = re.compile(
    r"\d\d:\d\d(:\d\d)? \S+ \((.+, )?\d\d:\d\d(:\d\d)? your time, (Stockholm|Nairobi)\)"
)


def kinds() -> dict[str, type[Notice]]:
    """Every class of letter that has sentences of its own, by its name."""
    return {
        name_of(kind): kind
        for kind in subclasses(Notice)
        if (TEMPLATES / kind.app / "mail" / f"{name_of(kind)}.txt").is_file()
    }


def prefixes() -> list[str]:
    """The letters of the sign-in pages, by allauth's names for them."""
    ours = TEMPLATES.glob("*/email/*_message.txt")
    return sorted(str(path.relative_to(TEMPLATES)).removesuffix("_message.txt") for path in ours)


def keep(message: OutboxMessage, name: str) -> None:
    """Write the letter where somebody can read it, if they asked for that."""
    if folder := os.environ.get("LETTERS_DIR"):
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        mail = as_mail(message)
        head = "".join(f"{key}: {value}\n" for key, value in mail.message().items())
        (place / f"{name}.txt").write_text(f"{head}\n{message.text}", encoding="utf-8")
        (place / f"{name}.html").write_text(message.html, encoding="utf-8")


def wrong_in(message: OutboxMessage, *, facts: bool = True) -> list[str]:
    """What no letter may have, in words; empty where it is well made."""
    wrong = []
    if len(message.subject) > SUBJECT_FITS:
        wrong.append(f"the subject has {len(message.subject)} characters: {message.subject}")
    if any(unicodedata.category(sign) in {"So", "Cc", "Cf"} for sign in message.subject):
        wrong.append("the subject has a sign that is no plain text")
    if re.match(r"\s*(\[|re:|fwd?:)", message.subject, re.IGNORECASE):
        wrong.append("the subject has a prefix")
    for name, text in (
        ("subject", message.subject),
        ("text", message.text),
        ("html", message.html),
    ):
        if re.search(r"\{\{|\{%|%\(|\bNone\b|\bFalse\b|\bTrue\b|<QuerySet|object at", text):
            wrong.append(f"the {name} has something left open")
    if re.search(r"&(amp|lt|gt|quot|#\d+);|<[a-z]+>", message.text):
        wrong.append("the plain text is escaped")
    site = django_settings.SITE_URL
    links = re.findall(r"https?://[^\s\"<>]+", message.text)
    links += re.findall(r'(?:href|src)="([^"]*)"', message.html)
    wrong += [
        f"a link leads elsewhere: {link}" for link in links if not link.startswith(f"{site}/")
    ]
    if (
        "prefers-color-scheme: dark" not in message.html
        or 'name="color-scheme"' not in message.html
    ):
        wrong.append("no dark mode")
    if re.search(r"<script|<img|<link|url\(|\son\w+=", message.html):
        wrong.append("the HTML fetches or runs something")
    if facts:
        wrong += [
            f"an instant without both zones: {line}"
            for line in message.text.splitlines()
            if INSTANT.search(line) and not BOTH_ZONES.search(line)
        ]
    mail = as_mail(message)
    if mail.extra_headers["Message-ID"] != as_mail(message).extra_headers["Message-ID"]:
        wrong.append("the Message-ID is another at each attempt")
    return wrong + wrong_parts(message, mail.message())


def wrong_parts(message: OutboxMessage, whole: Any) -> list[str]:
    """A letter is text and HTML, and where it names a time a calendar entry comes with it."""
    body, *attached = whole.get_payload() if message.calendar else [whole]
    said = [part.get_content_type() for part in [*body.get_payload(), *attached]]
    expected = ["text/plain", "text/html", *(["text/calendar"] if message.calendar else [])]
    return [] if said == expected else [f"it is made of {said}"]


def test_there_is_a_scene_for_every_kind() -> None:
    assert set(kinds()) == set(NOTICES) | TO_AN_ADDRESS
    bare = {name for name, kind in kinds().items() if not kind.mandatory and not kind.kind}
    assert not bare, "a letter that may be switched off has a name and says why one gets it"


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(NOTICES))
def test_letter_of_a_step_is_well_made(name, settings):
    settings.SITE_URL = "https://portal.example.org"
    kind, on = kinds()[name], Stage()
    with transaction.atomic():
        notice, step = kind(), NOTICES[name](on)
        outbox.tell_readers(notice, step, list(notice.recipients(step)), programme=on.programme)
    letters = list(OutboxMessage.objects.filter(notice=name))
    assert letters
    assert InboxNotice.objects.filter(notice=name).count() == len(letters)
    for message in letters:
        keep(message, name)
        assert wrong_in(message) == []
        assert message.reply_to, "replies go to the programme"
        headers = as_mail(message).extra_headers
        assert ("List-Unsubscribe" in headers) is not kind.mandatory
        assert ("Stop letters of this kind" in message.text) is not kind.mandatory
    if name.startswith(("application_", "draft_", "file_", "place_", "message_")):
        references = {on.draft.reference, on.submitted.reference}
        assert any(one in letters[0].subject for one in references)


@pytest.mark.django_db
def test_letters_of_no_step_are_well_made(settings):
    settings.SITE_URL = "https://portal.example.org"
    on = Stage()
    with timezone.override(on.owner.zone), translation.override("en-gb"):
        known = post_by_hand(on)
    written = set(OutboxMessage.objects.values_list("notice", flat=True))
    assert set().union(*known.values()) <= written
    for number, message in enumerate(OutboxMessage.objects.all()):
        keep(message, f"{message.notice}_{number}")
        # Who is invited has no account, so their zone is not known: the zone is said.
        assert wrong_in(message, facts=False) == []
        for line in message.text.splitlines():
            assert not INSTANT.search(line) or re.search(r"\d\d:\d\d(:\d\d)? [A-Z][\w/+−]+", line)
        may_be_stopped = message.notice in {"digest", "member_departed"}
        assert ("List-Unsubscribe" in as_mail(message).extra_headers) == may_be_stopped


def test_every_module_that_posts_a_letter_is_read() -> None:
    """The rest of the closed world: whoever calls `outbox.post` is in a scene."""
    posting = set()
    for path in modules(*APPS):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "outbox.post":
                posting.add(name)
    known = {
        "challenges.actions.alert",
        "challenges.actions.wording",
        "portal.actions.digest",
        *("challenges.actions.circular", "challenges.actions.helper", "startups.actions.record"),
        *("portal.actions.people", "portal.actions.mail", "portal.actions.address"),
        *("portal.actions.closing", "portal.actions.sealing"),
        "portal.actions.letters",  # post_code, which the letters of allauth go through
    }
    assert posting == known, "add the letter to `tests.posted.post_by_hand`"


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", prefixes())
def test_letter_of_the_sign_in_pages_is_well_made(prefix, settings):
    settings.SITE_URL = "https://portal.example.org"
    on = Stage()
    post_of_allauth(prefix, on.owner)
    message = OutboxMessage.objects.get(notice="sign_in")
    keep(message, prefix.replace("/", "_"))
    assert wrong_in(message, facts=False) == []
    assert "List-Unsubscribe" not in as_mail(message).extra_headers
    for line in message.text.splitlines():
        assert not INSTANT.search(line) or "Europe/Stockholm" in line or "CE" in line


def test_every_letter_of_allauth_is_ours() -> None:
    """A letter that allauth adds would come in its own words, unnoticed."""
    packaged = Path(allauth.__file__).parent / "templates"
    installed = {name.rpartition(".")[2] for name in django_settings.INSTALLED_APPS}
    theirs = {
        str(path.relative_to(packaged)).removesuffix("_message.txt")
        for path in packaged.glob("*/email/*_message.txt")
        if path.parts[-3] in installed and not path.name.startswith("base")
    }
    assert theirs <= set(prefixes())


def test_optional_kinds_are_few_and_named() -> None:
    names = {kind().name for kind in optional_kinds()}
    assert names == {
        "action_item_due",
        "answers_published",
        "deck_due",
        "draft_reminded",
        "complete_draft_reminded",
        "changes_reminded",
        "closing_neared",
        "call_closed",
        "jurors_wanted",
        "evidence_expiry_reminded",
        "goal_report_due",
        "guest_reminded",
        "guest_summoned",
        "guest_thanked",
        "log_reminded",
        "member_departed",
        "mentor_demo_day_reminded",
        "mentor_thanked",
        "offer_reminded",
        "session_reminded",
        "startup_demo_day_reminded",
        "startup_thanked",
    }
