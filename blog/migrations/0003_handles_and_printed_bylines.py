from django.db import migrations


def move_handles_out(apps, schema_editor):
    """An author had one handle, of a network that nobody had asked for: then it was Twitter."""
    handle = apps.get_model("blog", "Handle")
    for author in apps.get_model("blog", "Author").objects.exclude(handle=""):
        handle.objects.create(author=author, network="x", name=author.handle)


def move_handles_back(apps, schema_editor):
    author = apps.get_model("blog", "Author")
    for handle in apps.get_model("blog", "Handle").objects.filter(network="x"):
        author.objects.filter(pk=handle.author_id).update(handle=handle.name[:60])


def note_bylines(apps, schema_editor):
    for post in apps.get_model("blog", "Post").objects.prefetch_related("bylines"):
        printed = [", ".join(filter(None, [byline.name, byline.organisation])) for byline in post.bylines.all()]
        post.byline_text = "; ".join(printed)
        post.save(update_fields=["byline_text"])


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_topics_pictures_search")]

    operations = [
        migrations.RunPython(move_handles_out, move_handles_back),
        migrations.RunPython(note_bylines, migrations.RunPython.noop),
    ]
