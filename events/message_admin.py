"""Writing to the people of a date, at the desk: choose whom, look at the mail, send it with one confirmation."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html

from sharedlives.foundation.admin import ReadOnlyAdmin
from sharedlives.foundation.mail_admin import as_it_arrives

from . import messages as to_people
from .bookings import BookingRefused
from .message_forms import ChosenForm, MessageForm
from .models import DateMessage, WorkshopDate

CHANGED = "Somebody has reserved or cancelled since you looked, or the words are others now. Please look once more."


class WritesToPeople:
    """For the admin of dates."""

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/write/", site(self.write_view), name="events_workshopdate_write"),
            path("<int:pk>/write/count/", site(self.count_view), name="events_workshopdate_write_count"),
            path("<int:pk>/write/html/", site(self.write_html_view), name="events_workshopdate_write_html"),
            *super().get_urls(),
        ]

    def write_view(self, request, pk):
        date = _date_to_write_about(request, pk)
        form = MessageForm(request.POST or None)
        context = {
            **self.admin_site.each_context(request),
            "title": "Write to people",
            "opts": self.opts,
            "date": date,
            "form": form,
        }
        if form.is_valid():
            words, chosen = _words(form), form.chosen()
            if done := to_people.sent(form.cleaned_data["request_id"]):
                return _back(request, done)
            seen = to_people.fingerprint(date, chosen, **words)
            if "send" in request.POST and form.cleaned_data["seen"] == seen:
                try:
                    request_id = form.cleaned_data["request_id"]
                    return _back(request, to_people.send(date, chosen, **words, request_id=request_id, by=request.user))
                except BookingRefused as refusal:
                    form.add_error(None, str(refusal))
            else:
                context |= _preview(date, chosen, words, seen, has_changed="send" in request.POST)
        _count_choices(form, date)
        return TemplateResponse(request, "admin/events/workshopdate/write.html", context)

    def count_view(self, request, pk):
        """How many are like that, for the page while somebody chooses."""
        date = _date_to_write_about(request, pk)
        form = ChosenForm(request.GET)
        words = to_people.count_in_words(date, form.chosen()) if form.is_valid() else ""
        return HttpResponse(words, content_type="text/plain; charset=utf-8")

    def write_html_view(self, request, pk):
        """The HTML half of the mail that is being written."""
        date = _date_to_write_about(request, pk)
        form = MessageForm(request.POST or None)
        if not form.is_valid():
            return redirect("admin:events_workshopdate_write", pk)
        return as_it_arrives(to_people.as_it_will_look(date, form.chosen(), **_words(form)).html)


def _date_to_write_about(request, pk):
    if not request.user.has_perm("events.mail_workshopdate"):
        raise PermissionDenied
    return get_object_or_404(WorkshopDate.objects.in_order(), pk=pk)


def _words(form):
    return {name: form.cleaned_data[name] for name in ("subject", "text")}


def _preview(date, chosen, words, seen, *, has_changed):
    mails, calls = to_people.count(date, chosen)
    return {
        "mail": to_people.as_it_will_look(date, chosen, **words),
        "seen": seen,
        "people": to_people.people(date, chosen),
        "how_many": to_people.count_in_words(date, chosen),
        "number": mails + calls,
        "chosen": chosen,
        "has_changed": CHANGED if has_changed else "",
    }


def _count_choices(form, date):
    """'Have a place (12)', beside each choice."""
    counted = date.bookings.not_overdue().aggregate(
        **{name: Count("pk", filter=Q(state__in=states)) for name, (_label, states) in to_people.STANDINGS.items()}
    )
    form.fields["standing"].choices = [
        (name, f"{label} ({counted[name]})") for name, (label, _states) in to_people.STANDINGS.items()
    ]


def _back(request, message):
    are = "is" if message.calls == 1 else "are"
    rung = f" {message.calls} {are} on the list of people to ring, with your words." if message.calls else ""
    messages.success(request, f"Written to {message.mails} by mail.{rung}")
    return redirect("admin:events_workshopdate_change", message.date_id)


@admin.register(DateMessage)
class DateMessageAdmin(ReadOnlyAdmin):
    list_display = ["sent_at", "subject", "date", "recipients", "mails", "calls", "sent_by"]
    list_display_links = ["subject"]
    list_select_related = ["date__workshop", "date__venue", "sent_by"]
    list_filter = ["sent_at"]
    search_fields = ["subject", "text"]
    fields = readonly_fields = ["date", "subject", "words", "recipients", "mails", "calls", "sent_by", "sent_at"]

    @admin.display(description="text")
    def words(self, message):
        return format_html('<p class="mail-text">{}</p>', message.text)
