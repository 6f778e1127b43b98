"""People, and what each may do in which programme."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar, Self
from zoneinfo import ZoneInfo

import pgtrigger
import rules
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal.choices import MANAGING_ROLES, Role
from portal.models.base import Record
from portal.validators import time_zones, validate_time_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

ANYONE_ON_STAFF = frozenset(Role)


def zone_choices() -> list[tuple[str, str]]:
    """Every IANA zone that names a place, for a select."""
    return [
        (name, name.replace("_", " "))
        for name in sorted(time_zones())
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))
    ]


class UserQuerySet(models.QuerySet["User"]):
    """People, chosen by what they may see of each other."""

    def visible_to(self, user: User) -> Self:
        """Oneself, and for staff the colleagues of their own programmes."""
        if user.is_superuser:
            return self.all()
        colleagues = user.programmes_as(Role.MANAGER, Role.COORDINATOR, Role.CHAIR)
        return self.filter(
            Q(pk=user.pk)
            | Q(
                pk__in=ProgrammeStaff.objects.active()
                .filter(programme__in=colleagues)
                .values("user")
            )
        )

    def with_address(self, address: str) -> Self:
        """The person with this address, however it is written."""
        return self.filter(email__iexact=address.strip())

    def holding(self, *roles: Role, programme: UUID, at: datetime) -> Self:
        """Who has one of the roles in a programme at a moment, by address."""
        current = Q(staff_roles__ended_at=None) | Q(staff_roles__ended_at__gt=at)
        return (
            self.filter(
                current,
                is_active=True,
                staff_roles__programme=programme,
                staff_roles__role__in=roles,
            )
            .distinct()
            .order_by("email")
        )


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes people; the address is kept in lower case because allauth signs in with that."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person; without a password only a mailed code signs in."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create the administrator of the whole portal."""
        return self.create_user(email, password, is_superuser=True, **fields)


class User(Record, AbstractBaseUser, PermissionsMixin):
    """A person, known by one address."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    given_name = models.CharField(
        _("given name"),
        max_length=100,
        blank=True,
        help_text=_("If you have one name only, write it here and leave the other empty."),
    )
    display_name = models.CharField(
        _("name as you want it shown"),
        max_length=150,
        blank=True,
        help_text=_("In letters and lists. Empty: given name, then family name."),
    )
    language = models.CharField(_("language"), max_length=10, default="en-gb")
    time_zone = models.CharField(
        _("time zone"), max_length=50, default="UTC", validators=[validate_time_zone]
    )
    is_active = models.BooleanField(_("may sign in"), default=True)
    bounced_at = models.DateTimeField(_("letters came back since"), null=True, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_has_an_address_of_their_own"),
        ]
        triggers = [
            # Letters that came back came back from the old address.
            pgtrigger.Trigger(
                name="new_address_is_tried_anew",
                operation=pgtrigger.UpdateOf("email"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__email__df=pgtrigger.F("new__email")),
                func="NEW.bounced_at = NULL; RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name as the person wants it shown; the address where no name was given."""
        return self.display_name or f"{self.given_name} {self.family_name}".strip() or self.email

    @property
    def zone(self) -> ZoneInfo:
        """The reader's time zone."""
        return ZoneInfo(self.time_zone)

    #: Set for one request (`portal.middleware`) where the session has shown no second factor.
    without_factor = False
    administers = False

    def come_without_factor(self) -> None:
        """Let a managing person's roles rest: until a second factor is shown they are nobody's."""
        self.without_factor = True
        self.administers = self.is_superuser
        self.is_superuser = False

    @property
    def needs_second_factor(self) -> bool:
        """Whether any of the roles is one that opens with a second factor only."""
        return (
            self.administers
            or self.is_superuser
            or any(held & MANAGING_ROLES for held in self.held_roles.values())
        )

    @property
    def waits_for_factor(self) -> bool:
        """Whether roles of this person rest until a second factor is shown."""
        return self.is_active and self.without_factor and self.needs_second_factor

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Django's save; a flag that only rests in this request is not taken away for good."""
        if self.without_factor and not args and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name != "is_superuser"
            ]
        super().save(*args, **kwargs)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Django's; what rests in this request goes on resting."""
        super().refresh_from_db(*args, **kwargs)
        if self.without_factor:
            self.is_superuser = False

    @cached_property
    def roles(self) -> Mapping[UUID, frozenset[Role]]:
        """Roles by programme, as far as this request has shown enough to use them."""
        return {} if self.waits_for_factor else self.held_roles

    @cached_property
    def held_roles(self) -> Mapping[UUID, frozenset[Role]]:
        """Roles by programme, read once a request so that ending one takes effect at the next."""
        found: dict[UUID, set[Role]] = defaultdict(set)
        for programme, role in (
            ProgrammeStaff.objects.active().filter(user=self).values_list("programme_id", "role")
        ):
            found[programme].add(Role(role))
        return {programme: frozenset(held) for programme, held in found.items()}

    def has_role(self, programme: UUID | None, *roles: Role) -> bool:
        """Whether the person holds one of the roles there; ``None`` asks for any programme."""
        if not self.is_active:
            return False
        if self.is_superuser:
            return True
        wanted = frozenset(roles) or ANYONE_ON_STAFF
        if programme is None:
            return any(held & wanted for held in self.roles.values())
        return bool(self.roles.get(programme, frozenset()) & wanted)

    def programmes_as(self, *roles: Role) -> list[UUID]:
        """The keys of the programmes where the person holds one of the roles."""
        wanted = frozenset(roles) or ANYONE_ON_STAFF
        return [programme for programme, held in self.roles.items() if held & wanted]

    def within(self, path: str, *roles: Role) -> Q:
        """The list form of `has_role`: rows whose programme, found by ``path``, is in reach."""
        if self.is_superuser and self.is_active:
            # An empty Q would vanish from `Q() | Q(user=…)` and leave the other half alone.
            return Q(pk__isnull=False)
        return Q(**{f"{path}__in": self.programmes_as(*roles)})

    @property
    def is_staff(self) -> bool:
        """Whether the admin lets the person in: whoever holds a role in any programme."""
        return self.is_active and (self.is_superuser or bool(self.roles))

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the rules first: being administrator opens only what a rule says it opens."""
        if not self.is_active:
            return False
        if rules.perm_exists(perm):
            return bool(rules.has_perm(perm, self, obj))
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 -- Django's signature
        """The admin's menu is by job, so every app is open and each record decides."""
        return self.is_staff

    def get_full_name(self) -> str:
        """Django's name for the shown name."""
        return self.shown_name

    def get_short_name(self) -> str:
        """Django's name for the given name."""
        return self.given_name or self.shown_name


def shown_name(user: User) -> str:
    """The name for allauth's pages and letters."""
    return user.shown_name


class ProgrammeStaffQuerySet(models.QuerySet["ProgrammeStaff"]):
    """Roles, chosen by time and reader."""

    def active(self) -> Self:
        """Roles held at this moment."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=timezone.now()))

    def visible_to(self, user: User) -> Self:
        """Roles of one's own programmes, and one's own."""
        return self.filter(user.within("programme", Role.MANAGER, Role.COORDINATOR) | Q(user=user))


class ProgrammeStaff(Record):
    """A role a person holds in a programme; ended, never deleted, so the past stays readable."""

    programme = models.ForeignKey(
        "portal.Programme", on_delete=models.PROTECT, related_name="staff"
    )
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="staff_roles", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = ProgrammeStaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["programme", "role", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "user", "role"],
                condition=Q(ended_at=None),
                name="role_is_held_once",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}, {self.programme}"

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.programme_id

    @property
    def startup_key(self) -> None:
        """Roles belong to no startup's journey."""
        return


class StaffInvitationQuerySet(models.QuerySet["StaffInvitation"]):
    """Invitations to a role."""

    def open(self) -> Self:
        """Neither accepted, withdrawn nor expired."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())

    def visible_to(self, user: User) -> Self:
        """Invitations of the programmes one manages."""
        return self.filter(user.within("programme", Role.MANAGER))


class StaffInvitation(Record):
    """An offer of a role, accepted with a link that is mailed and kept here only as a hash."""

    programme = models.ForeignKey(
        "portal.Programme", on_delete=models.PROTECT, related_name="staff_invitations"
    )
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = StaffInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff invitation")
        verbose_name_plural = _("staff invitations")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="staff_invitation_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} – {self.get_role_display()}"

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.programme_id

    @property
    def startup_key(self) -> None:
        """Staff invitations belong to no startup's journey."""
        return
