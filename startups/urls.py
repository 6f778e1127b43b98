"""Addresses of startups."""

from django.urls import path

from startups.views import invitation, join, member, startup

app_name = "startups"
urlpatterns = [
    path("startups/", startup.startup_list, name="startup-list"),
    path("startups/new/", startup.startup_create, name="startup-create"),
    path("startups/join/", join.join_request_create, name="join-request-create"),
    path("startups/join/<uuid:pk>/answer/", join.join_request_answer, name="join-request-answer"),
    path(
        "startups/invitations/<str:token>/",
        invitation.invitation_accept,
        name="invitation-accept",
    ),
    path(
        "startups/invitations/<uuid:pk>/answer/",
        invitation.invitation_answer,
        name="invitation-answer",
    ),
    path(
        "startups/invitations/<uuid:pk>/withdraw/",
        invitation.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("startups/<uuid:pk>/", startup.startup_detail, name="startup-detail"),
    path("startups/<uuid:pk>/edit/", startup.startup_edit, name="startup-edit"),
    path("startups/<uuid:pk>/members/", member.member_list, name="member-list"),
    path("startups/<uuid:pk>/members/invite/", member.member_invite, name="member-invite"),
    path("startups/<uuid:pk>/members/submit/", member.editors_submit, name="editors-submit"),
    path("startups/<uuid:pk>/members/leave/", member.member_leave, name="member-leave"),
    path("startups/<uuid:pk>/members/transfer/", member.member_transfer, name="member-transfer"),
    path("startups/members/<uuid:pk>/role/", member.member_role, name="member-role"),
    path("startups/members/<uuid:pk>/remove/", member.member_remove, name="member-remove"),
]
