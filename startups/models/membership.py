"""Who belongs to a startup, who was asked to, and who asks to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.choices import Role
from portal.models import Record, Stateful
from startups.choices import InvitationState, JoinRequestState, MemberRole

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Those of one's own startups and of startups one's programme has met."""
        from startups.models.startup import Startup  # noqa: PLC0415 -- the startup names its members

        return self.filter(startup__in=Startup.objects.visible_to(user))


class Membership(Record):
    """A person who belongs to a startup."""

    startup = models.ForeignKey(
        "startups.Startup", on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=MemberRole)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["startup", "user"], name="member_belongs_once"),
            models.CheckConstraint(
                condition=Q(role__in=MemberRole.values), name="member_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.startup_id

    @property
    def programme_key(self) -> None:
        """Members belong to no programme."""
        return


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations to a startup."""

    def visible_to(self, user: User) -> Self:
        """Those of the startups one owns or edits, and of startups one's programme has met."""
        from startups.models.startup import Acquaintance  # noqa: PLC0415 -- it names its members

        if user.is_superuser:
            return self.all()
        own = user.memberships.filter(role__in=[MemberRole.OWNER, MemberRole.EDITOR])
        met = Acquaintance.objects.filter(programme__in=user.programmes_as(Role.MANAGER))
        return self.filter(
            Q(startup__in=own.values("startup")) | Q(startup__in=met.values("startup"))
        )

    def addressed_to(self, user: User) -> Self:
        """Those sent to an address the person has proved to be theirs."""
        addresses = user.emailaddress_set.filter(verified=True).values_list("email", flat=True)  # type: ignore[attr-defined]
        return self.filter(email__in=[address.lower() for address in addresses])

    def waiting(self) -> Self:
        """Not answered and not expired."""
        return self.filter(state=InvitationState.OPEN, expires_at__gt=timezone.now())


class Invitation(Stateful):
    """An offer to belong to a startup; the mailed link may be accepted with any address."""

    startup = models.ForeignKey(
        "startups.Startup", on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=10, choices=MemberRole)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("valid until"))
    accepted_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=InvitationState, default=InvitationState.OPEN
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["startup", "email"],
                condition=Q(state=InvitationState.OPEN),
                name="invitation_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=InvitationState.values), name="invitation_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.startup}"

    @property
    def has_expired(self) -> bool:
        """Whether its days are over; the step asks the database's clock again."""
        return self.expires_at <= timezone.now()

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.startup_id


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    """Requests to join."""

    def visible_to(self, user: User) -> Self:
        """One's own, and those to startups one owns."""
        return self.filter(
            Q(user=user)
            | Q(
                startup__in=user.memberships.filter(role=MemberRole.OWNER).values("startup"),
            )
        )

    def waiting(self) -> Self:
        """Not answered."""
        return self.filter(state=JoinRequestState.OPEN)


class JoinRequest(Stateful):
    """A person who asks to belong; until an owner says yes it shows nothing of the startup."""

    startup = models.ForeignKey(
        "startups.Startup", on_delete=models.CASCADE, related_name="join_requests"
    )
    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="join_requests")
    #: What the person typed: all that they are shown again.
    name_asked = models.CharField(_("name asked for"), max_length=200)
    message = models.CharField(_("message"), max_length=500, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=JoinRequestState, default=JoinRequestState.OPEN
    )

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["startup", "user"],
                condition=Q(state=JoinRequestState.OPEN),
                name="request_to_join_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=JoinRequestState.values), name="join_request_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.name_asked}"

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.startup_id
