-- Keep the statements that came with this write, and tombstone those of its span that did not.
INSERT INTO control_totals
(
    customer_id, provider, dataset, account_id, span_start, span_end, name, invoice_id, measure, currency,
    stated, collected, tolerance, source, run_id, version, is_deleted
)
SELECT
    {customer_id:String}, {provider:String}, {dataset:String}, {account_id:String},
    span_start, span_end, name, invoice_id, measure, currency, stated, collected, tolerance,
    {source:String}, {run_id:String}, {version:UInt64}, 0
FROM stated
UNION ALL
SELECT
    customer_id, provider, dataset, account_id, span_start, span_end, name, invoice_id, measure, currency,
    stated, collected, tolerance, source, {run_id:String}, {version:UInt64}, 1
FROM control_totals FINAL
WHERE
    customer_id = {customer_id:String} AND provider = {provider:String} AND dataset = {dataset:String}
    AND account_id = {account_id:String}
    AND day >= {first_day:Date} AND day <= {last_day:Date}
    AND span_start >= {start:DateTime('UTC')} AND span_end <= {end:DateTime('UTC')}
    AND (span_start, span_end, name, invoice_id, measure, currency)
    NOT IN (SELECT span_start, span_end, name, invoice_id, measure, currency FROM stated)
