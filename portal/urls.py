"""All addresses; the apps are named as strings, so the kernel imports none of them."""

from allauth.account import views as allauth_views
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from portal.http import still_you
from portal.views import (
    account,
    calendar,
    demo,
    elsewhere,
    health,
    mail,
    personal,
    public,
    security,
    wellknown,
)

handler400 = "portal.views.errors.bad_request"
handler500 = "portal.views.errors.server_error"
# Not Django's own, allauth looks for it here.
handler429 = "portal.views.errors.too_many_requests"

urlpatterns = [
    path("", public.home, name="home"),
    path("programmes/<slug:slug>/", public.programme_detail, name="programme-detail"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.prometheus, name="metrics"),
    path("robots.txt", wellknown.robots, name="robots"),
    path("sitemap.xml", wellknown.sitemap, name="sitemap"),
    path("favicon.ico", wellknown.favicon, name="favicon"),
    path(".well-known/security.txt", wellknown.security_txt, name="security-txt"),
    path(".well-known/change-password", wellknown.change_password, name="change-password"),
    path("styleguide/", public.styleguide, name="styleguide"),
    path("privacy/", public.policy_detail, {"kind": "privacy"}, name="privacy"),
    path("terms/", public.policy_detail, {"kind": "terms"}, name="terms"),
    path("mentors/conduct/", public.policy_detail, {"kind": "mentors"}, name="mentors"),
    path("accessibility/", public.policy_detail, {"kind": "accessibility"}, name="accessibility"),
    path("inbox/", personal.inbox_list, name="inbox-list"),
    path("inbox/<uuid:pk>/", personal.inbox_detail, name="inbox-detail"),
    path("accounts/profile/", personal.profile_edit, name="profile-edit"),
    path("accounts/mail/", mail.mail_preferences, name="mail-preferences"),
    path("accounts/calendar/", calendar.calendar_address, name="calendar-address"),
    path("accounts/calendar/new/", calendar.calendar_make, name="calendar-make"),
    path("accounts/calendar/end/", calendar.calendar_end, name="calendar-end"),
    # Whoever has the secret reads it: a calendar program knows no password of ours.
    path("calendar/<str:token>.ics", calendar.calendar_feed, name="calendar-feed"),
    path("accounts/address/", mail.address_check, name="address-check"),
    path("accounts/address/<str:proof>/", mail.address_proof, name="address-proof"),
    path("letters/stop/<str:token>/", mail.letters_stop, name="letters-stop"),
    path("accounts/email/", account.email_edit, name="account_email"),
    path("accounts/email/change/", account.email_change, name="email-change"),
    path("accounts/email/stop/", account.email_change_stop, name="email-change-stop"),
    path(
        "accounts/email/answer/<str:token>/",
        account.email_change_answer,
        name="email-change-answer",
    ),
    path("accounts/close/", account.account_close, name="account-close"),
    path("accounts/my-data/", account.my_data_download, name="my-data"),
    path("accounts/role/<str:token>/", personal.staff_invitation, name="staff-invitation"),
    path("accounts/security/", security.account_security, name="account-security"),
    path("accounts/second-factor/", security.second_factor, name="second-factor"),
    path("accounts/sessions/", security.session_list, name="usersessions_list"),
    path("accounts/sessions/end/", security.sessions_end, name="sessions-end"),
    path("accounts/sessions/<int:session>/end/", security.session_end, name="session-end"),
    path("accounts/devices/<uuid:pk>/forget/", security.device_forget, name="device-forget"),
    path(
        "accounts/password/set/",
        still_you(allauth_views.password_set),
        name="account_set_password",
    ),
    path("accounts/", include("allauth.account.urls")),
    # allauth's page of this name is the first part of ours.
    path("accounts/2fa/", RedirectView.as_view(pattern_name="account-security"), name="mfa_index"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/elsewhere/", elsewhere.connections, name="socialaccount_connections"),
    path("accounts/elsewhere/new/", elsewhere.signup, name="socialaccount_signup"),
    path(
        "accounts/elsewhere/cancelled/", elsewhere.cancelled, name="socialaccount_login_cancelled"
    ),
    path("accounts/elsewhere/failed/", elsewhere.failed, name="socialaccount_login_error"),
    path(
        "accounts/oidc/<slug:provider_id>/login/",
        elsewhere.elsewhere_login,
        name="openid_connect_login",
    ),
    path(
        "accounts/oidc/<slug:provider_id>/login/callback/",
        elsewhere.elsewhere_callback,
        name="openid_connect_callback",
    ),
    path("mailbox/", demo.mailbox_list, name="mailbox-list"),
    path("mailbox/<str:key>/", demo.mailbox_detail, name="mailbox-detail"),
    path("mailbox/<str:key>/html/", demo.mailbox_html, name="mailbox-html"),
    path("", include("challenges.urls")),
    path("", include("events.urls")),
    path("", include("startups.urls")),
    path("", include("procurement.urls")),
    path("admin/", admin.site.urls),
]

if settings.MAIL_EVENTS:
    from portal.views.mail_events import mail_events  # needs the extra that is not always there

    urlpatterns.insert(0, path("mail/events/", mail_events, name="mail-events"))
