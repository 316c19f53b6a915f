from django.urls import path

from . import feeds, guest_views, views

app_name = "blog"

RSS, ATOM = {"format": "rss"}, {"format": "atom"}

urlpatterns = [
    path("", views.post_list, name="post_list"),
    path("feed/", feeds.latest_posts, RSS, name="feed"),
    path("feed/atom/", feeds.latest_posts, ATOM, name="atom_feed"),
    path("authors/<slug:slug>/", views.author_detail, name="author_detail"),
    path("authors/<slug:slug>/feed/", feeds.author_feed, RSS, name="author_feed"),
    path("authors/<slug:slug>/feed/atom/", feeds.author_feed, ATOM, name="author_atom_feed"),
    path("topics/", views.topic_list, name="topic_list"),
    path("topics/<slug:slug>/", views.topic_detail, name="topic_detail"),
    path("topics/<slug:slug>/feed/", feeds.topic_feed, RSS, name="topic_feed"),
    path("topics/<slug:slug>/feed/atom/", feeds.topic_feed, ATOM, name="topic_atom_feed"),
    path("tags/<slug:slug>/", views.tag_detail, name="tag_detail"),
    path("tags/<slug:slug>/feed/", feeds.tag_feed, RSS, name="tag_feed"),
    path("tags/<slug:slug>/feed/atom/", feeds.tag_feed, ATOM, name="tag_atom_feed"),
    path("archive/", views.archive_index, name="archive_index"),
    path("archive/<int:year>/", views.archive_year, name="archive_year"),
    path("archive/<int:year>/<int:month>/", views.archive_month, name="archive_month"),
    path("suggest/", guest_views.suggest_post, name="suggest_post"),
    path("guests/lost-link/", guest_views.guest_link_lost, name="guest_link_lost"),
    path("guests/<str:token>/", guest_views.guest_post, name="guest_post"),
    path("guests/<str:token>/keep/", guest_views.guest_keep, name="guest_keep"),
    path("guests/<str:token>/preview/", guest_views.guest_preview, name="guest_preview"),
    path("guests/<str:token>/pictures/", guest_views.guest_pictures, name="guest_pictures"),
    path("guests/<str:token>/pictures/upload/", guest_views.guest_picture_upload, name="guest_picture_upload"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("<slug:slug>/", views.post_detail, name="post_detail"),
]
