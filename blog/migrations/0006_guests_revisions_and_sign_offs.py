import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# What was written stays as it was written. Only an autosave makes room for its writer's next one; and rows that it
# points at may go.
KEEP = """
CREATE FUNCTION blog_revision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.post_id, OLD.kind, OLD.data, OLD.content_hash, OLD.created_at)
            IS DISTINCT FROM (NEW.post_id, NEW.kind, NEW.data, NEW.content_hash, NEW.created_at) THEN
        RAISE EXCEPTION 'revisions are append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER revision_is_not_changed BEFORE UPDATE ON blog_revision
    FOR EACH ROW WHEN (OLD.kind <> 'autosave') EXECUTE FUNCTION blog_revision_stays();
"""

LET_GO = """
DROP TRIGGER revision_is_not_changed ON blog_revision;
DROP FUNCTION blog_revision_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("blog", "0005_posts_are_found_by_their_moments"),
        ("events", "0006_workshops_in_depth"),
        ("foundation", "0005_mail_that_came_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GuestPass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                (
                    "message",
                    models.TextField(blank=True, max_length=2000, verbose_name="what you would like them to know"),
                ),
                ("deadline", models.DateField(blank=True, null=True, verbose_name="by when")),
                ("invited_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("ends_at", models.DateTimeField(editable=False)),
                ("reminded_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("link_version", models.PositiveSmallIntegerField(default=1, editable=False)),
            ],
            options={
                "verbose_name": "guest pass",
                "verbose_name_plural": "guest passes",
                "ordering": ["-invited_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="GuestPicture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=5000)),
                ("is_shared", models.BooleanField(default=False, verbose_name="the guest sees it")),
                (
                    "asks_for",
                    models.CharField(
                        blank=True,
                        choices=[("change", "A change of what is out"), ("taking down", "To take it down")],
                        max_length=11,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PreviewLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(blank=True, max_length=100, verbose_name="for whom")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("saved", "Saved"),
                            ("autosave", "Kept while writing"),
                            ("beside", "Kept beside a colleague's"),
                            ("restored", "An earlier text again"),
                            ("found", "As it was found"),
                        ],
                        default="saved",
                        max_length=8,
                    ),
                ),
                ("data", models.JSONField()),
                ("content_hash", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="saved")),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_hash", models.CharField(max_length=64)),
                (
                    "how",
                    models.CharField(
                        choices=[("page", "On their own page"), ("mail", "By mail"), ("phone", "By phone")],
                        max_length=5,
                        verbose_name="agreed",
                    ),
                ),
                ("agreed_on", models.DateField(verbose_name="on")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name": "sign-off",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("idea", models.TextField(max_length=3000, verbose_name="what they would write about")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for an answer"),
                            ("invited", "Invited to write"),
                            ("declined", "Declined"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("request_id", models.UUIDField(editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="came"),
                ),
                ("answered_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="answered")),
            ],
            options={
                "verbose_name": "suggested post",
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="post",
            options={
                "ordering": [models.OrderBy(models.F("publish_at"), descending=True, nulls_first=True), "-pk"],
                "permissions": [
                    ("publish_post", "Can publish, schedule and take down posts"),
                    ("edit_post", "Can edit everybody's posts and work with guests"),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="post",
            name="post_status",
        ),
        migrations.RemoveConstraint(
            model_name="post",
            name="post_address_is_its_own",
        ),
        migrations.AddField(
            model_name="post",
            name="instead",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Once taken down: a path of ours to go to instead. Empty: the address says that the post is gone.",
                max_length=1000,
                verbose_name="leads to",
            ),
        ),
        migrations.AddField(
            model_name="post",
            name="opened_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="post",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("submitted", "Submitted"),
                    ("changes requested", "Changes requested"),
                    ("awaiting sign-off", "Awaiting sign-off"),
                    ("approved", "Approved"),
                    ("published", "Published"),
                    ("archived", "Taken down"),
                    ("rejected", "Declined"),
                ],
                default="draft",
                editable=False,
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="guestpass",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="passes", to="blog.author"
            ),
        ),
        migrations.AddField(
            model_name="guestpass",
            name="invited_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="guestpass",
            name="post",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="passes", to="blog.post"),
        ),
        migrations.AddField(
            model_name="guestpicture",
            name="guest_pass",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="pictures", to="blog.guestpass"
            ),
        ),
        migrations.AddField(
            model_name="guestpicture",
            name="picture",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="foundation.picture"
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="guest_pass",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="notes", to="blog.guestpass"
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="post",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="blog.post"),
        ),
        migrations.AddField(
            model_name="previewlink",
            name="created_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="previewlink",
            name="guest_pass",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="preview_links",
                to="blog.guestpass",
            ),
        ),
        migrations.AddField(
            model_name="previewlink",
            name="post",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="preview_links", to="blog.post"
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="base",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="blog.revision"
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="guest_pass",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="revisions", to="blog.guestpass"
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="post",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="blog.post"
            ),
        ),
        migrations.AddField(
            model_name="previewlink",
            name="revision",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: always the newest text.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="blog.revision",
            ),
        ),
        migrations.AddField(
            model_name="post",
            name="revision",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="blog.revision",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "draft",
                            "submitted",
                            "changes requested",
                            "awaiting sign-off",
                            "approved",
                            "published",
                            "archived",
                            "rejected",
                        ],
                    )
                ),
                name="post_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("instead", ""),
                    models.Q(("instead__startswith", "/"), models.Q(("instead__startswith", "//"), _negated=True)),
                    _connector="OR",
                ),
                name="post_leads_to_a_path_of_ours",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("slug", ""), _negated=True),
                    models.Q(
                        (
                            "slug__in",
                            ("archive", "authors", "feed", "guests", "page", "preview", "suggest", "tags", "topics"),
                        ),
                        _negated=True,
                    ),
                ),
                name="post_address_is_its_own",
            ),
        ),
        migrations.AddField(
            model_name="signoff",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="sign_offs", to="blog.author"
            ),
        ),
        migrations.AddField(
            model_name="signoff",
            name="filed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="signoff",
            name="post",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="sign_offs", to="blog.post"
            ),
        ),
        migrations.AddField(
            model_name="signoff",
            name="revision",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="sign_offs", to="blog.revision"
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="answered_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="suggestion",
            name="guest_pass",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="suggestion",
                to="blog.guestpass",
            ),
        ),
        migrations.AddConstraint(
            model_name="guestpass",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("post", "author"),
                name="guest_pass_is_one_for_each_guest",
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="note_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(("guest_pass", None), ("is_shared", True), _connector="OR"),
                name="note_of_a_guest_is_shared",
            ),
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(fields=["post", "-id"], name="revision_newest_of_a_post"),
        ),
        migrations.AddConstraint(
            model_name="signoff",
            constraint=models.UniqueConstraint(
                fields=("post", "author", "content_hash"), name="sign_off_once_for_each_text"
            ),
        ),
        migrations.RunSQL(KEEP, LET_GO),
    ]
