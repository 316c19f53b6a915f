from django.urls import path

from . import feeds, views

app_name = "blog"

urlpatterns = [
    path("", views.post_list, name="post_list"),
    path("feed/", feeds.latest_posts, name="feed"),
    path("authors/<slug:slug>/", views.author_detail, name="author_detail"),
    path("topics/<slug:slug>/", views.topic_detail, name="topic_detail"),
    path("tags/<slug:slug>/", views.tag_detail, name="tag_detail"),
    path("<slug:slug>/", views.post_detail, name="post_detail"),
]
