"""What staff choose when they copy a date or a workshop."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from sharedlives.foundation import links
from sharedlives.foundation.spoken import LONDON

from . import closed_days, copying
from .copying import MOST_DATES, Rule
from .forms import DayField, HourField, OneLineField
from .models import Workshop, WorkshopDate

FURTHEST = timedelta(days=5 * 366)
MORE_DAYS = [f"day_{number}" for number in range(2, 7)]


class FutureDayField(DayField):
    def clean(self, value):
        day = super().clean(value)
        if day and day < closed_days.today():
            raise ValidationError("This day has passed.")
        if day and day > closed_days.today() + FURTHEST:
            raise ValidationError("That is more than five years away. Is the year right?")
        return day


def _form_field(db_field, **kwargs):
    if isinstance(db_field, models.URLField):
        kwargs["assume_scheme"] = "https"  # for "www.example.org"
    return db_field.formfield(**kwargs)


class CopyDateForm(forms.ModelForm):
    """On which days, at what time, and what is the same on all of them."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    first_day = FutureDayField(label="Day")
    rule = forms.ChoiceField(
        label="Repeat it", required=False, choices=[("", "No: only on the days written here"), *Rule.choices]
    )
    times = forms.IntegerField(label="How many dates in all", required=False, min_value=1, max_value=MOST_DATES)
    until = FutureDayField(label="Or until", required=False)
    starts = HourField(label="Starts", help_text="UK time. It stays the same when the clocks change.")
    ends = HourField(label="Ends", required=False, help_text="UK time. May follow.")
    ends_days_later = forms.IntegerField(
        label="Ends how many days later", initial=0, min_value=0, max_value=13, help_text="0: on the same day."
    )
    state = forms.ChoiceField(label="They are", choices=WorkshopDate.State.choices[:2])

    class Meta:
        model = WorkshopDate
        formfield_callback = _form_field
        fields = [
            "state", "mode", "venue", "area", "join_link", "join_note", "places", "support_places", "overbook",
            *WorkshopDate.PROVISIONS, "access_provision",
            "access_contact_name", "access_contact_phone", "access_contact_email", "tells_subscribers",
        ]  # fmt: skip
        widgets = {
            "join_note": forms.Textarea(attrs={"rows": 3}),
            "access_provision": forms.Textarea(attrs={"rows": 3}),
        }

    GROUPS = (
        ("When", ["first_day", "rule", "times", "until", "starts", "ends", "ends_days_later", "state"]),
        ("More days, one by one", MORE_DAYS),
        ("Where", ["mode", "venue", "area", "join_link", "join_note"]),
        ("Places", ["places", "support_places", "overbook", "tells_subscribers"]),
        (
            "Access",
            [
                *WorkshopDate.PROVISIONS,
                "access_provision",
                "access_contact_name",
                "access_contact_phone",
                "access_contact_email",
            ],
        ),
    )

    def __init__(self, data=None, *, workshop: Workshop, like: WorkshopDate | None, initial=None):
        pattern = copying.fresh(like) if like else WorkshopDate(workshop=workshop)
        super().__init__(data, instance=pattern, initial=_times_of(like) | (initial or {}), label_suffix="")
        for number, name in enumerate(MORE_DAYS, start=2):
            self.fields[name] = FutureDayField(label=f"Day {number}", required=False)

    def groups(self):
        """(title, fields, whether it stays folded until somebody opens it) for each."""
        for title, names in self.GROUPS:
            fields = [self[name] for name in names]
            yield title, fields, names == MORE_DAYS and not any(each.value() or each.errors for each in fields)

    def clean(self):
        data = super().clean()
        if data.get("rule"):
            self._check_rule(data)
        elif data.get("times") or data.get("until"):
            self.add_error("rule", "Choose how it repeats, or empty how many and until.")
        starts, ends = data.get("starts"), data.get("ends")
        if starts and ends and data.get("ends_days_later") == 0 and ends <= starts:
            self.add_error("ends", "The end must be after the start.")
        return data

    def _check_rule(self, data):
        if any(data.get(name) for name in MORE_DAYS):
            self.add_error("rule", "Either repeat it by rule, or write the days one by one.")
        if bool(data.get("times")) == bool(data.get("until")) and not {"times", "until"} & set(self.errors):
            self.add_error("times", "Say how many dates, or until when.")
        if data.get("until") and data.get("first_day") and data["until"] < data["first_day"]:
            self.add_error("until", "This is before the first day.")
        if not self.errors:
            try:
                data["days"] = copying.days_by_rule(
                    data["rule"], data["first_day"], times=data["times"], until=data["until"]
                )
            except ValidationError as too_many:
                self.add_error("until", too_many)

    def plan(self):
        """What would come to be, once the form is valid."""
        data = self.cleaned_data
        days = data.get("days") or [data[name] for name in ("first_day", *MORE_DAYS) if data[name]]
        return copying.plan(
            self.instance,
            days,
            starts=data["starts"],
            ends=data["ends"],
            ends_days_later=data["ends_days_later"],
        )


def _times_of(like: WorkshopDate | None) -> dict:
    initial = {"request_id": uuid.uuid4(), "state": WorkshopDate.State.DRAFT, "join_link": ""}
    if like is None:
        return initial
    starts, ends = like.starts_at.astimezone(LONDON), like.ends_at and like.ends_at.astimezone(LONDON)
    later = (ends.date() - starts.date()).days if ends else 0
    return initial | {"starts": starts.time(), "ends": ends and ends.time(), "ends_days_later": later}


class CopyWorkshopForm(forms.Form):
    stamp = forms.CharField(widget=forms.HiddenInput)
    title = OneLineField(max_length=150, help_text="Its address is made from this. It is not published yet.")
    dates = forms.ModelMultipleChoiceField(
        WorkshopDate.objects.none(),
        label="Copy these dates too",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="As drafts, in the same pattern of days and at the same times.",
    )
    first_day = FutureDayField(
        label="The first of them is on", required=False, help_text="The others follow with the same days between."
    )

    def __init__(self, data=None, *, workshop: Workshop, may_add_dates: bool, initial=None):
        fresh = {"title": copying.free_title(workshop), "stamp": links.sign("copy", int(time.time()))}
        super().__init__(data, initial=fresh | (initial or {}), label_suffix="")
        if may_add_dates and workshop.dates.exists():
            self.fields["dates"].queryset = workshop.dates.in_order()
            self.fields["dates"].label_from_instance = lambda date: f"{date.when}, {date.place_label}"
        else:
            del self.fields["dates"], self.fields["first_day"]

    def clean_stamp(self):
        """Since when the form is shown: a workshop of that title made since then came from it."""
        try:
            (shown_at,) = links.read("copy", self.cleaned_data["stamp"])
            return datetime.fromtimestamp(int(shown_at), UTC)
        except (links.BadLink, ValueError) as error:
            raise ValidationError("Something went wrong with this page. Please open it again.") from error

    def clean(self):
        data = self.cleaned_data
        if data.get("dates") and not data.get("first_day") and "first_day" not in self.errors:
            self.add_error("first_day", "Say on which day the first of them is.")
        if not self.errors and Workshop.objects.filter(title=data["title"], created_at__lt=data["stamp"]).exists():
            self.add_error("title", "There is a workshop of this title already. Choose another.")
        return data

    def plan(self):
        data = self.cleaned_data
        return copying.plan_copies(data["dates"], data["first_day"]) if data.get("dates") else []
