from django.urls import path

from . import feeds, views

app_name = "blog"

urlpatterns = [
    path("", views.post_list, name="post_list"),
    path("feed/", feeds.latest_posts, name="feed"),
    path("<slug:slug>/", views.post_detail, name="post_detail"),
]
