from django.db import migrations

REFUSE = """
CREATE FUNCTION foundation_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of what was done is append-only';
END $$;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON foundation_auditentry
    FOR EACH ROW EXECUTE FUNCTION foundation_audit_is_append_only();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON foundation_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION foundation_audit_is_append_only();
"""

ALLOW = """
DROP TRIGGER audit_is_not_changed ON foundation_auditentry;
DROP TRIGGER audit_is_not_emptied ON foundation_auditentry;
DROP FUNCTION foundation_audit_is_append_only();
"""

# The table of Django's database cache, as `createcachetable` makes it, whatever CACHE_URL says today.
MAKE_CACHE_TABLE = """
CREATE TABLE foundation_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX foundation_cache_expires ON foundation_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_users_mail_audit_and_facts")]

    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(MAKE_CACHE_TABLE, "DROP TABLE foundation_cache"),
    ]
