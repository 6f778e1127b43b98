"""Two people at one form: nobody overwrites unseen what a colleague has saved meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.utils.safestring import SafeString

    Base = forms.BaseForm
else:
    Base = object


#: What carries its values in as many inputs as there are, and so in none where there is none.
SEVERAL = (forms.MultipleChoiceField,)
#: What a page cannot show once more.
NO_TEXT = (forms.FileField,)


class TogetherMixin(Base):
    """A form that sends along what its page showed, and so knows what was changed on which page.

    What a colleague has saved meanwhile is taken over where this person touched nothing. Where
    both changed the same field both texts are shown, and only a second save replaces the first.
    """

    def remember(self) -> None:
        """Let each field carry what it begins with; called once all fields are there."""
        fields = {
            name: field
            for name, field in self.fields.items()
            if not (field.disabled or field.show_hidden_initial or isinstance(field, NO_TEXT))
        }
        # A list of nothing is carried by no input: whether it was, the others tell.
        sent = any(self.add_initial_prefix(name) in self.data for name in fields)
        for name, field in fields.items():
            carried = self.add_initial_prefix(name) in self.data
            several = isinstance(field, SEVERAL)
            field.show_hidden_initial = not self.is_bound or carried or (several and sent)

    def mind_colleagues(self) -> None:
        """Compare what the page showed, what was typed and what stands now; in ``clean``."""
        record = getattr(self, "instance", None)
        if record is not None and record._state.adding:
            return  # nobody else has it, and what the page began with is asked for no second time
        for name, field in self.fields.items():
            carried = self.add_initial_prefix(name) in self.data
            if not field.show_hidden_initial or not (carried or isinstance(field, SEVERAL)):
                continue
            bound = self[name]
            now = _python(field, bound.initial)
            if not _differ(field, _showed(bound), now):
                continue
            if name not in self.changed_data:
                if name in self.cleaned_data:
                    self.cleaned_data[name] = now
                self._show(bound, now, with_value=True)
            elif name in self.cleaned_data and _differ(field, now, bound.data):
                self._show(bound, now)
                self.add_error(name, _sentence(bound, now))

    def _show(self, bound: BoundField, now: Any, *, with_value: bool = False) -> None:
        """The page shows what stands now: who saves once more has seen it."""
        sent: Any = self.data
        data = sent.copy()
        kept: Any = bound.field.hidden_widget().format_value(bound.field.prepare_value(now))
        names = [bound.html_initial_name, *([bound.html_name] if with_value else [])]
        for name in names:
            if isinstance(kept, list):
                data.setlist(name, [str(one) for one in kept])
            elif name == bound.html_name and isinstance(bound.field, forms.BooleanField):
                data.setlist(name, ["on"] if now else [])
            else:
                data[name] = "" if kept is None else str(kept)
        self.data = data

    def what_was_shown(self) -> list[SafeString]:
        """What each field carries, for a page that writes its fields itself."""
        return [
            self[name].as_hidden(only_initial=True)
            for name, field in self.fields.items()
            if field.show_hidden_initial
        ]


def _python(field: forms.Field, value: Any) -> Any:
    try:
        return field.to_python(value)
    except ValidationError:
        return value


def _showed(bound: BoundField) -> Any:
    sent = bound.field.hidden_widget().value_from_datadict(
        bound.form.data, bound.form.files, bound.html_initial_name
    )
    return _python(bound.field, sent)


def _differ(field: forms.Field, one: Any, other: Any) -> bool:
    return field.has_changed(_plain(one), _plain(other))


def _plain(value: Any) -> Any:
    """A browser ends lines in its own way."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _sentence(bound: BoundField, now: Any) -> str:
    return _(
        "A colleague has changed this meanwhile. Now it reads: “%(now)s”. What you typed is kept"
        " here: save once more to put it in its place."
    ) % {"now": _in_words(bound.field, now)}


def _in_words(field: forms.Field, now: Any) -> str:
    if isinstance(now, bool):
        return _("yes") if now else _("no")
    words = {str(key): str(label) for key, label in getattr(field, "choices", ()) or ()}
    found = [
        words.get(str(field.prepare_value(one)), str(one))
        for one in (now if isinstance(now, (list, tuple)) else [now])
        if one not in {None, ""}
    ]
    return ", ".join(found) or "–"
