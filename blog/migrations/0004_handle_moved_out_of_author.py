from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("blog", "0003_handles_and_printed_bylines")]

    operations = [
        migrations.RemoveConstraint(model_name="author", name="author_handle_without_at"),
        migrations.RemoveField(model_name="author", name="handle"),
    ]
