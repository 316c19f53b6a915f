import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# As in migration 0002, with three more things: offers hold a place, the first end of an offer stands beside the
# counters, and places held back for support workers are ordinary ones once they are released.
COUNT = """
CREATE OR REPLACE FUNCTION events_count_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people integer;
    support integer;
BEGIN
    SELECT coalesce(sum(places) FILTER (WHERE state IN ('offered', 'confirmed')), 0),
           coalesce(sum(support_workers) FILTER (WHERE state IN ('offered', 'confirmed')), 0),
           count(*) FILTER (WHERE state = 'waiting'),
           min(offer_ends_at) FILTER (WHERE state = 'offered')
      INTO people, support, NEW.waiting, NEW.first_offer_ends_at
      FROM events_booking WHERE date_id = NEW.id;
    -- Support workers beyond the places held back for them take ordinary ones.
    NEW.support_taken := CASE WHEN NEW.support_is_released THEN 0 ELSE least(support, NEW.support_places) END;
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

DROP TRIGGER booking_touches_its_date ON events_booking;
CREATE TRIGGER booking_touches_its_date
    AFTER INSERT OR DELETE OR UPDATE OF date_id, state, places, support_workers, offer_ends_at ON events_booking
    FOR EACH ROW EXECUTE FUNCTION events_touch_date();
"""

# As migration 0002 left them; who has an offer waits again, at the same place in the queue.
STOP = """
UPDATE events_booking SET state = 'waiting', offer_ends_at = NULL WHERE state = 'offered';
UPDATE events_booking SET state = 'cancelled' WHERE state = 'lapsed';
-- The tables change next, which waits for no deferred check.
SET CONSTRAINTS ALL IMMEDIATE;
CREATE OR REPLACE FUNCTION events_count_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people integer;
    support integer;
BEGIN
    SELECT coalesce(sum(places) FILTER (WHERE state = 'confirmed'), 0),
           coalesce(sum(support_workers) FILTER (WHERE state = 'confirmed'), 0),
           count(*) FILTER (WHERE state = 'waiting')
      INTO people, support, NEW.waiting
      FROM events_booking WHERE date_id = NEW.id;
    NEW.support_taken := least(support, NEW.support_places);
    NEW.ordinary_taken := people + support - NEW.support_taken;
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

DROP TRIGGER booking_touches_its_date ON events_booking;
CREATE TRIGGER booking_touches_its_date
    AFTER INSERT OR DELETE OR UPDATE OF date_id, state, places, support_workers ON events_booking
    FOR EACH ROW EXECUTE FUNCTION events_touch_date();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0003_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="booking",
            name="queued_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, verbose_name="on the waiting list since"
            ),
        ),
        migrations.CreateModel(
            name="ClosedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="why")),
                (
                    "is_closed",
                    models.BooleanField(
                        default=True,
                        help_text="Take the tick away if you do answer. A bank holiday that is deleted here comes back by night.",
                        verbose_name="nobody answers the phone",
                    ),
                ),
            ],
            options={
                "verbose_name": "closed day",
                "verbose_name_plural": "days the office is closed",
                "ordering": ["day"],
            },
        ),
        migrations.CreateModel(
            name="RingTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("offer", "We have a place for them"),
                            ("lapsed", "Our offer to them has ended"),
                            ("date cancelled", "The workshop is cancelled"),
                        ],
                        max_length=20,
                        verbose_name="what to tell",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="due")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("done_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="done")),
            ],
            options={
                "verbose_name": "person to ring",
                "verbose_name_plural": "people to ring",
                "ordering": ["due_on", "created_at", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="booking",
            name="booking_is_held_once",
        ),
        migrations.RemoveConstraint(
            model_name="workshopdate",
            name="date_is_not_oversold",
        ),
        migrations.AddField(
            model_name="booking",
            name="offer_ends_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="to be answered by"),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="fill_gaps",
            field=models.BooleanField(
                default=False,
                help_text="Near the date: where the next group is too large for the free places, offer them to others. Everybody who waits can read that you do.",
                verbose_name="let smaller groups fill gaps",
            ),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="first_offer_ends_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="release_support_at",
            field=models.DateTimeField(
                blank=True,
                help_text="From then on support places that nobody has taken are for everybody. Empty: held back to the end.",
                null=True,
                verbose_name="held back until",
            ),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="support_is_released",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AlterField(
            model_name="booking",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("offered", "Has an offer"),
                    ("confirmed", "Has a place"),
                    ("cancelled", "Cancelled"),
                    ("lapsed", "Offer ended"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.UniqueConstraint(
                models.F("date"),
                django.db.models.functions.text.Lower(
                    django.db.models.functions.comparison.Coalesce(
                        django.db.models.functions.comparison.NullIf("email", models.Value("")), "phone_key"
                    )
                ),
                models.F("coming_key"),
                condition=models.Q(("state__in", ["waiting", "offered", "confirmed"])),
                name="booking_is_held_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("offer_ends_at__isnull", False), ("state", "offered")),
                    models.Q(models.Q(("state", "offered"), _negated=True), ("offer_ends_at", None)),
                    _connector="OR",
                ),
                name="booking_has_a_deadline_while_offered",
            ),
        ),
        migrations.AddConstraint(
            model_name="workshopdate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("places", None),
                    (
                        "ordinary_taken__lte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("places"), "-", models.F("support_places")
                            ),
                            "+",
                            models.F("overbook"),
                        ),
                    ),
                    models.Q(
                        (
                            "ordinary_taken__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("places"), "+", models.F("overbook")
                            ),
                        ),
                        ("support_is_released", True),
                    ),
                    _connector="OR",
                ),
                name="date_is_not_oversold",
                violation_error_message="More places are taken already. Cancel bookings first, or allow overbooking.",
            ),
        ),
        migrations.AddField(
            model_name="ringtask",
            name="booking",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="ring_tasks", to="events.booking"
            ),
        ),
        migrations.AddField(
            model_name="ringtask",
            name="done_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="ringtask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at", None)), fields=("booking", "why"), name="ring_task_is_open_once"
            ),
        ),
        migrations.RunSQL(COUNT, STOP),
    ]
