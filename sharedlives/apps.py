from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "sharedlives.foundation.admin_site.StaffAdminSite"
