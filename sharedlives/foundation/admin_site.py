from allauth.account.decorators import secure_admin_login
from django.contrib import admin


class StaffAdminSite(admin.AdminSite):
    """The staff's desk. Signing in goes through allauth, with its limits and second factors."""

    site_title = index_title = "Desk"
    site_header = "The desk"
    final_catch_all_view = True

    def login(self, request, extra_context=None):
        return secure_admin_login(super().login)(request, extra_context)
