from django.urls import path

from . import sitemaps, views

app_name = "site"

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap_index"),
    path("sitemap-posts-<int:year>.xml", sitemaps.sitemap_of_posts, name="sitemap_of_posts"),
    path("sitemap-site.xml", sitemaps.sitemap, {"section": "site"}, name="sitemap_of_site"),
    path("sitemap-blog.xml", sitemaps.sitemap, {"section": "blog"}, name="sitemap_of_blog"),
    path("<slug:slug>/", views.page_detail, name="page_detail"),
]
