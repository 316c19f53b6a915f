from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTimeWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property

from sharedlives.foundation import slugs, spoken, wall_clock
from sharedlives.foundation.moment_input import MomentInput

from . import revisions
from .editorial import LIVE, MOVES, where
from .models import RESERVED_SLUGS, Post, PostAddress
from .tagging import known_tags, tags_named

USUAL_TIME = time(9)
END_OF_DAY = time(23, 59)
LONGEST_TAG = 100


class MomentField(forms.SplitDateTimeField):
    """A day and, if need be, a time on UK clocks. The hour that is skipped in March is refused in words, and of the
    one that comes twice in October it asks which is meant."""

    widget = MomentInput

    def __init__(self, *, usual_time: time, **kwargs):
        self.usual_time = usual_time
        super().__init__(require_all_fields=False, **kwargs)
        for field in self.fields:
            field.required = False

    def compress(self, data_list):
        day, at = data_list or (None, None)
        if at and not day:
            raise ValidationError("Say the day as well.", code="no_day")
        return wall_clock.moment(day, at or self.usual_time) if day else None


class TagsField(forms.CharField):
    """Tags as typed, with commas between them. Its value is a list of names, each once."""

    def prepare_value(self, value):
        return value if isinstance(value, str) or value is None else ", ".join(str(tag) for tag in value)

    def to_python(self, value):
        names = [" ".join(name.split()) for name in super().to_python(value).split(",")]
        return list({name.lower(): name for name in names if name}.values())

    def validate(self, value):
        super().validate(value)
        for name in value:
            if len(name) > LONGEST_TAG:
                raise ValidationError(f"“{name[:40]}…” is too long for a tag: put commas between tags.")

    def run_validators(self, value):
        super().run_validators(", ".join(value))

    def has_changed(self, initial, data):
        before = self.to_python(self.prepare_value(initial or ""))
        return {name.lower() for name in before} != {name.lower() for name in self.to_python(data)}


class PostForm(forms.ModelForm):
    """The post as its writers fill it in. Where it stands is no field of any form."""

    # Set by the admin: whether tags may be made by typing them, and whether this is only for looking at.
    may_add_tags = False
    is_preview = False

    # The revision that the writer began from.
    base = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    # Fields that say nothing about the post; the log leaves them out.
    not_of_the_row = frozenset({"base"})

    tags = TagsField(
        required=False,
        help_text="Words that tie posts together, with commas between them. A new word becomes a new tag.",
    )
    expire_at = MomentField(
        label="Until",
        usual_time=END_OF_DAY,
        required=False,
        help_text="Then it is no longer on the site. UK time (Europe/London); without a time, to the end of that day. "
        "Empty: it stays.",
    )
    pinned_until = MomentField(
        label="First in the list until",
        usual_time=END_OF_DAY,
        required=False,
        help_text="Stands above newer posts till then. UK time.",
    )

    class Meta:
        model = Post
        fields = [
            "title",
            "slug",
            "standfirst",
            "lead_picture",
            "body",
            "content_note",
            "introduction",
            "introduced_by",
            "topics",
            "tags",
            "workshop",
            "expire_at",
            "pinned_until",
            "review_by",
        ]
        widgets = {
            "title": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "slug": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "standfirst": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 3}),
            "content_note": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "topics": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["base"] = getattr(self.instance, "began_from", None) or revisions.base_of(self.instance)
            self.initial["tags"] = ", ".join(tag.name for tag in self.initial.get("tags", []))
        if "slug" in self.fields:
            self.fields["slug"].required = False  # without JavaScript it is made here
        if "tags" in self.fields:
            self.fields["tags"].widget.attrs |= {"class": "vLargeTextField", "data-tags": ""}

    def clean_standfirst(self):
        return " ".join(self.cleaned_data["standfirst"].split())

    def clean_slug(self):
        slug = self.cleaned_data["slug"] or self._new_slug()
        if PostAddress.objects.filter(slug=slug).exclude(post=self.instance.pk).exists():
            raise ValidationError("Another post was once found at this address. Choose another word or add a number.")
        return slug

    def clean_tags(self):
        names = self.cleaned_data["tags"]
        known = known_tags(names)
        unknown = [name for name in names if name.lower() not in known]
        if unknown and not self.may_add_tags:
            raise ValidationError(f"There is no tag “{unknown[0]}” yet, and making one is not among your rights.")
        return names

    def _save_m2m(self):
        if "tags" in self.fields:
            self.cleaned_data["tags"] = tags_named(self.cleaned_data["tags"])
        super()._save_m2m()

    def _new_slug(self) -> str:
        title = self.cleaned_data.get("title", "")
        return slugs.free(title, Post.objects, PostAddress.objects, otherwise="post", reserved=RESERVED_SLUGS)

    def clean(self):
        cleaned = self.cleaned_data
        if self.instance.status == Post.Status.PUBLISHED and not cleaned.get("body") and "body" not in self.errors:
            self.add_error("body", "This post is published, so it needs a text.")
        self._refuse_an_end_before_the_beginning(cleaned, self._beginning(cleaned))
        return super().clean()

    @cached_property
    def changed_data(self):
        return [name for name in super().changed_data if name not in self.not_of_the_row]

    def _beginning(self, cleaned) -> datetime | None:
        """When the post goes out, or went, if this form is taken at its word."""
        return self.instance.publish_at

    def _refuse_an_end_before_the_beginning(self, cleaned, begins: datetime | None):
        ends = cleaned.get("expire_at")
        if ends and begins and ends <= begins and "expire_at" not in self.errors:
            self.add_error(
                "expire_at",
                f"That is over when it goes out: {spoken.day(begins)}, {spoken.time(begins)}. Choose a later day.",
            )


def pressed_move(posted: Mapping[str, str]) -> str:
    """The move whose button was pressed; empty for the ordinary Save."""
    return next((name for name in MOVES if f"_{name}" in posted), "")


class PublishingForm(PostForm):
    """With what a publisher says to the buttons below the form: when, and why."""

    publish_on = forms.DateField(
        label="Day",
        required=False,
        widget=AdminDateWidget,
        help_text="For Schedule: the day it goes out. For Save and publish: leave it empty to publish now, or give a "
        "day in the past to date the post back.",
    )
    publish_time = forms.TimeField(
        label="Time", required=False, widget=AdminTimeWidget, help_text="UK time (Europe/London). Empty: 9am."
    )
    reason = forms.CharField(
        label="Why it is taken down",
        required=False,
        max_length=300,
        help_text="For Take down. Kept in the post's history, where colleagues read it.",
    )
    leads_to = forms.CharField(
        label="Where its address leads",
        required=False,
        max_length=1000,
        help_text="For Take down: a path of this site, like /blog/another-post/. Empty: the address says that the post "
        "is gone.",
    )
    is_correction = forms.BooleanField(
        label="Only spelling is corrected",
        required=False,
        help_text="The guests among the authors are told what changed, and need not agree first.",
    )
    without_sign_off = forms.CharField(
        label="Why it goes out without their agreement",
        required=False,
        max_length=300,
        help_text="Only if a guest among the authors cannot be asked. Kept in the post's history.",
    )
    not_of_the_row = PostForm.not_of_the_row | {
        "publish_on",
        "publish_time",
        "reason",
        "leads_to",
        "is_correction",
        "without_sign_off",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.publish_at:
            planned = self.instance.publish_at.astimezone(spoken.LONDON)
            self.initial |= {
                "publish_on": planned.date(),
                "publish_time": planned.time().replace(second=0, microsecond=0),
            }

    def clean(self):
        cleaned = super().clean()
        move = pressed_move(self.data)
        if cleaned.get("publish_time") and not cleaned.get("publish_on"):
            self.add_error("publish_on", "Say the day as well.")
        if move == "schedule" and not self.moment:
            self.add_error("publish_on", "Say on which day it is to go out.")
        if move == "unpublish" and where(self.instance) == LIVE and not cleaned.get("reason"):
            self.add_error("reason", "Say why: colleagues read it in the post's history.")
        keeps_its_moment = move or self.is_preview or self.moment == self.instance.publish_at
        if self.instance.is_scheduled() and not keeps_its_moment:
            self.add_error("publish_on", "This post is scheduled already. To move its moment, press Schedule.")
        return cleaned

    def _beginning(self, cleaned):
        self.moment = self._moment(cleaned)
        if where(self.instance) == LIVE:
            return self.instance.publish_at
        return self.moment or (timezone.now() if pressed_move(self.data) == "publish" else None)

    def _moment(self, cleaned):
        """The moment in the form; exactly the post's own where nobody touched it."""
        if not (self["publish_on"]._has_changed() or self["publish_time"]._has_changed()):
            return self.instance.publish_at
        if not cleaned.get("publish_on"):
            return None
        try:
            return wall_clock.moment(cleaned["publish_on"], cleaned.get("publish_time") or USUAL_TIME)
        except ValidationError as refusal:
            self.add_error("publish_time", refusal)
