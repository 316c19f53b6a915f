from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("blog", "0004_handle_moved_out_of_author")]

    operations = [
        migrations.AddIndex(
            "post",
            models.Index(
                condition=models.Q(("pinned_until__isnull", False)), fields=["pinned_until"], name="post_pinned"
            ),
        ),
        migrations.AddIndex(
            "post",
            models.Index(condition=models.Q(("expire_at__isnull", False)), fields=["expire_at"], name="post_expiry"),
        ),
        migrations.AddIndex("post", models.Index(fields=["updated_at"], name="post_changed")),
        migrations.AddIndex("post", models.Index(fields=["moved_at"], name="post_moved")),
    ]
