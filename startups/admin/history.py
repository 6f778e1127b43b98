"""What staff read of an organisation's history."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.registry import FieldSource, Sentence, registry

registry.facts |= {"gone": "startups.startup", "kept": "startups.startup"}
registry.sentences |= {
    f"startups.{key}": Sentence(text)
    for key, text in {
        "startup:create": _("{who} made the record"),
        "startup:change-facts": _("{who} changed {fields}"),
        "startup:remove-member": _("{who} ended the membership of {member}"),
        "startup:leave": _("{who} left the organisation"),
        "startup:transfer-ownership": _("{who} handed the ownership to {member}"),
        "startup:let-editors-submit": _("{who} let editors submit applications"),
        "startup:let-owners-submit": _("{who} let only owners submit applications"),
        "startup:hand-over": _("{who} handed the organisation over to {member}"),
        "startup:merge-records": _("{who} merged another record into this one: {gone}"),
        "startup:merge-away": _("{who} merged this record into another: {kept}"),
        "startup:undo-merge": _("{who} made two records of one again"),
        "membership:change-role": _("{who} changed the role of {member} from {from} to {role}"),
        "invitation:invite": _("{who} invited a person as {role}"),
        "invitation:accept": _("{who} accepted an invitation"),
        "invitation:decline": _("{who} declined an invitation"),
        "invitation:withdraw": _("{who} withdrew an invitation"),
        "joinrequest:ask-to-join": _("{who} asked to join"),
        "joinrequest:accept": _("{who} let {member} join as {role}"),
        "joinrequest:decline": _("{who} declined a request to join"),
    }.items()
}
registry.field_sources += [
    FieldSource("startups.startup", "startups.Startup", "pgh_obj"),
    FieldSource("startups.startup", "startups.Membership", "startup"),
]
