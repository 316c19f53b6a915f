from django.db import migrations

# As blog/revisions.py does it from now on: what is kept while writing, the newest text where the row has an older one,
# and what was kept beside since then.
HOLD = r"""
INSERT INTO blog_revisionpicture (revision_id, picture_id)
SELECT DISTINCT text.id, picture.id
FROM blog_revision AS text
JOIN blog_post AS post ON post.id = text.post_id
CROSS JOIN LATERAL (
    SELECT max(id) AS id FROM blog_revision WHERE post_id = post.id AND kind NOT IN ('autosave', 'beside')
) AS newest
CROSS JOIN LATERAL (
    SELECT (text.data->>'lead_picture')::bigint AS key
    UNION
    SELECT (regexp_matches(
        (text.data->>'introduction') || (text.data->>'body'), '<figure data-picture="([0-9]{1,15})"', 'g'))[1]::bigint
) AS named
JOIN foundation_picture AS picture ON picture.id = named.key
WHERE text.kind = 'autosave'
   OR (text.id >= newest.id AND text.id IS DISTINCT FROM post.revision_id)
"""


class Migration(migrations.Migration):
    dependencies = [("blog", "0007_pictures_of_texts_that_are_not_out")]

    operations = [migrations.RunSQL(HOLD, "DELETE FROM blog_revisionpicture")]
