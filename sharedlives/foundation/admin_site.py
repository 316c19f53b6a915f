from datetime import timedelta

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

RECENT = timedelta(days=30)


class StaffAdminSite(admin.AdminSite):
    """The staff's desk. Django's own pages for signing in, out and changing the password are closed, since they know
    neither the limits nor the second factor; they lead to those of allauth."""

    site_title = index_title = "Desk"
    site_header = "The desk"
    site_url = "/"
    final_catch_all_view = True
    # The first page lists everything, and the room is needed for lists.
    enable_nav_sidebar = False

    @method_decorator([never_cache, login_not_required])
    def login(self, request, extra_context=None):
        from .accounts import is_own_path

        wanted = request.GET.get(REDIRECT_FIELD_NAME)
        if not is_own_path(wanted) or wanted == request.path:
            wanted = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted, settings.LOGIN_URL)
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect(wanted)

    @method_decorator([require_POST, csrf_protect])
    def logout(self, request, extra_context=None):
        logout(request)
        return redirect("account_login")

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")

    def index(self, request, extra_context=None):
        from .models import AuditEntry

        mine = AuditEntry.objects.filter(actor=request.user, at__gte=timezone.now() - RECENT)
        return super().index(request, {"my_entries": mine[:10], **(extra_context or {})})
