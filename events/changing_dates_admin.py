"""Changing, postponing or cancelling a date at the desk: what is to be, then what it will do, then one press."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST

from sharedlives.foundation.mail_admin import as_it_arrives

from . import changing_dates, who_heard
from .bookings import BookingRefused
from .changing_dates_forms import CancelForm, NewFactsForm, PostponeForm
from .models import WorkshopDate
from .rehearsals import Rehearsal, rehearse

SALT = "events.change"


@dataclass(frozen=True)
class Kind:
    """One of the three things that tell everybody."""

    title: str
    permission: str
    form: type[NewFactsForm | PostponeForm | CancelForm]


KINDS = {
    "move": Kind("Change time or place", "events.change_workshopdate", NewFactsForm),
    "postpone": Kind("Postpone", "events.cancel_workshopdate", PostponeForm),
    "cancel": Kind("Cancel this date", "events.cancel_workshopdate", CancelForm),
}


class ChangesDates:
    """For the admin of dates."""

    def get_urls(self):
        site = self.admin_site.admin_view
        wizards = [
            path(f"<int:pk>/{name}/", site(self.change_wizard), {"name": name}, name=f"events_workshopdate_{name}")
            for name in KINDS
        ]
        asking = path("<int:pk>/ask/", site(require_POST(self.ask_view)), name="events_workshopdate_ask")
        return [*wizards, asking, *super().get_urls()]

    def change_wizard(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """GET and the first POST ask and show, and store nothing; the plan comes back signed with the last press."""
        kind = KINDS[name]
        if not request.user.has_perm(kind.permission):
            raise PermissionDenied
        date = get_object_or_404(WorkshopDate.objects.in_order(), pk=pk)
        plan = _read(request, pk, name)
        typed = QueryDict(plan) if plan else request.POST if request.method == "POST" else None
        form = kind.form(typed, instance=date, is_new=not plan)
        if typed is None or "back" in request.POST or not form.is_valid():
            return self._asked(request, kind, pk, form)
        act = functools.partial(form.act, date, by=request.user, **form.arguments())
        try:
            if plan and "do" in request.POST:
                return self._done(request, pk, form, act())
            rehearsal = rehearse(date, act)
        except BookingRefused as refusal:
            # With the version as it is now: pressing once more says that they have looked.
            form = kind.form(typed, instance=get_object_or_404(WorkshopDate.objects.in_order(), pk=pk), is_new=False)
            form.add_error(None, str(refusal))
            form.data = form.data.copy()
            form.data["seen"] = form.initial["seen"]
            return self._asked(request, kind, pk, form)
        if "letter" in request.POST:
            return _letter(rehearsal, request.POST["letter"])
        plan = plan or _typed(typed)
        return self._previewed(request, kind, pk, form, rehearsal, _signed(request, pk, name, plan))

    def _page(self, request, kind: Kind, pk: int, step: str, **context: Any) -> TemplateResponse:
        # As it stands: the form's own date is what it would be.
        date = WorkshopDate.objects.in_order().get(pk=pk)
        title = "Set a new time" if date.is_postponed and kind.form is NewFactsForm else kind.title
        page = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "date": date}
        response = TemplateResponse(request, f"admin/events/workshopdate/{step}.html", page | context)
        patch_cache_control(response, no_store=True, private=True)
        return response

    def _asked(self, request, kind: Kind, pk: int, form) -> TemplateResponse:
        return self._page(request, kind, pk, "change_ask", form=form)

    def _previewed(self, request, kind: Kind, pk: int, form, rehearsal: Rehearsal, plan: str) -> TemplateResponse:
        return self._page(
            request,
            kind,
            pk,
            "change_preview",
            rehearsal=rehearsal,
            plan=plan,
            typed=form.cleaned_data,
            is_cancelling=kind.form is CancelForm,
            names_people=request.user.has_perm("events.view_booking"),
            counts_needs=request.user.has_perm("events.view_accessneed"),
        )

    def _done(self, request, pk: int, form, told: changing_dates.Told) -> HttpResponse:
        messages.success(request, f"{form.done} {in_words(told)}")
        return redirect("admin:events_workshopdate_change", pk)

    def ask_view(self, request, pk):
        """Those who have not said whether they can still come are asked once more."""
        if not request.user.has_perm("events.cancel_workshopdate"):
            raise PermissionDenied
        try:
            told = changing_dates.ask_once_more(get_object_or_404(WorkshopDate, pk=pk), by=request.user)
        except BookingRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Asked once more. {in_words(told)}")
        return redirect("admin:events_workshopdate_change", pk)

    def about_changes(self, request, date: WorkshopDate) -> dict[str, Any]:
        """For the page of a date: who has heard of the last change, and who said that they can still come."""
        return {
            "may_change": request.user.has_perm("events.change_workshopdate"),
            "may_cancel": request.user.has_perm("events.cancel_workshopdate"),
            "is_told": date.is_told_of(),
            "names_people": request.user.has_perm("events.view_booking"),
            "heard": who_heard.of(date),
            "answers": changing_dates.Answers.to(date),
        }


def in_words(told: changing_dates.Told) -> str:
    if not any(told):
        return "Nobody else had to be told."
    mails = f"{told.by_mail} {'person is' if told.by_mail == 1 else 'people are'} told by mail."
    if not told.to_ring:
        return mails
    calls = f"{told.to_ring} {'has' if told.to_ring == 1 else 'have'} no e-mail: ring them, with the words"
    return f"{mails} {calls} in the list of people to ring."


def _typed(posted: QueryDict) -> str:
    kept = posted.copy()
    for name in ("csrfmiddlewaretoken", "plan"):
        kept.pop(name, None)
    return kept.urlencode()


def _signed(request: HttpRequest, pk: int, name: str, typed: str) -> str:
    return signing.dumps([request.user.pk, pk, name, typed], salt=SALT, compress=True)


def _read(request: HttpRequest, pk: int, name: str) -> str:
    """What was typed on the first page, from the second; empty where there is none of this date and person."""
    try:
        *of, typed = signing.loads(request.POST.get("plan", ""), salt=SALT)
    except (signing.BadSignature, ValueError):
        return ""
    return typed if of == [request.user.pk, pk, name] else ""


def _letter(rehearsal: Rehearsal, number: str) -> HttpResponse:
    letters = [one.letter for one in rehearsal.audiences if str(one.number) == number and one.letter]
    if not letters:
        raise Http404
    return as_it_arrives(letters[0].html)
