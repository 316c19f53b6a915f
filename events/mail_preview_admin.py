"""What our mails say, at the desk: every mail about a workshop or a date, to be read before anybody gets it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path

from sharedlives.foundation.mail_admin import as_it_arrives

from . import mail_previews
from .models import WorkshopDate


class MailPreviews:
    """For the admin of workshops and of dates."""

    def get_urls(self):
        site, name = self.admin_site.admin_view, f"events_{self.opts.model_name}"
        return [
            path("<int:pk>/mails/", site(self.mails_view), name=f"{name}_mails"),
            path("<int:pk>/mails/<slug:preview>/", site(self.mail_html_view), name=f"{name}_mail_html"),
            *super().get_urls(),
        ]

    def mails_view(self, request, pk):
        obj, workshop, like = self._looked_at(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "What our mails say",
            "opts": self.opts,
            "about": obj,
            "shown": mail_previews.all_of(workshop, like, by=request.user),
            "list_url": f"admin:events_{self.opts.model_name}_changelist",
            "change_url": f"admin:events_{self.opts.model_name}_change",
            "html_url": f"admin:events_{self.opts.model_name}_mail_html",
        }
        return TemplateResponse(request, "admin/events/mails.html", context)

    def mail_html_view(self, request, pk, preview):
        _obj, workshop, like = self._looked_at(request, pk)
        known = mail_previews.named(preview)
        shown = known and mail_previews.show(known, workshop, like, by=request.user)
        if not shown or not shown.mail:
            raise Http404
        return as_it_arrives(shown.mail.html)

    def _looked_at(self, request, pk):
        obj = self.get_object(request, str(pk))
        if obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return (obj, obj.workshop, obj) if isinstance(obj, WorkshopDate) else (obj, obj, None)
