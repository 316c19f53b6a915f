from django.db import migrations

from events import closed_days


def fill_in(apps, schema_editor):
    """So that the list is there before the first night; events/jobs.py keeps it filled."""
    closed_days.fill(closed_days.today(), apps.get_model("events", "ClosedDay"))


class Migration(migrations.Migration):
    dependencies = [("events", "0004_offers_keep_their_order")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
