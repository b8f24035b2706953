-- Which sums did the provider state, and what do the charges that are served now add up to?
-- Statements about time that begins in the months of the period; with `only_invoices` those about
-- invoices, and the invoices that charges name without a statement.
-- `complete`: no window of that time lacks a part. `rewritten`: some window was written again since.
WITH
stated_sums AS
(
    SELECT
        provider, account_id, name, invoice_id, measure, currency, span_start, span_end, stated, tolerance, version
    FROM control_totals FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'cost'
        AND day >= toStartOfMonth({start:DateTime('UTC')}) AND day <= toLastDayOfMonth({end:DateTime('UTC')} - 1)
        AND ({account:String} = '' OR account_id = {account:String})
        AND (NOT {only_invoices:Bool} OR invoice_id != '')
),

charges AS
(
    SELECT
        provider, account_id, invoice_id, billing_currency AS currency, day,
        sum(billed_cost) AS billed, sum(effective_cost) AS effective,
        sum(list_cost) AS list, sum(contracted_cost) AS contracted,
        count() AS charges, countIf(finality = 'open') AS open, countIf(finality = 'closing') AS closing
    FROM cost_metrics FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND day >= toStartOfMonth({start:DateTime('UTC')}) AND day <= toLastDayOfMonth({end:DateTime('UTC')} - 1)
        AND ({account:String} = '' OR account_id = {account:String})
        AND (NOT {only_invoices:Bool} OR invoice_id != '')
    GROUP BY provider, account_id, invoice_id, currency, day
),

written AS
(
    SELECT provider, account_id, groupArray((day, version, complete)) AS windows
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'cost'
        AND day >= toStartOfMonth({start:DateTime('UTC')}) AND day <= toLastDayOfMonth({end:DateTime('UTC')} - 1)
    GROUP BY provider, account_id
),

meant AS
(
    SELECT
        stated_sums.*,
        charges.charges, charges.open, charges.closing,
        multiIf(
            measure = 'effective_cost', charges.effective,
            measure = 'list_cost', charges.list,
            measure = 'contracted_cost', charges.contracted,
            charges.billed
        ) AS amount,
        stated_sums.currency = charges.currency
        AND (stated_sums.invoice_id = '' OR stated_sums.invoice_id = charges.invoice_id)
        AND charges.day >= toDate(span_start) AND charges.day <= toDate(span_end - 1) AS counts
    FROM stated_sums
    LEFT JOIN charges ON stated_sums.provider = charges.provider AND stated_sums.account_id = charges.account_id
),

summed AS
(
    SELECT
        provider, account_id, name, invoice_id, measure, currency, span_start, span_end, version,
        toNullable(stated) AS stated, tolerance, sumIf(amount, counts) AS served,
        sumIf(charges, counts) AS charges, sumIf(open, counts) AS open, sumIf(closing, counts) AS closing
    FROM meant
    GROUP BY
        provider, account_id, name, invoice_id, measure, currency, span_start, span_end, version, stated, tolerance
    UNION ALL
    SELECT
        provider, account_id, '' AS name, invoice_id, 'billed_cost' AS measure, currency,
        toDateTime(min(day), 'UTC') AS span_start, toDateTime(max(day) + 1, 'UTC') AS span_end, toUInt64(0) AS version,
        CAST(NULL, 'Nullable(Decimal(38, 18))') AS stated, toDecimal128(0, 18) AS tolerance, sum(billed) AS served,
        sum(charges) AS charges, sum(open) AS open, sum(closing) AS closing
    FROM charges
    WHERE
        {only_invoices:Bool}
        AND (provider, account_id, invoice_id, currency)
        NOT IN (SELECT provider, account_id, invoice_id, currency FROM stated_sums)
    GROUP BY provider, account_id, invoice_id, currency
)

SELECT
    provider, account_id, name, invoice_id, measure, currency, span_start, span_end, stated, served,
    served - stated AS difference,
    toBool(abs(served - stated) <= tolerance) AS agrees,
    multiIf(charges = 0, NULL, open > 0, 'open', closing > 0, 'closing', 'final') AS finality,
    charges,
    toBool(
        NOT arrayExists(w -> NOT w.3 AND w.1 >= toDate(span_start) AND w.1 <= toDate(span_end - 1), windows)
    ) AS complete,
    toBool(
        arrayExists(w -> w.2 != version AND w.1 >= toDate(span_start) AND w.1 <= toDate(span_end - 1), windows)
    ) AS rewritten
FROM summed
LEFT JOIN written ON summed.provider = written.provider AND summed.account_id = written.account_id
ORDER BY span_start DESC, provider ASC, account_id ASC, invoice_id ASC, name ASC, currency ASC
LIMIT {limit:UInt32}
