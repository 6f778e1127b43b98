"""What we say to the people of a startup and to those who coach and meet them."""

from startups.notices.people import (
    JoinAnswered,
    JoinRequested,
    MemberDeparted,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    OwnershipHandedOver,
    OwnershipPassedOn,
    RecordsMerged,
    RecordsParted,
    StartupNotice,
)

__all__ = [
    "JoinAnswered",
    "JoinRequested",
    "MemberDeparted",
    "MemberInvited",
    "MemberJoined",
    "MemberRemoved",
    "OwnershipHandedOver",
    "OwnershipPassedOn",
    "RecordsMerged",
    "RecordsParted",
    "StartupNotice",
]
