"""The kernel's own pages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import InboxNotice, PolicyText
from tests.factories.challenges import make_call
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db


def test_home_shows_open_calls_to_everybody(client):
    call = make_call(title="Open call")
    make_call(title="Secret draft", state="draft", published_at=None)
    page = client.get("/").content.decode()
    assert call.title in page
    assert "Secret draft" not in page


def test_public_pages_set_no_cookie_and_hold_no_token(client):
    call = make_call()
    for address in ("/", "/calls/", call.get_absolute_url(), call.programme.get_absolute_url()):
        response = client.get(address)
        assert response.status_code == 200
        assert not response.cookies
        assert b"csrfmiddlewaretoken" not in response.content


def test_unpublished_programme_has_no_page(client):
    assert client.get(make_programme(published=False).get_absolute_url()).status_code == 404


def test_inbox_is_ones_own_and_is_marked_as_read(client):
    amina, other = make_user(), make_user()
    notice = InboxNotice.objects.create(recipient=amina, event_key="k", subject="News", body="B")
    client.force_login(other)
    assert "News" not in client.get(reverse("inbox-list")).content.decode()
    assert client.get(reverse("inbox-detail", args=[notice.pk])).status_code == 404
    client.force_login(amina)
    assert "News" in client.get(reverse("inbox-list")).content.decode()
    assert client.get(reverse("inbox-detail", args=[notice.pk])).status_code == 200
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_profile_refuses_a_zone_that_is_none_and_keeps_what_was_typed(client):
    client.force_login(make_user())
    data = {"given_name": "Ngozi", "language": "en-gb", "time_zone": "Mars/Olympus"}
    page = client.post(reverse("profile-edit"), data)
    assert page.status_code == 200
    assert "Ngozi" in page.content.decode()
    data["time_zone"] = "Africa/Lagos"
    assert client.post(reverse("profile-edit"), data).status_code == 302


def test_nul_byte_is_taken_out_of_what_was_typed_and_refused_in_an_address(client):
    person = make_user()
    client.force_login(person)
    data = {"given_name": "Ama\x00ra", "language": "en-gb", "time_zone": "Africa/Lagos"}
    assert client.post(reverse("profile-edit"), data).status_code == 302
    person.refresh_from_db()
    assert person.given_name == "Amara"
    assert client.get("/calls/?q=%00").status_code == 400


def test_policy_shows_the_version_in_force(client):
    PolicyText.objects.all().delete()
    PolicyText.objects.create(
        kind="privacy", version="1", text="Old text", in_force_from="2020-01-01"
    )
    PolicyText.objects.create(
        kind="privacy", version="2", text="<script>x</script> Text", in_force_from="2021-01-01"
    )
    PolicyText.objects.create(
        kind="privacy", version="3", text="Future", in_force_from="2999-01-01"
    )
    page = client.get("/privacy/").content.decode()
    assert "Version 2" in page
    assert "Future" not in page
    assert "<script>x" not in page


def test_styleguide_is_for_staff(client):
    client.force_login(make_user())
    assert client.get(reverse("styleguide")).status_code == 404
    client.force_login(make_staff())
    assert client.get(reverse("styleguide")).status_code == 200


def test_mailbox_exists_only_in_the_demonstration(client, settings):
    settings.DEMO = False
    assert client.get(reverse("mailbox-list")).status_code == 404
