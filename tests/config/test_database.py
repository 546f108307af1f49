from django.db import connection


def test_the_database_of_the_run_sorts_by_bytes_and_knows_unicode_letters() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('ÄÉ'), 'Z' < 'a', current_setting('server_encoding')")
        assert cursor.fetchone() == ("äé", True, "UTF8")
