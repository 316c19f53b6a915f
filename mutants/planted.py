"""Each fault: what is wrong then, in which file, which text becomes which, and the tests that must see it."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    fault: str
    file: str
    old: str
    new: str
    tests: list[str]

    @property
    def changes_the_database(self) -> bool:
        return "/migrations/" in self.file


def tests(module: str, *names: str) -> list[str]:
    return [f"tests/{module}.py::{name}" for name in names]


RESERVING = [
    Mutant(
        "Nobody locks the date",
        "events/locking.py",
        '.select_for_update(no_key=True, of=("self",))',
        "",
        tests("events/test_never_too_many", "test_the_lock_alone_never_oversells"),
    ),
    Mutant(
        "A newcomer overtakes those who wait",
        "events/waiting_list.py",
        "    if not date.fill_gaps:\n        return not date.waiting\n",
        "    if not date.fill_gaps:\n        return True\n",
        tests("events/test_bookings", "test_a_newcomer_never_overtakes_those_who_wait"),
    ),
    Mutant(
        "Where gaps are filled a newcomer takes what somebody who waits could have",
        "events/waiting_list.py",
        "    return not any(date.has_room_for(b.places, b.support_workers) for b in date.bookings.waiting_in_order())\n",
        "    return True\n",
        tests(
            "events/test_waiting_list",
            "test_whom_staff_enter_after_booking_has_closed_does_not_get_what_somebody_who_waits_could_have",
        ),
    ),
    Mutant(
        "Support workers need no place",
        "events/models/dates.py",
        "        return places + max(0, support_workers - self.support_left) <= self.ordinary_left\n",
        "        return places <= self.ordinary_left\n",
        tests("events/test_waiting_list", "test_who_comes_with_a_support_worker_is_not_offered_a_place_for_one"),
    ),
    Mutant(
        "Held-back places are for everybody from the start",
        "events/models/dates.py",
        "        return 0 if self.support_is_released else self.support_places or 0\n",
        "        return 0\n",
        tests("events/test_bookings", "test_the_held_back_places_are_not_given_to_people_without_support"),
    ),
    Mutant(
        "Overbooking is forgotten",
        "events/models/dates.py",
        "        return (self.places or 0) - self._held_back() + (self.overbook or 0)\n",
        "        return (self.places or 0) - self._held_back()\n",
        tests("events/test_bookings", "test_overbooking_lets_so_many_more_in_and_no_more"),
    ),
    Mutant(
        "What is due by the clock is not done before a place is given",
        "events/bookings.py",
        "    date = waiting_list.settled(date.pk)\n    if not is_new:\n",
        "    date = waiting_list.locking.lock_date(date.pk)\n    if not is_new:\n",
        tests("events/test_waiting_list", "test_an_overdue_offer_counts_as_ended_though_no_job_has_run"),
    ),
    Mutant(
        "The same form sent twice is looked at as if it were new",
        "events/bookings.py",
        "    return not is_known\n",
        "    return True\n",
        tests("events/test_bookings", "test_the_same_form_sent_twice_is_one_booking"),
    ),
    Mutant(
        "A double click in parallel is an error",
        "events/bookings.py",
        "    except IntegrityError:\n",
        "    except ZeroDivisionError:\n",
        tests("events/test_never_too_many", "test_a_double_click_in_parallel_is_one_booking"),
    ),
    Mutant(
        "Who shares an inbox and asks again is taken for the other",
        "events/models/bookings.py",
        "        bookings = self.active().filter(coming_key=key)\n",
        "        bookings = self.active()\n",
        tests("events/test_bookings", "test_people_who_share_an_inbox_each_have_their_booking"),
    ),
    Mutant(
        "Whoever types an address learns whether it has booked",
        "events/bookings.py",
        '"told_to_wait": held.holds_a_place and not has_room',
        '"told_to_wait": False',
        tests("events/test_pages", "test_the_answer_is_alike_on_a_full_date_too"),
    ),
    Mutant(
        "People reserve on a date that is cancelled",
        "events/models/dates.py",
        '        if self.is_cancelled:\n            return "This date is cancelled."\n',
        "",
        tests("events/test_bookings", "test_reserve_refuses_a_date_that_is_not_open"),
    ),
    Mutant(
        "People reserve after booking has closed",
        "events/models/dates.py",
        '        if now >= self.closes_at:\n            return "Booking for this date has closed."\n',
        "",
        tests("events/test_bookings", "test_reserve_refuses_a_date_that_is_not_open"),
    ),
    Mutant(
        "One address can reserve without end",
        "sharedlives/foundation/limits.py",
        "    if _count(scope, key, window) > limit:\n",
        "    if False:\n",
        tests("events/test_pages", "test_many_reservations_from_one_address_are_slowed_in_words_and_lose_nothing"),
    ),
]

WAITING = [
    Mutant(
        "Who asked last is offered the place first",
        "events/models/bookings.py",
        '        return self.filter(state=Booking.State.WAITING).order_by("queued_at", "pk")\n',
        '        return self.filter(state=Booking.State.WAITING).order_by("-queued_at", "-pk")\n',
        tests("events/test_waiting_list", "test_a_place_that_becomes_free_is_offered_to_the_first_who_asked"),
    ),
    Mutant(
        "A group is passed over though the order is strict",
        "events/waiting_list.py",
        "        elif not date.fill_gaps:\n            return\n",
        "",
        tests("events/test_waiting_list", "test_a_group_at_the_head_waits_for_enough_places_and_nobody_overtakes_it"),
    ),
    Mutant(
        "A place given up is offered to nobody",
        "events/bookings.py",
        "    audit.record(by, CANCELLING[before], booking, note=audit.notes(date, note))\n    waiting_list.settle(date)\n",
        "    audit.record(by, CANCELLING[before], booking, note=audit.notes(date, note))\n",
        tests("events/test_waiting_list", "test_a_place_that_becomes_free_is_offered_to_the_first_who_asked"),
    ),
    Mutant(
        "Places are offered after booking has closed",
        "events/models/dates.py",
        "        return self.state == self.State.SCHEDULED and timezone.now() < self.closes_at\n",
        "        return self.state == self.State.SCHEDULED\n",
        tests("events/test_waiting_list", "test_nothing_is_offered_for_a_date_that_is_cancelled_or_closed"),
    ),
    Mutant(
        "An offer nobody answers is never ended",
        "events/waiting_list.py",
        "    if date.has_overdue_offers():\n",
        "    if False:\n",
        tests("events/test_waiting_list", "test_an_offer_that_nobody_answers_goes_to_the_next"),
    ),
    Mutant(
        "The job does not see that an offer has ended",
        "events/waiting_list.py",
        "    by_the_clock = WorkshopDate.objects.filter(overdue | release)",
        "    by_the_clock = WorkshopDate.objects.filter(release)",
        tests("events/test_waiting_list", "test_an_offer_that_nobody_answers_goes_to_the_next"),
    ),
    Mutant(
        "The needs of somebody whose offer ended are kept",
        "events/waiting_list.py",
        "    move(booking, State.LAPSED)\n    needs.forget(booking)\n",
        "    move(booking, State.LAPSED)\n",
        tests("events/test_waiting_list", "test_an_offer_that_nobody_answers_goes_to_the_next"),
    ),
    Mutant(
        "A late yes overtakes those who wait",
        "events/waiting_list.py",
        "    if date.waiting:\n        return TOO_LATE\n",
        "",
        tests("events/test_waiting_list", "test_a_late_yes_never_overtakes_those_who_wait"),
    ),
    Mutant(
        "A late yes finds no place though nobody else wants it",
        "events/waiting_list.py",
        "    settle(date, spare=booking)\n",
        "    settle(date)\n",
        tests("events/test_waiting_list", "test_a_late_yes_works_if_there_is_room_and_nobody_waits"),
    ),
    Mutant(
        "Saying yes twice is mailed twice",
        "events/waiting_list.py",
        "    if booking.has_a_place:\n        return booking\n    if refusal := _why_not_theirs(booking, by):\n",
        "    if not booking.has_a_place and (refusal := _why_not_theirs(booking, by)):\n",
        tests("events/test_waiting_list", "test_saying_yes_twice_is_one_place_and_one_mail"),
    ),
    Mutant(
        "The clock runs for somebody whom no mail reaches",
        "events/waiting_list.py",
        "    deadline = _deadline(booking) if booking.email else None\n",
        "    deadline = _deadline(booking)\n",
        tests("events/test_waiting_list", "test_without_e_mail_no_clock_runs_until_staff_have_reached_the_person"),
    ),
    Mutant(
        "Noting twice that somebody was reached gives them more time",
        "events/waiting_list.py",
        "    if not ring_list.waits_for_a_call(booking):\n        return booking\n    move(booking, State.OFFERED",
        "    move(booking, State.OFFERED",
        tests("events/test_waiting_list", "test_noting_again_that_somebody_was_reached_gives_them_no_more_time"),
    ),
    Mutant(
        "Somebody is to be rung about what is settled",
        "events/waiting_list.py",
        "    ring_list.finish(booking, by=by)\n",
        "",
        tests("events/test_waiting_list", "test_a_task_is_done_when_what_was_to_tell_is_overtaken"),
    ),
    Mutant(
        "Support places are never released",
        "events/models/dates.py",
        "        return is_due and not self.support_is_released and not self.is_postponed\n",
        "        return False\n",
        tests("events/test_waiting_list", "test_a_released_place_is_shown_and_taken_at_once_though_no_job_has_run"),
    ),
    Mutant(
        "Staff give a place out of order while offers go out",
        "events/waiting_list.py",
        "    if earlier and date.may_offer():\n",
        "    if False:\n",
        tests("events/test_desk", "test_while_places_are_offered_by_themselves_nobody_is_given_one_out_of_order"),
    ),
    Mutant(
        "An offer may end on a day on which nobody answers the phone",
        "events/closed_days.py",
        "if day.weekday() < 5 and not listed.get(day, day in unlisted))",
        "if day.weekday() < 5)",
        tests("events/test_closed_days", "test_an_offer_is_to_be_answered_by_noon_of_the_third_working_day"),
    ),
    Mutant(
        "Noon is that of Greenwich all year",
        "events/closed_days.py",
        "    return datetime.combine(day, time(12), LONDON)\n",
        "    return datetime.combine(day, time(12), timezone.get_fixed_timezone(0))\n",
        tests("events/test_closed_days", "test_an_offer_is_to_be_answered_by_noon_of_the_third_working_day"),
    ),
    Mutant(
        "An offer goes on after booking has closed",
        "events/closed_days.py",
        "    return min(noons[-1], closes_at) if needs_more_time else noons[WORKING_DAYS - 1]\n",
        "    return noons[-1] if needs_more_time else noons[WORKING_DAYS - 1]\n",
        tests("events/test_closed_days", "test_no_deadline_lies_past_closing_and_none_is_unkind"),
    ),
    Mutant(
        "Who needs more time gets none",
        "events/closed_days.py",
        "    return min(noons[-1], closes_at) if needs_more_time else noons[WORKING_DAYS - 1]\n",
        "    return noons[WORKING_DAYS - 1]\n",
        tests("events/test_closed_days", "test_who_needs_more_time_has_twice_as_many_working_days"),
    ),
]

CANCELLING = [
    Mutant(
        "Cancelling twice is mailed twice",
        "events/bookings.py",
        "    if not booking.is_active:\n        return booking\n    if date.has_started() and by is None:\n",
        "    if date.has_started() and by is None:\n",
        tests("events/test_bookings", "test_cancelling_frees_the_place_once_and_deletes_the_needs"),
    ),
    Mutant(
        "The needs of somebody who cancelled are kept",
        "events/bookings.py",
        "    needs.forget(booking)\n    # Whoever confirmed it",
        "    # Whoever confirmed it",
        tests("events/test_bookings", "test_cancelling_frees_the_place_once_and_deletes_the_needs"),
    ),
    Mutant(
        "Opening a link cancels",
        "events/views/own_booking.py",
        '    if request.method == "POST":\n        try:\n            _answered(request, booking)\n',
        '    if request.method == "POST" or "cancel" in request.GET:\n        try:\n            _answered(request, booking)\n',
        tests("events/test_pages", "test_cancelling_needs_a_post_and_happens_once"),
    ),
    Mutant(
        "Opening a link says yes to an offer",
        "events/views/own_booking.py",
        '    if request.method == "POST":\n        try:\n            _answered(request, booking)\n',
        '    if request.method == "POST" or booking.is_offered:\n        try:\n            waiting_list.accept(booking)\n',
        tests("events/test_pages", "test_an_offer_is_said_yes_to_on_the_own_page_by_a_press_and_not_by_opening_it"),
    ),
    Mutant(
        "Cancelling a date twice is refused",
        "events/changing_dates.py",
        "    if date.is_cancelled:\n        return Told()\n",
        "",
        tests("events/test_bookings", "test_cancelling_a_date_tells_everybody_once_and_deletes_their_needs"),
    ),
    Mutant(
        "A date is cancelled and nobody is told",
        "events/changing_dates.py",
        "        emails.date_cancelled(booking, reason, had_a_place=had_a_place)\n",
        "        pass\n",
        tests("events/test_bookings", "test_cancelling_a_date_tells_everybody_once_and_deletes_their_needs"),
    ),
]

LINKS = [
    Mutant(
        "A link that was ended still opens",
        "events/views/own_links.py",
        "    return booking if str(booking.link_version) == version else None\n",
        "    return booking\n",
        tests("events/test_pages", "test_an_ended_link_says_so"),
    ),
    Mutant(
        "The link at the wrong address lives on after the address was corrected",
        "events/corrections.py",
        "    booking.link_version += 1\n",
        "",
        tests("events/test_bookings", "test_correcting_the_address_ends_the_old_link_and_writes_to_the_new_one"),
    ),
    Mutant(
        "A public computer corrects the address for ever",
        "events/corrections.py",
        "    return timezone.now() - request.created_at < CORRECT_WITHIN\n",
        "    return True\n",
        tests("events/test_pages", "test_the_page_after_reserving_corrects_nothing_after_a_day"),
    ),
    Mutant(
        "The log holds personal values",
        "sharedlives/foundation/audit.py",
        '"changed" if name in personal else [_short(before), _short(after)]',
        "[_short(before), _short(after)]",
        tests("foundation/test_audit", "test_of_personal_fields_only_the_change_is_kept"),
    ),
]

THE_DATABASE = [
    Mutant(
        "The database lets one person too many in",
        "events/migrations/0004_offers_keep_their_order.py",
        '                condition=models.Q(\n                    ("places", None),\n',
        '                condition=models.Q(\n                    ("waiting__gte", 0),\n                    ("places", None),\n',
        tests("events/test_never_too_many", "test_the_database_refuses"),
    ),
    Mutant(
        "The database counts offers as free",
        "events/migrations/0006_workshops_in_depth.py",
        """# As in migration 0004; postponing and the way of taking part count as changes for calendars too.
COUNT = \"\"\"
CREATE OR REPLACE FUNCTION events_count_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people integer;
    support integer;
BEGIN
    SELECT coalesce(sum(places) FILTER (WHERE state IN ('offered', 'confirmed')), 0),""",
        """COUNT = \"\"\"
CREATE OR REPLACE FUNCTION events_count_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people integer;
    support integer;
BEGIN
    SELECT coalesce(sum(places) FILTER (WHERE state = 'confirmed'), 0),""",
        tests("events/test_waiting_list", "test_the_database_counts_offers_as_taken_and_keeps_the_first_end"),
    ),
    Mutant(
        "The database does not count what is deleted",
        "events/migrations/0004_offers_keep_their_order.py",
        "    AFTER INSERT OR DELETE OR UPDATE OF date_id, state, places, support_workers, offer_ends_at ON events_booking\n",
        "    AFTER INSERT OR UPDATE OF date_id, state, places, support_workers, offer_ends_at ON events_booking\n",
        tests("events/test_never_too_many", "test_deleting_and_moving_bookings_recounts_both_dates"),
    ),
    Mutant(
        "The database does not count where a moved booking came from",
        "events/migrations/0002_the_database_counts_places.py",
        "unnest(ARRAY[OLD.date_id, NEW.date_id])",
        "unnest(ARRAY[coalesce(NEW.date_id, OLD.date_id)])",
        tests("events/test_never_too_many", "test_deleting_and_moving_bookings_recounts_both_dates"),
    ),
    Mutant(
        "The database takes an offer without an end",
        "events/migrations/0004_offers_keep_their_order.py",
        'models.Q(("offer_ends_at__isnull", False), ("state", "offered")),',
        'models.Q(("state", "offered")),',
        tests("events/test_waiting_list", "test_the_database_wants_a_deadline_for_offers_and_for_nothing_else"),
    ),
    Mutant(
        "The database holds two bookings of the same people",
        "events/migrations/0004_offers_keep_their_order.py",
        'condition=models.Q(("state__in", ["waiting", "offered", "confirmed"])),',
        'condition=models.Q(("state__in", ["waiting"])),',
        tests("events/test_bookings", "test_the_database_refuses_a_second_active_booking_for_the_same_people"),
    ),
    Mutant(
        "Calendars do not hear that the venue has changed",
        "events/migrations/0006_workshops_in_depth.py",
        """NEW.mode,
                             NEW.state = 'cancelled', NEW.state = 'postponed')
            IS DISTINCT FROM (OLD.starts_at, OLD.ends_at, OLD.venue_id,""",
        """NEW.mode,
                             NEW.state = 'cancelled', NEW.state = 'postponed')
            IS DISTINCT FROM (OLD.starts_at, OLD.ends_at, NEW.venue_id,""",
        tests("events/test_calendar", "test_the_sequence_rises_when_time_or_place_change_and_the_uid_never_changes"),
    ),
    Mutant(
        "Each change doubles the entry in people's calendars",
        "events/calendar.py",
        '    event.add("uid", entry.uid)\n',
        '    event.add("uid", f"{entry.starts_at:%s}@example.org")\n',
        tests("events/test_calendar", "test_the_sequence_rises_when_time_or_place_change_and_the_uid_never_changes"),
    ),
    Mutant(
        "The calendar entry is an hour wrong in summer",
        "events/calendar.py",
        '    event.add("dtstart", entry.starts_at.astimezone(spoken.LONDON))\n',
        '    event.add("dtstart", (entry.starts_at - entry.starts_at.utcoffset()).replace(tzinfo=spoken.LONDON))\n',
        tests("events/test_calendar", "test_the_file_says_the_right_moment_around_the_change_of_clocks"),
    ),
]

TELLING = [
    Mutant(
        "Jobs that run at once each send a reminder",
        "events/reminders.py",
        "    date = locking.lock_date(date_id)\n",
        "    date = WorkshopDate.objects.select_related('workshop', 'venue').get(pk=date_id)\n",
        tests("events/test_reminders", "test_the_job_run_eight_times_at_once_reminds_each_person_once"),
    ),
    Mutant(
        "A workshop that moves is not reminded of again",
        "events/reminders.py",
        "told_before.exclude(**{reminder.field: date.starts_at})",
        'told_before.filter(**{f"{reminder.field}__isnull": True})',
        tests("events/test_reminders", "test_a_workshop_that_moves_is_one_to_be_reminded_of_again"),
    ),
    Mutant(
        "Who is written to counts as reminded when others would be rung",
        "events/reminders.py",
        "if when(date, reminder) - JUST_TOLD <= timezone.now():",
        "if when_rung(date, reminder) - JUST_TOLD <= timezone.now():",
        tests(
            "events/test_changing_dates",
            "test_a_change_two_days_before_the_reminder_is_not_reminder_enough_for_those_who_are_written_to",
        ),
    ),
    Mutant(
        "An offer that somebody read ends without a word because staff were still to ring",
        "events/waiting_list.py",
        "return not is_untold or bool(booking.email)",
        "return not is_untold",
        tests(
            "events/test_changing_dates",
            "test_whoever_read_an_offer_hears_of_its_end_though_staff_were_still_to_ring_them",
        ),
    ),
    Mutant(
        "A cell of the CSV is a formula",
        "events/exports.py",
        """    return f"'{cell}" if isinstance(cell, str) and is_misread(cell) else cell\n""",
        "    return cell\n",
        tests("events/test_exports", "test_a_csv_cell_is_never_a_formula_and_gives_back_what_was_typed"),
    ),
    Mutant(
        "What was arranged stays arranged when the date changes",
        "events/needs.py",
        "        need.state, need.due_on = State.CHECK_AGAIN, due\n",
        "        need.due_on = due\n",
        tests("events/test_needs", "test_other_times_and_venues_set_each_need_back_with_a_new_due_day"),
    ),
    Mutant(
        "Needs are kept for ever",
        "events/needs.py",
        "    limit, postponed_limit = timezone.now() - KEEP_NEEDS,",
        "    limit, postponed_limit = timezone.now() - 999 * KEEP_NEEDS,",
        tests("events/test_bookings", "test_needs_are_deleted_fourteen_days_after_the_date"),
    ),
]

CHANGING = [
    Mutant(
        "Two who change places with each other wait for each other",
        "events/changing_bookings.py",
        "for date_id in sorted({booking.date_id, to.pk})]",
        "for date_id in [booking.date_id, to.pk]]",
        tests("events/test_changing_bookings", "test_two_who_change_places_with_each_other_do_not_wait_for_each_other"),
    ),
    Mutant(
        "Whoever moves overtakes those who wait there",
        "events/changing_bookings.py",
        "    if not waiting_list.may_take(new, booking.places, booking.support_workers):\n",
        "    if not new.has_room_for(booking.places, booking.support_workers):\n",
        tests("events/test_changing_bookings", "test_nobody_overtakes_by_moving_and_nobody_loses_a_place_by_trying"),
    ),
    Mutant(
        "What was arranged on one date counts as arranged on another",
        "events/changing_bookings.py",
        "    needs.check_again(booking)\n",
        "",
        tests("events/test_changing_bookings", "test_a_booking_moves_with_its_reference_its_link_and_its_people"),
    ),
    Mutant(
        "The place of somebody who moves away is offered to nobody",
        "events/changing_bookings.py",
        "    waiting_list.settle(old)\n",
        "",
        tests("events/test_changing_bookings", "test_a_booking_moves_with_its_reference_its_link_and_its_people"),
    ),
    Mutant(
        "Whoever asks for more people overtakes those who wait",
        "events/changing_bookings.py",
        "    if not date.fill_gaps:\n        return waiting.exists()\n",
        "    if not date.fill_gaps:\n        return False\n",
        tests("events/test_changing_bookings", "test_nobody_with_a_place_overtakes_somebody_who_waits_for_more"),
    ),
    Mutant(
        "The new contact of a place finds the needs of the former one",
        "events/changing_bookings.py",
        "    _seat(booking, list(booking.people.all()), [], booking.places)\n",
        '    booking.people.update(name="")\n',
        tests("events/test_changing_bookings", "test_a_place_handed_over_keeps_nothing_of_the_one_who_gave_it"),
    ),
    Mutant(
        "The former contact still opens the place that was handed over",
        "events/changing_bookings.py",
        "    booking.link_version += 1\n",
        "",
        tests("events/test_changing_bookings", "test_a_place_handed_over_keeps_nothing_of_the_one_who_gave_it"),
    ),
    Mutant(
        "A turn on the waiting list is handed over",
        "events/changing_bookings.py",
        "    if not booking.has_a_place:\n",
        "    if False:\n",
        tests("events/test_changing_bookings", "test_a_turn_on_the_waiting_list_is_not_handed_over"),
    ),
    Mutant(
        "A date changes and nobody is told",
        "events/changing_dates.py",
        "    told = _tell_all(date, RingTask.Why.CHANGED, tell, if_=changed.concerns)\n",
        "    told = Told()\n",
        tests(
            "events/test_changing_dates", "test_everybody_is_told_once_of_another_time_in_words_that_fit_what_they_have"
        ),
    ),
    Mutant(
        "Changing a date twice tells everybody twice",
        "events/changing_dates.py",
        "    if not date.is_postponed and Facts.of(date) == facts:\n        return Told()\n",
        "",
        tests("events/test_changing_dates", "test_doing_it_twice_tells_nobody_twice"),
    ),
    Mutant(
        "Whoever was not rung about the venue hears of the new time alone",
        "events/what_changed.py",
        'f"It is {self.after.when}, {self.after.where}.",',
        "",
        tests(
            "events/test_changing_dates",
            "test_whoever_was_not_rung_about_an_earlier_change_hears_where_and_when_it_is_now",
        ),
    ),
    Mutant(
        "A date that is cancelled goes on promising a venue",
        "events/models/dates.py",
        "return self.awaits_venue() and self.is_still_to_come",
        "return self.awaits_venue()",
        tests("events/test_pages", "test_a_date_that_is_cancelled_or_over_promises_nothing_more"),
    ),
    Mutant(
        "The page of a request made twice forgets the way in which they wish to be reached",
        "events/models/bookings.py",
        '            reach_by=asked.get("reach_by", ""),\n',
        "",
        tests("events/test_pages", "test_who_has_no_e_mail_reads_that_we_reach_them_as_they_asked"),
    ),
    Mutant(
        "What was arranged stays arranged at another venue",
        "events/changing_dates.py",
        "    if changed.time_or_place:\n        needs.check_again(date)\n",
        "    if changed.time_or_place:\n",
        tests("events/test_changing_dates", "test_each_need_is_checked_again_when_time_or_place_change"),
    ),
    Mutant(
        "Offers go on while a date is postponed",
        "events/changing_dates.py",
        '        waiting_list.take_back(booking, note="the date is postponed")\n',
        "        pass\n",
        tests("events/test_changing_dates", "test_postponing_keeps_places_and_turns_and_tells_everybody_once"),
    ),
    Mutant(
        "Of two colleagues who change a date the slower one wins unseen",
        "events/changing_dates.py",
        "    if not seen or seen == version(date):\n",
        "    if True:\n",
        tests("events/test_changing_dates", "test_a_colleague_who_was_faster_is_noticed"),
    ),
    Mutant(
        "People who wait learn how to join online",
        "events/models/bookings.py",
        "        return is_online and self.has_a_place and not self.date.is_off",
        "        return is_online and not self.date.is_off",
        tests("events/test_joining", "test_whoever_waits_is_offered_a_place_or_gave_it_back_finds_no_way_in"),
    ),
    Mutant(
        "Whoever never confirmed that they asked for new dates counts as having done so",
        "events/models/writing.py",
        "        return self.exclude(confirmed_at=None).filter(stopped_at=None)\n",
        "        return self.filter(stopped_at=None)\n",
        tests(
            "events/test_subscriptions",
            "test_asking_again_before_confirming_sends_the_link_again_and_begins_the_week_anew",
        ),
    ),
]

BY_ONESELF = [
    Mutant(
        "A page that is older than the booking counts all the same",
        "events/changing_bookings.py",
        "    if people < max(1, len(staying)):\n",
        "    if people < 1:\n",
        tests("events/test_changing_bookings", "test_a_page_that_is_older_than_the_booking_is_refused"),
    ),
    Mutant(
        "Whoever waits adds people before those who asked earlier than that",
        "events/changing_bookings.py",
        "booking.waiting_behind().exists()",
        "False",
        tests("events/test_changing_bookings", "test_whoever_waits_asks_for_more_only_while_nobody_waits_behind"),
    ),
    Mutant(
        "A support worker is refused a place that nobody else may have",
        "events/changing_bookings.py",
        "waiting.filter(support_workers__gt=0)",
        "waiting.all()",
        tests(
            "events/test_changing_bookings",
            "test_a_support_worker_takes_a_place_held_back_for_them_even_if_people_without_one_wait",
        ),
    ),
    Mutant(
        "An activity goes on with a booking that has moved to another date meanwhile",
        "events/waiting_list.py",
        "    if booking.date_id != date.pk:\n",
        "    if False:\n",
        tests(
            "events/test_changing_bookings",
            "test_what_is_done_with_a_booking_that_moved_at_this_moment_is_refused_kindly",
        ),
    ),
    Mutant(
        "A stranger's request tells that the booking moved",
        "events/models/bookings.py",
        "        if self.date != held.date:\n",
        "        if False:\n",
        tests(
            "events/test_changing_bookings",
            "test_the_page_of_somebody_elses_request_does_not_tell_where_the_booking_went",
        ),
    ),
    Mutant(
        "Whoever hands over learns that the colleague has booked",
        "events/changing_bookings.py",
        "    booking.coming_key = _free_key(booking)\n",
        "    booking.coming_key = coming_key([], contact_name)\n",
        tests("events/test_changing_bookings", "test_handing_over_to_somebody_who_has_booked_looks_no_different"),
    ),
    Mutant(
        "Links to what is cancelled are sent as well",
        "events/lost_links.py",
        "Booking.objects.active()",
        "Booking.objects.all()",
        tests("events/test_lost_links", "test_one_mail_lists_the_links_to_all_that_is_still_to_come"),
    ),
    Mutant(
        "An address stands in the table of jobs",
        "events/lost_links.py",
        '    return salted_hmac("events.lost_link", address.lower(), algorithm="sha256").hexdigest()\n',
        "    return address.lower()\n",
        tests("events/test_lost_links", "test_no_address_stands_in_the_table_of_jobs"),
    ),
    Mutant(
        "Whoever is on the phone already is to be rung",
        "events/emails.py",
        "    why = None if is_told else Why.MOVED\n",
        "    why = Why.MOVED\n",
        tests("events/test_changing_bookings", "test_staff_do_it_by_phone_and_the_log_says_so"),
    ),
    Mutant(
        "Nobody rings whom no mail reaches about what staff cancelled",
        "events/emails.py",
        "    why = None if is_told else Why.CANCELLED\n",
        "    why = None\n",
        tests("events/test_changing_bookings", "test_what_staff_did_without_telling_is_a_call_with_words_for_it"),
    ),
    Mutant(
        "Whoever may not change bookings changes them at the desk",
        "events/changing_bookings_admin.py",
        '    if not request.user.has_perm("events.change_booking"):\n',
        "    if False:\n",
        tests("events/test_changing_bookings_desk", "test_whoever_may_not_change_bookings_does_none_of_it"),
    ),
]

FAULTS = [
    Mutant(
        "Two workers deliver the same mail",
        "sharedlives/foundation/mail.py",
        "due.select_for_update(skip_locked=True).filter(pk=mail_id)",
        "due.filter(pk=mail_id)",
        tests("foundation/test_mail", "test_two_workers_at_once_deliver_a_mail_once"),
    ),
    Mutant(
        "Who reserves waits for the mail server",
        "sharedlives/foundation/mail.py",
        "    deliver_mail.defer(mail_id=mail.pk)\n    return mail\n",
        "    transaction.on_commit(lambda: deliver(mail.pk))\n    return mail\n",
        tests("events/test_faults", "test_who_reserves_never_speaks_with_the_mail_server"),
    ),
    Mutant(
        "A mail server that says later is not asked again",
        "sharedlives/foundation/mail.py",
        "all(code >= 500 for code, _ in error.recipients.values())",
        "all(code >= 400 for code, _ in error.recipients.values())",
        tests("foundation/test_mail", "test_a_refusal_that_says_later_is_tried_again_with_growing_pauses"),
    ),
    Mutant(
        "A mail that went out is not noted, and goes out again",
        "sharedlives/foundation/mail.py",
        "        mail.state = OutgoingMail.State.SENT\n",
        "        mail.state = OutgoingMail.State.WAITING\n",
        tests("foundation/test_mail", "test_a_mail_is_delivered_once_however_often_its_job_runs"),
    ),
    Mutant(
        "Who asks a slow database waits for ever",
        "sharedlives/foundation/patience.py",
        "    if settings.SLOWEST_QUERY:\n",
        "    if False:\n",
        tests("site/test_database_troubles", "test_a_slow_database_makes_nobody_wait_for_a_page_that_never_comes"),
    ),
    Mutant(
        "Staff read nothing while nothing can be written",
        "sharedlives/foundation/sessions.py",
        "            if self.modified:\n",
        "            if True:\n",
        tests(
            "site/test_database_troubles", "test_a_read_only_database_still_shows_every_page_and_keeps_what_was_typed"
        ),
    ),
    Mutant(
        "Half of a long post that could not be saved is lost",
        "sharedlives/site/kept_text.py",
        "MOST_CHARACTERS = 100_000",
        "MOST_CHARACTERS = 40_000",
        tests("site/test_kept_text", "test_a_post_of_the_greatest_length_comes_back_whole"),
    ),
    Mutant(
        "Whose turn comes by a change of the date gets two mails",
        "events/changing_dates.py",
        "is_told=changed.time_or_place",
        "is_told=False",
        tests(
            "events/test_changing_dates", "test_no_clock_runs_while_postponed_and_offers_begin_anew_with_the_new_time"
        ),
    ),
    Mutant(
        "Whose turn comes with a note on how to join hears nothing of it",
        "events/changing_dates.py",
        "is_told=changed.time_or_place",
        "is_told=True",
        tests("events/test_changing_dates", "test_a_turn_that_comes_with_a_note_on_how_to_join_is_told_by_itself"),
    ),
    Mutant(
        "Who saves second overwrites what a colleague has saved",
        "sharedlives/foundation/seen_version.py",
        "        if self._is_overtaken():\n",
        "        if False:\n",
        tests(
            "events/test_desk",
            "test_who_saves_a_date_second_is_told_what_differs_and_loses_nothing",
        ),
    ),
    Mutant(
        "Calendars do not hear that a venue's number is put right",
        "events/models/dates.py",
        ', "venue__calendar_changed_at")',
        ")",
        tests("events/test_calendar_feed", "test_what_is_put_right_reaches_calendars"),
    ),
    Mutant(
        "The password to the mailbox for bounces is sent before TLS begins",
        "sharedlives/foundation/bounce_mailbox.py",
        "            box.starttls(ssl.create_default_context())\n",
        "            pass\n",
        tests(
            "foundation/test_bounce_mailbox",
            "test_over_tls_what_came_back_is_noted_and_no_password_is_sent_before",
        ),
    ),
]

NEW_DATES = [
    Mutant(
        "A killed job tells somebody of new dates twice",
        "events/announcing.py",
        "    Subscription.objects.filter(pk__in=[each.pk for each in subscriptions]).update(told_at=last_round)\n",
        "",
        tests("events/test_announcing", "test_a_job_killed_between_two_people_goes_on_with_the_second"),
    ),
    Mutant(
        "Two workers tell the same person of new dates",
        "events/announcing.py",
        '    subscriptions = list(own.select_for_update(of=("self",)).select_related("workshop").order_by("pk"))\n',
        '    subscriptions = list(own.select_related("workshop").order_by("pk"))\n',
        tests("events/test_announcing", "test_four_workers_at_once_tell_everybody_once"),
    ),
    Mutant(
        "There is no hour in which a slip can be corrected before people are told",
        "events/announcing.py",
        "announced_at=None, ready_since__lte=ready_by",
        "announced_at=None",
        tests("events/test_announcing", "test_there_is_an_hour_to_correct_a_slip"),
    ),
    Mutant(
        "A date that is postponed while a round opens counts as told",
        "events/announcing.py",
        'dates.select_for_update(no_key=True, of=("self",)).select_related("workshop").order_by("pk")',
        'dates.select_related("workshop").order_by("pk")',
        tests("events/test_announcing", "test_a_date_that_is_postponed_while_the_round_opens_is_not_noted_as_told"),
    ),
    Mutant(
        "Who had not heard of a date before it was postponed never hears of it",
        "events/changing_dates.py",
        "    announcing.begin_again(date)\n",
        "",
        tests(
            "events/test_announcing",
            "test_who_had_not_heard_of_a_date_before_it_was_postponed_hears_of_it_with_its_new_time",
        ),
    ),
    Mutant(
        "An address from which mail comes back is written to for ever",
        "events/models/writing.py",
        "        return self.exclude(confirmed_at=None).filter(stopped_at=None)\n",
        "        return self.exclude(confirmed_at=None)\n",
        tests("events/test_subscriptions", "test_an_address_from_which_our_mail_comes_back_is_written_to_no_more"),
    ),
    Mutant(
        "Whose mailbox is full is written to no more",
        "sharedlives/foundation/mail.py",
        " and not NOT_THE_ADDRESS.search(words)",
        "",
        tests("events/test_subscriptions", "test_what_is_no_fault_of_the_address_stops_nobody"),
    ),
    Mutant(
        "A mail program's own button cannot leave",
        "events/views/subscribing.py",
        "@csrf_exempt\n",
        "",
        tests("events/test_subscriptions", "test_a_mail_program_leaves_with_its_own_button"),
    ),
    Mutant(
        "Whoever leaves goes on to hear of what else they asked for",
        "events/subscriptions.py",
        "Subscription.objects.of(subscription.email).select_for_update()",
        "Subscription.objects.filter(pk=subscription.pk)",
        tests("events/test_subscriptions", "test_one_press_leaves_everything_and_deletes_the_address"),
    ),
    Mutant(
        "A double click makes dates twice",
        "events/copying.py",
        'uuid.uuid5(request_id, f"{planned.key} {planned.starts_at.isoformat()}")',
        "uuid.uuid4()",
        tests("events/test_copying", "test_a_double_click_makes_the_dates_once"),
    ),
    Mutant(
        "Booking for a copied date closes an hour off when the clocks have changed",
        "sharedlives/foundation/wall_clock.py",
        "moment.astimezone(spoken.LONDON) + days",
        "moment + days",
        tests(
            "events/test_copying",
            "test_booking_opens_and_closes_as_many_days_before_at_the_same_time_on_the_clock",
        ),
    ),
]

MAILS = [
    Mutant(
        "People are reminded again with each run",
        "events/reminders.py",
        "yield reminder, told_before.exclude(**{reminder.field: date.starts_at})",
        "yield reminder, told_before",
        tests(
            "events/test_reminders",
            "test_a_reminder_goes_out_once_however_often_the_job_runs_and_late_rather_than_never",
        ),
    ),
    Mutant(
        "Nobody locks the date while people are reminded",
        "events/reminders.py",
        "date = locking.lock_date(date_id)",
        "date = WorkshopDate.objects.get(pk=date_id)",
        tests("events/test_reminders", "test_the_job_run_eight_times_at_once_reminds_each_person_once"),
    ),
    Mutant(
        "A reminder goes by hours and not by the clock on the wall",
        "events/reminders.py",
        "    return datetime.combine(day, AT, LONDON)\n\n\ndef when_rung",
        "    return date.starts_at - timedelta(days=reminder.days_before, hours=2)\n\n\ndef when_rung",
        tests(
            "events/test_reminders",
            "test_everybody_with_a_place_is_reminded_at_nine_in_the_morning_two_days_before",
        ),
    ),
    Mutant(
        "A double click sends what staff write twice",
        "events/messages.py",
        "        if not is_new:\n",
        "        if False:\n",
        tests("events/test_messages", "test_a_double_click_sends_once"),
    ),
    Mutant(
        "What staff write goes to people whom they have not seen",
        "events/message_admin.py",
        ' and form.cleaned_data["seen"] == seen',
        "",
        tests(
            "events/test_messages",
            "test_whoever_came_or_went_since_one_looked_is_shown_before_it_goes_out",
        ),
    ),
    Mutant(
        "Two jobs write two morning mails",
        "events/morning.py",
        "User.objects.select_for_update().get",
        "User.objects.get",
        tests("events/test_morning", "test_the_job_run_eight_times_at_once_writes_one_mail"),
    ),
    Mutant(
        "A mail that is only late counts as lost",
        "sharedlives/foundation/bounces.py",
        'is_final=wanted == "failed"',
        "is_final=True",
        tests("foundation/test_bounces", "test_a_mail_that_is_only_late_is_noted_and_stays_sent"),
    ),
    Mutant(
        "An offer that never arrived runs out",
        "events/lost_mail.py",
        "booking.is_offered and mail.created_at >= booking.state_changed_at",
        "False",
        tests("events/test_lost_mail", "test_an_offer_that_did_not_arrive_waits_for_a_call_and_no_clock_runs"),
    ),
    Mutant(
        "Looking at what a mail says sends it",
        "events/mail_previews.py",
        "        transaction.set_rollback(True)\n",
        "        pass\n",
        tests("events/test_mail_previews", "test_nothing_of_a_preview_stays"),
    ),
]

MUTANTS = [
    *RESERVING,
    *WAITING,
    *CANCELLING,
    *LINKS,
    *THE_DATABASE,
    *TELLING,
    *CHANGING,
    *BY_ONESELF,
    *FAULTS,
    *NEW_DATES,
    *MAILS,
]
