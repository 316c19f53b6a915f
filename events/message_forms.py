"""The form with which staff write to the people of a date."""

import uuid

from django import forms
from django.core.exceptions import ValidationError

from .forms import OneLineField
from .messages import STANDINGS, WAYS, Chosen
from .models import Booking


class RequestIdField(forms.UUIDField):
    """Makes a double click one message. Nobody types it, so junk is no fault of theirs."""

    widget = forms.HiddenInput

    def clean(self, value):
        try:
            return super().clean(value)
        except ValidationError:
            return uuid.uuid4()


class ChosenForm(forms.Form):
    """Which of the people of a date."""

    standing = forms.ChoiceField(
        label="Those who",
        choices=[(name, label) for name, (label, _states) in STANDINGS.items()],
        initial="place",
        widget=forms.RadioSelect,
    )
    way = forms.ChoiceField(label="Whom we reach", choices=WAYS, required=False)
    channel = forms.ChoiceField(
        label="How they reserved", choices=[("", "In any way"), *Booking.Channel.choices], required=False
    )
    with_support = forms.BooleanField(label="Only those who bring support workers", required=False)
    not_reminded = forms.BooleanField(label="Only those who were not reminded yet", required=False)
    names_missing = forms.BooleanField(label="Only those where a name is still missing", required=False)

    def chosen(self) -> Chosen:
        return Chosen(**{name: self.cleaned_data[name] for name in Chosen.__dataclass_fields__})


class MessageForm(ChosenForm):
    subject = OneLineField(
        label="Subject",
        max_length=150,
        help_text="What it is about, in a few plain words. It is at the top of the mail too.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    text = forms.CharField(
        label="Your words",
        max_length=5000,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 12}),
        help_text="An empty line begins a new paragraph. When, where, their own link and how our mails end follow"
        " by themselves. What people need stays out of mails.",
    )
    request_id = RequestIdField(initial=uuid.uuid4)
    # The people and the words that the preview was about.
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def clean_text(self):
        return self.cleaned_data["text"].replace("\r\n", "\n").replace("\r", "\n").strip()
