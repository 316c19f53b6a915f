import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


# As in migration 0004; postponing and the way of taking part count as changes for calendars too.
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
    IF TG_OP = 'UPDATE' AND (NEW.starts_at, NEW.ends_at, NEW.venue_id, NEW.area, NEW.mode,
                             NEW.state = 'cancelled', NEW.state = 'postponed')
            IS DISTINCT FROM (OLD.starts_at, OLD.ends_at, OLD.venue_id, OLD.area, OLD.mode,
                              OLD.state = 'cancelled', OLD.state = 'postponed') THEN
        NEW.calendar_sequence := OLD.calendar_sequence + 1;
        NEW.calendar_changed_at := now();
    ELSIF TG_OP = 'UPDATE' THEN
        NEW.calendar_sequence := OLD.calendar_sequence;
        NEW.calendar_changed_at := OLD.calendar_changed_at;
    END IF;
    RETURN NEW;
END $$;
"""

# As migration 0004 left it.
STOP = """
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
"""

# Nobody is told of dates that were there before anybody could ask to be told.
ALL_ANNOUNCED = "UPDATE events_workshopdate SET announced_at = now()"


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0005_fill_in_closed_days"),
        ("foundation", "0005_mail_that_came_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DateMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=150)),
                ("text", models.TextField(max_length=5000)),
                ("recipients", models.CharField(editable=False, max_length=200, verbose_name="to whom")),
                ("mails", models.PositiveIntegerField(editable=False)),
                ("calls", models.PositiveIntegerField(editable=False, verbose_name="to ring")),
                ("request_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "sent_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="sent"),
                ),
            ],
            options={
                "verbose_name": "message",
                "ordering": ["-sent_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="asked on"),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="confirmed")),
                ("link_version", models.PositiveSmallIntegerField(default=1, editable=False)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="booking",
            options={
                "ordering": ["-created_at", "-pk"],
                "permissions": [("export_booking", "Can take lists of bookings out of the site")],
            },
        ),
        migrations.AlterModelOptions(
            name="workshopdate",
            options={
                "ordering": ["starts_at", "pk"],
                "permissions": [
                    ("cancel_workshopdate", "Can cancel a date and mail everybody"),
                    ("mail_workshopdate", "Can write to the people of a date"),
                ],
                "verbose_name": "date",
            },
        ),
        migrations.RemoveConstraint(
            model_name="ringtask",
            name="ring_task_is_open_once",
        ),
        migrations.RemoveConstraint(
            model_name="workshopdate",
            name="date_has_venue_or_area",
        ),
        migrations.AddField(
            model_name="accessneed",
            name="arrangement",
            field=models.TextField(blank=True, max_length=1000, verbose_name="what is arranged"),
        ),
        migrations.AddField(
            model_name="accessneed",
            name="due_on",
            field=models.DateField(blank=True, null=True, verbose_name="due"),
        ),
        migrations.AddField(
            model_name="accessneed",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who sees to it",
            ),
        ),
        migrations.AddField(
            model_name="accessneed",
            name="state",
            field=models.CharField(
                choices=[
                    ("to do", "To do"),
                    ("check again", "Check again"),
                    ("cannot yet", "Cannot yet: talk to them"),
                    ("arranged", "Arranged"),
                ],
                default="to do",
                max_length=11,
                verbose_name="how it stands",
            ),
        ),
        migrations.AddField(
            model_name="booking",
            name="asked_again_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="asked whether they can still come"
            ),
        ),
        migrations.AddField(
            model_name="booking",
            name="reach_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("email", "By e-mail"),
                    ("phone", "By phone"),
                    ("text", "By text message"),
                    ("relay", "By Relay UK"),
                ],
                max_length=5,
                verbose_name="reach them",
            ),
        ),
        migrations.AddField(
            model_name="booking",
            name="reminded_a_week_before_of",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="booking",
            name="reminded_of",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="booking",
            name="still_coming_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="said that they still come"),
        ),
        migrations.AddField(
            model_name="ringtask",
            name="words",
            field=models.TextField(blank=True, verbose_name="what to say"),
        ),
        migrations.AddField(
            model_name="workshop",
            name="contact_email",
            field=models.EmailField(
                blank=True,
                help_text="A mailbox that people read: answers to our mails go there. Empty: the charity's.",
                max_length=254,
                verbose_name="their e-mail",
            ),
        ),
        migrations.AddField(
            model_name="workshop",
            name="contact_name",
            field=models.CharField(
                blank=True,
                help_text="Signs our mails. Empty: the charity's own name.",
                max_length=100,
                verbose_name="who answers questions",
            ),
        ),
        migrations.AddField(
            model_name="workshop",
            name="contact_phone",
            field=models.CharField(blank=True, max_length=40, verbose_name="their phone"),
        ),
        migrations.AddField(
            model_name="workshop",
            name="picture",
            field=models.ForeignKey(
                blank=True,
                help_text="Stands on its page, and where somebody shares it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="workshops",
                to="foundation.picture",
            ),
        ),
        migrations.AddField(
            model_name="workshop",
            name="reminds_a_week_before",
            field=models.BooleanField(
                default=False,
                help_text="Everybody with a place is reminded two days before in any case.",
                verbose_name="remind people a week before as well",
            ),
        ),
        migrations.AddField(
            model_name="workshop",
            name="sign_off",
            field=models.TextField(
                blank=True,
                help_text='Like "We look forward to meeting you". The name of who answers questions follows.',
                max_length=300,
                verbose_name="how our mails end",
            ),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="access_contact_email",
            field=models.EmailField(blank=True, max_length=254, verbose_name="their e-mail"),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="access_contact_name",
            field=models.CharField(
                blank=True,
                help_text="Empty: the charity's access contact.",
                max_length=100,
                verbose_name="whom to ask about access",
            ),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="access_contact_phone",
            field=models.CharField(blank=True, max_length=40, verbose_name="their phone"),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="announced_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="breaks",
            field=models.BooleanField(default=False, verbose_name="regular breaks"),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="bsl",
            field=models.BooleanField(default=False, verbose_name="British Sign Language"),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="captions",
            field=models.BooleanField(default=False, verbose_name="live captions"),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="easy_read",
            field=models.BooleanField(default=False, verbose_name="Easy Read pack"),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="hearing_loop",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="join_link",
            field=models.URLField(
                blank=True,
                help_text="Only people with a place see it: on their own page and in their mails. May follow.",
                max_length=500,
                validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                verbose_name="link to join online",
            ),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="join_note",
            field=models.TextField(
                blank=True,
                help_text="For people with a place: a number to dial in, what they need, who helps when it does not work.",
                max_length=1000,
                verbose_name="how to join",
            ),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="mode",
            field=models.CharField(
                choices=[("in person", "In person"), ("online", "Online"), ("hybrid", "In person and online")],
                default="in person",
                max_length=10,
                verbose_name="how people take part",
            ),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="previous_starts_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="workshopdate",
            name="quiet_room",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="ringtask",
            name="why",
            field=models.CharField(
                choices=[
                    ("offer", "We have a place for them"),
                    ("lapsed", "Our offer to them has ended"),
                    ("place given", "They have a place now"),
                    ("cancelled", "Their booking is cancelled"),
                    ("moved", "Their booking is on another date now"),
                    ("changed", "Time or place of the workshop has changed"),
                    ("postponed", "The workshop is postponed"),
                    ("date cancelled", "The workshop is cancelled"),
                    ("reminder", "Remind them of the workshop"),
                    ("message", "We wrote to everybody"),
                    ("mail came back", "Our mail to them came back"),
                ],
                max_length=20,
                verbose_name="what to tell",
            ),
        ),
        migrations.AlterField(
            model_name="workshopdate",
            name="access_provision",
            field=models.TextField(
                blank=True,
                help_text="On this date, in plain sentences.",
                max_length=2000,
                verbose_name="what else we provide",
            ),
        ),
        migrations.AlterField(
            model_name="workshopdate",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("scheduled", "Scheduled"),
                    ("postponed", "Postponed"),
                    ("cancelled", "Cancelled"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="ringtask",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at", None), models.Q(("why", "message"), _negated=True)),
                fields=("booking", "why"),
                name="ring_task_is_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="workshopdate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mode", "online"), ("venue__isnull", False), models.Q(("area", ""), _negated=True), _connector="OR"
                ),
                name="date_has_venue_or_area",
                violation_error_message="Choose a venue, or say in which area it will be.",
            ),
        ),
        migrations.AddConstraint(
            model_name="workshopdate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mode", "online"), _negated=True),
                    models.Q(("area", ""), ("venue", None)),
                    _connector="OR",
                ),
                name="date_online_has_no_venue",
                violation_error_message="An online date has no venue and no area.",
            ),
        ),
        migrations.AddField(
            model_name="datemessage",
            name="date",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="events.workshopdate"
            ),
        ),
        migrations.AddField(
            model_name="datemessage",
            name="sent_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="workshop",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: all workshops.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="subscriptions",
                to="events.workshop",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                models.F("workshop"),
                name="subscription_is_held_once",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(ALL_ANNOUNCED, migrations.RunSQL.noop),
        migrations.RunSQL(COUNT, STOP),
    ]
