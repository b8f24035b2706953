"""ClickHouse: the tables, the one writer of windows, and one file per question that is asked."""
