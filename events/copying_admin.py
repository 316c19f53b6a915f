"""Copying at the desk: first the form, then the dates in words with ticks, and only then is anything stored."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from sharedlives.foundation import spoken

from . import copying
from .copying_forms import CopyDateForm, CopyWorkshopForm
from .models import Workshop, WorkshopDate


class CopiesDates:
    """For the admin of dates."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.copy_view)
        return [path("<int:pk>/copy/", view, name="events_workshopdate_copy"), *super().get_urls()]

    def copy_view(self, request, pk):
        if not self.has_add_permission(request):
            raise PermissionDenied
        date = get_object_or_404(WorkshopDate.objects.in_order(), pk=pk)
        return choose_dates(self, request, date.workshop, like=date)


class CopiesWorkshops:
    """For the admin of workshops."""

    def get_urls(self):
        site = self.admin_site.admin_view
        return [
            path("<int:pk>/copy/", site(self.copy_view), name="events_workshop_copy"),
            path("<int:pk>/dates/", site(self.add_dates_view), name="events_workshop_add_dates"),
            *super().get_urls(),
        ]

    def add_dates_view(self, request, pk):
        """Dates by rule, like the latest that it has."""
        if not request.user.has_perm("events.add_workshopdate"):
            raise PermissionDenied
        workshop = get_object_or_404(Workshop, pk=pk)
        return choose_dates(self, request, workshop, like=workshop.dates.in_order().last())

    def copy_view(self, request, pk):
        if not self.has_add_permission(request):
            raise PermissionDenied
        workshop = get_object_or_404(Workshop, pk=pk)
        may_add_dates = request.user.has_perm("events.add_workshopdate")
        form = CopyWorkshopForm(request.POST or None, workshop=workshop, may_add_dates=may_add_dates)
        if "change" not in request.POST and form.is_valid():
            planned = form.plan()
            chosen = _chosen(request, planned)
            if not planned or chosen:
                copy = copying.copy_workshop(
                    workshop,
                    title=form.cleaned_data["title"],
                    planned=chosen,
                    shown_at=form.cleaned_data["stamp"],
                    by=request.user,
                )
                messages.success(request, f"This is the copy of {workshop}. It is not published yet.")
                return redirect("admin:events_workshop_change", copy.pk)
            return _preview(self, request, workshop, form, planned)
        return _page(self, request, "admin/events/copy_workshop.html", workshop, form)


def choose_dates(model_admin, request, workshop, *, like):
    form = CopyDateForm(request.POST or None, workshop=workshop, like=like)
    if "change" not in request.POST and form.is_valid():
        planned = form.plan()
        if chosen := _chosen(request, planned):
            request_id = form.cleaned_data["request_id"]
            made = copying.make_dates(chosen, like=like, request_id=request_id, by=request.user)
            return _made(request, workshop, made)
        return _preview(model_admin, request, workshop, form, planned)
    return _page(model_admin, request, "admin/events/copy_date.html", workshop, form, like=like)


def _made(request, workshop, made):
    if len(made) == 1:
        messages.success(request, f"This is the new date, on {spoken.day(made[0].starts_at)}.")
        return redirect("admin:events_workshopdate_change", made[0].pk)
    messages.success(request, f"{len(made)} dates are made." if made else "These dates are made already.")
    address = reverse("admin:events_workshopdate_changelist")
    return redirect(f"{address}?workshop__id__exact={workshop.pk}")


def _chosen(request, planned):
    ticked = set(request.POST.getlist("keep")) if "make" in request.POST else set()
    return [each for each in planned if each.key in ticked and not each.refusal]


def _preview(model_admin, request, workshop, form, planned):
    was_asked = "make" in request.POST
    rows = [(each, not was_asked and not each.is_doubtful) for each in planned]
    more = {"rows": rows, "was_asked": was_asked, "can_be_made": any(not each.refusal for each in planned)}
    return _page(model_admin, request, "admin/events/copy_preview.html", workshop, form, **more)


def _page(model_admin, request, template, workshop, form, **more):
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Copy this workshop" if isinstance(form, CopyWorkshopForm) else "New dates",
        "workshop": workshop,
        "form": form,
        **more,
    }
    return TemplateResponse(request, template, context)
