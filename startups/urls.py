"""Addresses of startups."""

from django.urls import path

from startups.views import (
    action_item,
    coaching,
    cohort,
    demo_day,
    goal,
    invitation,
    join,
    journey,
    log,
    member,
    mentor,
    place,
    stage,
    startup,
)

app_name = "startups"
urlpatterns = [
    path("demo-days/pitches/<uuid:pk>/", demo_day.pitch_prepare, name="pitch-prepare"),
    path("demo-days/pitches/<uuid:pk>/deck/", demo_day.pitch_deck, name="pitch-deck"),
    path("demo-days/<slug:slug>/", demo_day.demo_day_detail, name="demo-day-detail"),
    path("demo-days/<slug:slug>/stage/", stage.demo_day_stage, name="demo-day-stage"),
    path("demo-days/<slug:slug>/desk/", stage.demo_day_desk, name="demo-day-desk"),
    path("demo-days/<slug:slug>/run-sheet/", stage.demo_day_run_sheet, name="demo-day-run-sheet"),
    path("coaching/profile/<slug:slug>/", mentor.mentor_profile, name="mentor-profile"),
    path("coaching/startups/<uuid:pk>/", mentor.coaching_file, name="coaching-file"),
    path("coaching/startups/<uuid:pk>/plan/", coaching.session_plan, name="session-plan"),
    path("coaching/log/", log.session_create, name="session-create"),
    path("coaching/sessions/<uuid:pk>/", coaching.session_detail, name="session-detail"),
    path("coaching/sessions/<uuid:pk>/log/", log.session_log, name="session-log"),
    path(
        "coaching/sessions/<uuid:pk>/private-note/",
        log.session_private_note,
        name="session-private-note",
    ),
    path("coaching/sessions/<uuid:pk>/move/", coaching.session_move, name="session-move"),
    path(
        "coaching/sessions/<uuid:pk>/calendar.ics",
        coaching.session_calendar,
        name="session-calendar",
    ),
    path(
        "coaching/sessions/<uuid:pk>/step/<slug:name>/",
        coaching.session_step,
        name="session-step",
    ),
    path("cohorts/<slug:slug>/", cohort.cohort_detail, name="cohort-detail"),
    path("startups/places/<uuid:pk>/", place.place_detail, name="place-detail"),
    path("startups/places/<uuid:pk>/text/", place.place_text, name="place-text"),
    path("startups/places/<uuid:pk>/goals/", goal.goal_list, name="goal-list"),
    path("startups/places/<uuid:pk>/goals/new/", goal.goal_create, name="goal-create"),
    path("startups/goals/<uuid:pk>/", goal.goal_change, name="goal-change"),
    path("startups/goals/<uuid:pk>/say/<slug:name>/", goal.goal_say, name="goal-say"),
    path("startups/goals/<uuid:pk>/step/<slug:name>/", goal.goal_step, name="goal-step"),
    path("startups/places/<uuid:pk>/actions/", action_item.action_list, name="action-list"),
    path("startups/places/<uuid:pk>/actions/new/", action_item.action_create, name="action-create"),
    path(
        "startups/actions/<uuid:pk>/step/<slug:name>/", action_item.action_step, name="action-step"
    ),
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
    path("startups/<uuid:pk>/journey/", journey.startup_journey, name="startup-journey"),
    path("startups/<uuid:pk>/edit/", startup.startup_edit, name="startup-edit"),
    path("startups/<uuid:pk>/members/", member.member_list, name="member-list"),
    path("startups/<uuid:pk>/members/invite/", member.member_invite, name="member-invite"),
    path("startups/<uuid:pk>/members/submit/", member.editors_submit, name="editors-submit"),
    path("startups/<uuid:pk>/members/leave/", member.member_leave, name="member-leave"),
    path("startups/<uuid:pk>/members/transfer/", member.member_transfer, name="member-transfer"),
    path("startups/members/<uuid:pk>/role/", member.member_role, name="member-role"),
    path("startups/members/<uuid:pk>/remove/", member.member_remove, name="member-remove"),
]
