"""What the tables of procurement hold about people, and what becomes of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.inventory import TEAM_KEEPS, declare

declare(
    "procurement.SupplierStatement",
    _("Your organisation's standing as a supplier"),
    plain="id created_at startup level number as_of stated_by",
    mine={"stated_by": "startup__legal_name level number as_of created_at"},
)

declare(
    "procurement.Requirement",
    _("What UN organisations ask of suppliers"),
    plain="id created_at organisation level code kind label help fact how_many years english"
    " holds_months optional sensitive valid_from valid_to source order",
)
declare(
    "procurement.CodeRevision",
    _("Revisions of the Code of Conduct"),
    plain="id created_at name in_force_from source",
)
declare(
    "procurement.SupplierFile",
    _("Supplier files"),
    plain="id created_at startup target opened_by level looked_at",
    mine={
        "opened_by": "startup__legal_name created_at",
    },
)
declare(
    "procurement.Threshold",
    _("Up to which value of a contract a level is enough"),
    plain="id created_at organisation level up_to currency valid_from valid_to source",
)
declare(
    "procurement.Referee",
    _("People who can be asked about an organisation"),
    plain="id created_at evidence",
    others="name organisation email telephone relation",
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "procurement.Evidence",
    _("Evidence in a supplier file"),
    plain="id created_at state_changed_at file requirement document language translation replaces"
    " revision issued_on expires_on given_by state reason judged_by",
    others="answer",
    stays=TEAM_KEEPS,
    retention="submissions",
    mine={
        "given_by": "requirement__label state created_at",
        "judged_by": "requirement__label state created_at",
    },
)
declare(
    "procurement.Standing",
    _("How registrations with UN organisations stand"),
    plain="id created_at file organisation level submission confirmed_on confirmed_by",
    mine={
        "confirmed_by": "organisation level submission confirmed_on",
    },
)
