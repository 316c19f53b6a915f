from django.urls import path

from .views import own_booking, own_changes, reserving, subscribing, workshops

app_name = "events"

urlpatterns = [
    path("workshops/", workshops.workshop_list, name="workshop_list"),
    path("workshops/calendar.ics", workshops.all_dates_calendar, name="all_dates_calendar"),
    # The words "in" and "past" are the slug of no workshop, and no date's is "past" (models/workshops.py, dates.py).
    path("workshops/past/", workshops.past_list, name="past_list"),
    path("workshops/in/<slug:slug>/", workshops.town_detail, name="town_detail"),
    path("workshops/<slug:slug>/", workshops.workshop_detail, name="workshop_detail"),
    path("workshops/<slug:slug>/calendar.ics", workshops.workshop_calendar, name="workshop_calendar"),
    path("workshops/<slug:slug>/past/", workshops.workshop_past, name="workshop_past"),
    # Addresses of dates end with month and year.
    path("workshops/<slug:slug>/new-dates/", subscribing.subscription_ask, name="subscription_ask"),
    path("workshops/<slug:slug>/<slug:date_slug>/", workshops.date_detail, name="date_detail"),
    path("workshops/<slug:slug>/<slug:date_slug>/calendar.ics", workshops.date_calendar, name="date_calendar"),
    path("workshops/<slug:slug>/<slug:date_slug>/reserve/", reserving.reserve_place, name="reserve_place"),
    path("new-dates/", subscribing.subscription_ask, name="subscription_ask"),
    path("new-dates/asked/", subscribing.subscription_asked, name="subscription_asked"),
    path("new-dates/confirm/<str:token>/", subscribing.subscription_confirm, name="subscription_confirm"),
    path("new-dates/leave/<str:token>/", subscribing.subscription_leave, name="subscription_leave"),
    path("bookings/made/<str:token>/", reserving.booking_made, name="booking_made"),
    path("bookings/lost-link/", own_changes.lost_link, name="lost_link"),
    path("bookings/lost-link/sent/", own_changes.lost_link_sent, name="lost_link_sent"),
    path("bookings/handed-over/", own_changes.booking_handed_over, name="booking_handed_over"),
    path("bookings/<str:token>/", own_booking.booking_detail, name="booking_detail"),
    path("bookings/<str:token>/names/", own_booking.booking_names, name="booking_names"),
    path("bookings/<str:token>/needs/<int:person>/", own_booking.booking_need, name="booking_need"),
    path("bookings/<str:token>/places/", own_changes.booking_places, name="booking_places"),
    path("bookings/<str:token>/move/", own_changes.booking_move, name="booking_move"),
    path("bookings/<str:token>/hand-over/", own_changes.booking_hand_over, name="booking_hand_over"),
]
