from django.db import migrations

# The date's trigger recounts from the bookings whenever the date is written, so a stale save or a raw write heals
# itself; the bookings' trigger only touches the date. The CHECK `date_is_not_oversold` then refuses one person too
# many, whatever code forgot the lock. Recounting all: UPDATE events_workshopdate SET places = places.
COUNT = """
CREATE FUNCTION events_count_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people integer;
    support integer;
BEGIN
    SELECT coalesce(sum(places) FILTER (WHERE state = 'confirmed'), 0),
           coalesce(sum(support_workers) FILTER (WHERE state = 'confirmed'), 0),
           count(*) FILTER (WHERE state = 'waiting')
      INTO people, support, NEW.waiting
      FROM events_booking WHERE date_id = NEW.id;
    -- Support workers beyond the places held back for them take ordinary ones.
    NEW.support_taken := least(support, NEW.support_places);
    NEW.ordinary_taken := people + support - NEW.support_taken;
    -- RFC 5545 section 3.8.7.4: the sequence number rises when start, end, place or status change.
    IF TG_OP = 'UPDATE' AND (NEW.starts_at, NEW.ends_at, NEW.venue_id, NEW.area, NEW.state = 'cancelled')
            IS DISTINCT FROM (OLD.starts_at, OLD.ends_at, OLD.venue_id, OLD.area, OLD.state = 'cancelled') THEN
        NEW.calendar_sequence := OLD.calendar_sequence + 1;
        NEW.calendar_changed_at := now();
    ELSIF TG_OP = 'UPDATE' THEN
        NEW.calendar_sequence := OLD.calendar_sequence;
        NEW.calendar_changed_at := OLD.calendar_changed_at;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER date_counts_its_places BEFORE INSERT OR UPDATE ON events_workshopdate
    FOR EACH ROW EXECUTE FUNCTION events_count_places();

CREATE FUNCTION events_touch_date() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint;
BEGIN
    -- In the order of the key, so that opposite moves cannot deadlock.
    FOR touched IN SELECT DISTINCT id FROM unnest(ARRAY[OLD.date_id, NEW.date_id]) AS id WHERE id IS NOT NULL ORDER BY id
    LOOP
        UPDATE events_workshopdate SET places = places WHERE id = touched;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER booking_touches_its_date
    AFTER INSERT OR DELETE OR UPDATE OF date_id, state, places, support_workers ON events_booking
    FOR EACH ROW EXECUTE FUNCTION events_touch_date();
"""

STOP = """
DROP TRIGGER booking_touches_its_date ON events_booking;
DROP FUNCTION events_touch_date();
DROP TRIGGER date_counts_its_places ON events_workshopdate;
DROP FUNCTION events_count_places();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_workshops_dates_venues_bookings")]

    operations = [migrations.RunSQL(COUNT, STOP)]
