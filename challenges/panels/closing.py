"""What calls say before somebody's account ends."""

from __future__ import annotations

from challenges.actions.closing import applications_to_settle, reviews_to_hand_back
from portal.registry import registry

registry.hindrances += [applications_to_settle, reviews_to_hand_back]
