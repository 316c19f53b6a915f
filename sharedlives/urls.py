from django.contrib import admin
from django.urls import include, path

from sharedlives.foundation import views as foundation

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("sharedlives.foundation.account_urls")),
    path("media/renditions/<path:name>", foundation.rendition, name="rendition"),
    path("", include("events.urls")),
    path("blog/", include("blog.urls")),
    path("", include("sharedlives.site.urls")),
]

handler400 = "sharedlives.site.views.bad_request"
handler403 = "sharedlives.site.views.permission_denied"
handler404 = "sharedlives.site.views.page_not_found"
handler429 = "sharedlives.foundation.accounts.refuse_for_now"  # asked by allauth alone
handler500 = "sharedlives.site.views.server_error"
