from django.urls import path

from .views import own_booking, reserving, workshops

app_name = "events"

urlpatterns = [
    path("workshops/", workshops.workshop_list, name="workshop_list"),
    path("workshops/<slug:slug>/", workshops.workshop_detail, name="workshop_detail"),
    path("workshops/<slug:slug>/<slug:date_slug>/", workshops.date_detail, name="date_detail"),
    path("workshops/<slug:slug>/<slug:date_slug>/calendar.ics", workshops.date_calendar, name="date_calendar"),
    path("workshops/<slug:slug>/<slug:date_slug>/reserve/", reserving.reserve_place, name="reserve_place"),
    path("bookings/made/<str:token>/", reserving.booking_made, name="booking_made"),
    path("bookings/<str:token>/", own_booking.booking_detail, name="booking_detail"),
    path("bookings/<str:token>/names/", own_booking.booking_names, name="booking_names"),
    path("bookings/<str:token>/needs/<int:position>/", own_booking.booking_need, name="booking_need"),
]
