"""Who may read and state a startup's standing as a UN supplier."""

import rules

from portal.choices import Role
from portal.rules import is_administrator
from startups.rules import is_member, met_as, writes

READERS = (Role.MANAGER, Role.COORDINATOR, Role.PROCUREMENT, Role.COMPLIANCE)

for name, predicate in {
    "procurement.view_supplierstatement": is_member | is_administrator | met_as(*READERS),
    "procurement.add_supplierstatement": writes,
}.items():
    rules.add_perm(name, predicate)
