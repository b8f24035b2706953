-- Who may read the views on a ClickHouse of yours that keeps its users in SQL (docs/bi.md).
-- Run it as an administrator after `optiinfra migrate`, with a password of your own:
--   clickhouse-client --param_password=... --queries-file deploy/clickhouse/bi.sql
-- All customers are seen by `bi`; the last two statements make one that sees a single customer.
CREATE SETTINGS PROFILE IF NOT EXISTS optiinfra_bi SETTINGS
    readonly = 2,
    max_execution_time = 60 MIN 1 MAX 60,
    max_memory_usage = 2000000000 MIN 1 MAX 2000000000;

CREATE ROLE IF NOT EXISTS optiinfra_bi SETTINGS PROFILE 'optiinfra_bi';

GRANT SELECT ON optiinfra.bi_* TO optiinfra_bi;

CREATE USER IF NOT EXISTS bi IDENTIFIED BY {password:String} DEFAULT ROLE optiinfra_bi;

GRANT optiinfra_bi TO bi;

CREATE USER IF NOT EXISTS bi_acme IDENTIFIED BY {password:String} DEFAULT ROLE optiinfra_bi;

GRANT optiinfra_bi TO bi_acme;

-- One policy for all views; a policy for bi_acme alone leaves every other user as it is.
CREATE ROW POLICY IF NOT EXISTS only_acme
ON optiinfra.bi_costs, optiinfra.bi_samples, optiinfra.bi_samples_daily, optiinfra.bi_inventory,
optiinfra.bi_quality, optiinfra.bi_collection, optiinfra.bi_collection_calls
USING customer_id = 'acme' TO bi_acme;
