"""The development mailbox: what would have been sent is caught and read in the browser."""

from __future__ import annotations

import pytest
from django.core.mail import EmailMultiAlternatives

from portal import mailbox


@pytest.fixture
def caught_mail(settings, tmp_path):
    """One mail, caught in a folder that is there already, as `dev.py` makes it."""
    settings.DEMO = True
    settings.MAIL_DIR = str(tmp_path / "mail")
    (tmp_path / "mail").mkdir()
    mail = EmailMultiAlternatives("Grüße – 神戸", "Text", to=["Amina@example.org"])
    mail.attach_alternative("<p>Text</p><script>alert(1)</script>", "text/html")
    assert mailbox.MaildirBackend().send_messages([mail]) == 1
    return mailbox.caught()[0]


def test_mail_is_caught_as_it_was_written(caught_mail):
    assert caught_mail.subject == "Grüße – 神戸"
    assert caught_mail.to == "Amina@example.org"
    assert mailbox.one(caught_mail.key) == caught_mail
    assert mailbox.caught(to="amina") == [caught_mail]
    assert mailbox.caught(to="kofi") == []
    assert mailbox.one("../../etc/passwd") is None


@pytest.mark.django_db
def test_mail_is_read_in_the_browser_without_running_what_it_brings(client, caught_mail):
    listed = client.get("/mailbox/").content.decode()
    assert "Grüße – 神戸" in listed
    assert client.get(f"/mailbox/{caught_mail.key}/").status_code == 200
    html = client.get(f"/mailbox/{caught_mail.key}/html/")
    policy = html["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src 'none'" in policy
