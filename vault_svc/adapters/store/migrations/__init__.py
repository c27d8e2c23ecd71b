"""The revisions of the tables, by Alembic."""
