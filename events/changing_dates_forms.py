"""What staff enter to change, postpone or cancel a date; changing_dates.py says who is told and what becomes of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from . import changing_dates
from .forms import OneLineField
from .models import WorkshopDate
from .what_changed import FACTS, Facts, WhatChanged


class DayAndTime(forms.SplitDateTimeWidget):
    """The browser's own pickers, which every phone and screen reader knows."""

    use_fieldset = True

    def __init__(self, attrs=None):
        super().__init__(
            attrs,
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date", "aria-label": "Day"},
            time_attrs={"type": "time", "aria-label": "Time"},
        )


def _field(of, **kwargs):
    # For "www.example.org".
    return of.formfield(**kwargs, **({"assume_scheme": "https"} if isinstance(of, models.URLField) else {}))


class NewFactsForm(forms.ModelForm):
    """When, where and how a date is to take place now."""

    starts_at = forms.SplitDateTimeField(label="Starts", widget=DayAndTime, help_text="UK time.")
    ends_at = forms.SplitDateTimeField(
        label="Ends", required=False, widget=DayAndTime, help_text="UK time. May follow."
    )
    explanation = OneLineField(
        label="Why, in one plain sentence",
        required=False,
        max_length=500,
        help_text="It goes near the top of the mail. May stay empty.",
    )
    asks_again = forms.BooleanField(
        label="Ask everybody with a place whether they can still come",
        required=False,
        help_text="They answer on their own page, or you ring them. Whoever says nothing keeps the place.",
    )
    is_quiet = forms.BooleanField(
        label="Only a correction: tell nobody",
        required=False,
        help_text="For the spelling of the area or a note on how to join. The log says that nobody was told.",
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = WorkshopDate
        fields = FACTS
        formfield_callback = _field

    act = staticmethod(changing_dates.change_date)
    done = "The date is changed."

    def __init__(self, *args, is_new=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_new = is_new
        self.before = WorkshopDate.objects.select_related("workshop", "venue").get(pk=self.instance.pk)
        self.initial["seen"] = changing_dates.version(self.before)
        self.fields["venue"].empty_label = "To be confirmed"
        self.fields["venue"].queryset = self.fields["venue"].queryset.order_by("town", "name", "pk")
        for name in ("area", "join_link", "explanation"):
            self.fields[name].widget.attrs["class"] = "vTextField"
        self.fields["join_note"].widget.attrs |= {"class": "vLargeTextField", "rows": 3}
        if self.before.is_postponed:
            del self.fields["is_quiet"]

    def clean(self):
        data = super().clean()
        # Sent a second time it is done already, which is no fault of theirs.
        if not self.errors and self.is_new and not self.before.is_postponed and self.facts() == Facts.of(self.before):
            raise ValidationError("Nothing is different yet: change the time, the place or how to join.")
        return data

    def facts(self) -> Facts:
        return Facts(**{name: self.cleaned_data[name] for name in FACTS})

    def changed(self) -> WhatChanged:
        return WhatChanged(self.before, self.instance)

    def arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "facts": self.facts(),
            "explanation": data["explanation"],
            "asks_again": data["asks_again"],
            "is_quiet": data.get("is_quiet", False),
            "seen": data["seen"],
        }


class TakeOffForm(forms.Form):
    """Why a date is not to take place then."""

    reason = OneLineField(
        label="Why, in one plain sentence",
        required=False,
        max_length=500,
        help_text="It goes near the top of the mail. May stay empty.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, instance, is_new=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["seen"] = changing_dates.version(instance)

    def arguments(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"], "seen": self.cleaned_data["seen"]}


class PostponeForm(TakeOffForm):
    act = staticmethod(changing_dates.postpone_date)
    done = "The date is postponed."


class CancelForm(TakeOffForm):
    act = staticmethod(changing_dates.cancel_date)
    done = "The date is cancelled."
