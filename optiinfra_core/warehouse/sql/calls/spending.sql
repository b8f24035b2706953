-- What has an account spent this month, and what does one collection of a data set cost of late?
-- Runs that cost less than `negligible` are no collections: looks at what has changed.
SELECT
    sum(month_usd) AS spent,
    sum(run_usd) AS recent_usd,
    sumIf(run_usd, dataset = {dataset:String}) AS recent_on_dataset,
    quantileExactIf(0.5)(run_usd, dataset = {dataset:String} AND run_usd >= {negligible:Decimal(38, 12)}) AS typical,
    maxIf(last_call, dataset = {dataset:String} AND run_usd >= {negligible:Decimal(38, 12)}) AS last_paid
FROM
    (
        SELECT
            dataset,
            run_id,
            sumIf(usd, at >= {recent:DateTime('UTC')}) AS run_usd,
            sumIf(usd, at >= {start:DateTime('UTC')}) AS month_usd,
            max(at) AS last_call
        FROM collection_calls
        WHERE
            customer_id = {customer_id:String} AND provider = {provider:String} AND account_id = {account_id:String}
            AND day >= toDate(least({start:DateTime('UTC')}, {recent:DateTime('UTC')}))
        GROUP BY dataset, run_id
    )
HAVING count() > 0
