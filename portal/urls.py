"""All addresses; the apps are named as strings, so the kernel imports none of them."""

from django.contrib import admin
from django.urls import include, path

from portal.views import demo, personal, public

handler500 = "portal.views.errors.server_error"

urlpatterns = [
    path("", public.home, name="home"),
    path("programmes/<slug:slug>/", public.programme_detail, name="programme-detail"),
    path("healthz", public.healthz, name="healthz"),
    path("styleguide/", public.styleguide, name="styleguide"),
    path("privacy/", public.policy_detail, {"kind": "privacy"}, name="privacy"),
    path("terms/", public.policy_detail, {"kind": "terms"}, name="terms"),
    path("accessibility/", public.policy_detail, {"kind": "accessibility"}, name="accessibility"),
    path("inbox/", personal.inbox_list, name="inbox-list"),
    path("inbox/<uuid:pk>/", personal.inbox_detail, name="inbox-detail"),
    path("accounts/profile/", personal.profile_edit, name="profile-edit"),
    path("accounts/role/<str:token>/", personal.staff_invitation, name="staff-invitation"),
    path("accounts/", include("allauth.urls")),
    path("mailbox/", demo.mailbox_list, name="mailbox-list"),
    path("mailbox/<str:key>/", demo.mailbox_detail, name="mailbox-detail"),
    path("mailbox/<str:key>/html/", demo.mailbox_html, name="mailbox-html"),
    path("", include("challenges.urls")),
    path("", include("startups.urls")),
    path("", include("procurement.urls")),
    path("admin/", admin.site.urls),
]
