from django.urls import path

from . import views

app_name = "events"

urlpatterns = [
    path("workshops/", views.workshop_list, name="workshop_list"),
    path("workshops/<slug:slug>/", views.workshop_detail, name="workshop_detail"),
    path("workshops/<slug:slug>/<slug:date_slug>/", views.date_detail, name="date_detail"),
    path("workshops/<slug:slug>/<slug:date_slug>/calendar.ics", views.date_calendar, name="date_calendar"),
    path("workshops/<slug:slug>/<slug:date_slug>/reserve/", views.reserve_place, name="reserve_place"),
    path("bookings/made/<str:token>/", views.booking_made, name="booking_made"),
    path("bookings/<str:token>/", views.booking_detail, name="booking_detail"),
    path("bookings/<str:token>/names/", views.booking_names, name="booking_names"),
    path("bookings/<str:token>/needs/<int:position>/", views.booking_need, name="booking_need"),
]
