"""What we say to the people of a startup about who belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class StartupNotice(Notice):
    """A letter about a startup's people."""

    app: ClassVar[str] = "startups"

    def name_of(self, step: Any) -> str:
        """The startup's name, for subject lines."""
        record = step.record
        return str(getattr(record, "startup", record).name)


class MemberInvited(StartupNotice):
    """To an address that may have no account yet; the link is in this letter only."""

    lane = Lane.CODE

    def recipients(self, step: Any) -> Iterable[Any]:  # noqa: ARG002 -- it goes to an address
        """Nobody by account: `actions.invite_member` posts it to the address."""
        return ()

    def subject(self, step: Any) -> str:
        """Who invites to what."""
        return _("%(who)s invites you to %(startup)s") % {
            "who": step.actor.shown_name,
            "startup": self.name_of(step),
        }

    def heading(self, step: Any) -> str:  # noqa: ARG002
        """Short."""
        return _("You are invited")

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """What for, as what, how long."""
        invitation = step.record
        return [
            (_("Organisation"), self.name_of(step)),
            (_("Role"), str(invitation.get_role_display())),
            # Nobody knows yet where the reader lives.
            (_("Valid until"), clock.in_words(invitation.expires_at, "UTC")),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """The link that works once."""
        return _("Answer the invitation"), reverse(
            "startups:invitation-accept", args=[step.data["token"]]
        )

    def ask(self, step: Any) -> str:
        """Whoever invited."""
        return str(step.actor.email)


class JoinRequested(StartupNotice):
    """To the owners: somebody asks to belong."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Every owner."""
        return step.record.startup.owners()  # type: ignore[no-any-return]

    def subject(self, step: Any) -> str:
        """Who asks for what."""
        return _("%(who)s asks to join %(startup)s") % {
            "who": step.record.user.shown_name,
            "startup": self.name_of(step),
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Who it is."""
        return [(_("Name"), step.record.user.shown_name), (_("E-mail"), step.record.user.email)]

    def action(self, step: Any) -> tuple[str, str]:
        """To the page of the people."""
        return _("Answer"), reverse("startups:member-list", args=[step.record.startup_id])


class JoinAnswered(StartupNotice):
    """To the person who asked; a no shows nothing but the name they typed."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Who asked."""
        return [step.record.user]

    def subject(self, step: Any) -> str:
        """Yes with the real name, no with the typed one."""
        if step.record.state == "accepted":
            return _("You belong to %(startup)s now") % {"startup": self.name_of(step)}
        return _("Your request to join “%(name)s” was declined") % {"name": step.record.name_asked}

    def action(self, step: Any) -> tuple[str, str]:
        """To the record, or to one's own list."""
        if step.record.state == "accepted":
            return _("Open the organisation"), step.record.startup.get_absolute_url()
        return _("My organisations"), reverse("startups:startup-list")


class MemberRemoved(StartupNotice):
    """To the person who does not belong any more."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Who was removed."""
        return [step.data["member"]]

    def subject(self, step: Any) -> str:
        """What ended."""
        return _("You do not belong to %(startup)s any more") % {"startup": self.name_of(step)}

    def action(self, step: Any) -> tuple[str, str]:  # noqa: ARG002
        """To one's own list."""
        return _("My organisations"), reverse("startups:startup-list")


class OwnershipHandedOver(StartupNotice):
    """To all members: somebody else decides for the startup from now on."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Every member, those who lost the ownership included."""
        return step.data["members"]  # type: ignore[no-any-return]

    def subject(self, step: Any) -> str:
        """Whose it is now."""
        return _("%(who)s is now the owner of %(startup)s") % {
            "who": step.data["owner"].shown_name,
            "startup": self.name_of(step),
        }

    def action(self, step: Any) -> tuple[str, str]:
        """To the page of the people."""
        return _("See the people"), reverse("startups:member-list", args=[step.record.pk])


class OwnershipPassedOn(StartupNotice):
    """To the new owner and the old one: one member has handed the ownership to another."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Who owns it now, and who did."""
        return [step.data["owner"], step.actor]

    def subject(self, step: Any) -> str:
        """Whose it is now."""
        return _("%(who)s is now the owner of %(startup)s") % {
            "who": step.data["owner"].shown_name,
            "startup": self.name_of(step),
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """From whom to whom."""
        return [
            (_("Until now"), step.actor.shown_name),
            (_("From now on"), step.data["owner"].shown_name),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the page of the people."""
        return _("See the people"), reverse("startups:member-list", args=[step.record.pk])


class MemberJoined(StartupNotice):
    """To the owners: somebody has accepted an invitation, perhaps with another address."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Every owner but the one who joined."""
        return [owner for owner in step.record.startup.owners() if owner.pk != step.actor.pk]

    def subject(self, step: Any) -> str:
        """Who belongs now."""
        return _("%(who)s joined %(startup)s") % {
            "who": step.actor.shown_name,
            "startup": self.name_of(step),
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Who it is, as what, and where the invitation went."""
        return [
            (_("Name"), step.actor.shown_name),
            (_("E-mail"), step.actor.email),
            (_("Invitation sent to"), step.record.email),
            (_("Role"), str(step.record.get_role_display())),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the page of the people."""
        return _("See the people"), reverse("startups:member-list", args=[step.record.startup_id])


class MemberDeparted(StartupNotice):
    """To the owners: somebody has left."""

    mandatory = False
    kind = gettext_lazy("Somebody has left my organisation")
    reason = gettext_lazy("You get this letter because you own the organisation.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """Every owner who stays."""
        return step.record.owners()  # type: ignore[no-any-return]

    def subject(self, step: Any) -> str:
        """Who left."""
        return _("%(who)s left %(startup)s") % {
            "who": step.actor.shown_name,
            "startup": self.name_of(step),
        }

    def action(self, step: Any) -> tuple[str, str]:
        """To the page of the people."""
        return _("See the people"), reverse("startups:member-list", args=[step.record.pk])


class MergeNotice(StartupNotice):
    """To all members of two records of one organisation."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Every member of either record."""
        return step.data["members"]  # type: ignore[no-any-return]


class RecordsMerged(MergeNotice):
    """To all members: two records of their organisation are one now."""

    def subject(self, step: Any) -> str:
        """Of which organisation."""
        return _("Two records of %(startup)s are one now") % {"startup": self.name_of(step)}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Which went into which."""
        return [
            (_("Record that stays"), step.data["kept"].legal_name),
            (_("Record that went into it"), step.data["gone"].legal_name),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the record."""
        return _("Open the organisation"), step.record.get_absolute_url()


class RecordsParted(MergeNotice):
    """To all members: a merge was undone."""

    def subject(self, step: Any) -> str:
        """Of which organisation."""
        return _("%(startup)s has two records again") % {"startup": self.name_of(step)}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Which they are."""
        return [
            (_("First record"), step.data["kept"].legal_name),
            (_("Second record"), step.data["gone"].legal_name),
        ]

    def action(self, step: Any) -> tuple[str, str]:  # noqa: ARG002 -- either may be the reader's
        """To one's own list."""
        return _("My organisations"), reverse("startups:startup-list")
