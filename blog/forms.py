from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTimeWidget
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.text import slugify

from sharedlives.foundation import slugs, spoken, wall_clock
from sharedlives.foundation.models import AuditEntry

from .editorial import MOVES
from .models import RESERVED_SLUGS, Post, PostAddress

USUAL_TIME = time(9)


class PostForm(forms.ModelForm):
    """The post as its writers fill it in. Where it stands is no field of any form."""

    # Which state of the post the person saw when they began, so that nobody's work is overwritten unseen.
    seen_version = forms.CharField(required=False, widget=forms.HiddenInput)
    not_of_the_post = frozenset({"seen_version"})
    # The post as a colleague has saved it meanwhile.
    theirs: Post | None = None

    class Meta:
        model = Post
        fields = ["title", "slug", "standfirst", "body", "introduction", "introduced_by", "workshop"]
        widgets = {
            "title": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "slug": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "standfirst": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 3}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.updated_at.isoformat()
        if "slug" in self.fields:
            self.fields["slug"].required = False  # without JavaScript it is made here

    @cached_property
    def changed_data(self):
        return [name for name in super().changed_data if name not in self.not_of_the_post]

    def clean_standfirst(self):
        return " ".join(self.cleaned_data["standfirst"].split())

    def clean_slug(self):
        slug = self.cleaned_data["slug"] or self._new_slug()
        if PostAddress.objects.filter(slug=slug).exclude(post=self.instance.pk).exists():
            raise ValidationError("Another post was once found at this address. Choose another word or add a number.")
        return slug

    def _new_slug(self) -> str:
        base = slugify(self.cleaned_data.get("title", ""))[:100] or "post"
        taken = {*RESERVED_SLUGS}
        for model in (Post, PostAddress):
            taken.update(model.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        return slugs.numbered(base, taken)

    def clean(self):
        cleaned = super().clean()
        if self.instance.status == Post.Status.PUBLISHED and not cleaned.get("body") and "body" not in self.errors:
            self.add_error("body", "This post is published, so it needs a text.")
        if self.instance.pk and cleaned.get("seen_version") != self.initial["seen_version"]:
            self._refuse_to_overwrite()
        return cleaned

    def _refuse_to_overwrite(self):
        self.theirs = Post.objects.for_reading().get(pk=self.instance.pk)
        # Saving once more says: I have seen it.
        self.data = self.data.copy()
        self.data[self.add_prefix("seen_version")] = self.initial["seen_version"]
        last = AuditEntry.objects.filter(object_type=Post._meta.label_lower, object_id=str(self.instance.pk)).first()
        who = last.actor_name if last else "Somebody"
        raise ValidationError(
            f"{who} saved this post at {spoken.time(self.theirs.updated_at)}, after you had opened it. Yours is not "
            "saved yet, and nothing of it is lost: it stands in the form, and theirs below it. Put together what "
            "should stay and save again; that replaces theirs.",
            code="overtaken",
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
    not_of_the_post = PostForm.not_of_the_post | {"publish_on", "publish_time", "reason"}

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
        self.moment, move = self._moment(cleaned), pressed_move(self.data)
        if cleaned.get("publish_time") and not cleaned.get("publish_on"):
            self.add_error("publish_on", "Say the day as well.")
        if move == "schedule" and not self.moment:
            self.add_error("publish_on", "Say on which day it is to go out.")
        if self.instance.is_scheduled() and not move and self.moment != self.instance.publish_at:
            self.add_error("publish_on", "This post is scheduled already. To move its moment, press Schedule.")
        return cleaned

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
