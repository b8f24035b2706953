-- What did the period cost as we knew it at a moment, per currency?
-- Today's charges of the windows committed by then, less every change found since.
WITH
known AS
(
    SELECT provider, account_id, day
    FROM collection_windows FINAL
    WHERE
        customer_id = {customer_id:String}
        AND provider IN {providers:Array(String)}
        AND dataset = 'cost'
        AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
        AND first_committed_at <= {known_at:DateTime64(3, 'UTC')}
)

SELECT
    currency,
    sum(amount) AS cost,
    -sumIf(amount, is_change) AS changed_since,
    countIf(is_change) AS changes_since
FROM
    (
        SELECT
            billing_currency AS currency,
            if({basis:String} = 'billed', billed_cost, effective_cost) AS amount,
            0 AS is_change
        FROM cost_metrics FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
            AND (provider, account_id, day) IN (SELECT provider, account_id, day FROM known)
            AND ({service:String} = '' OR service_name = {service:String})
            AND ({region:String} = '' OR region_id = {region:String})
            AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
            AND ({charge_category:String} = '' OR charge_category = {charge_category:String})
            AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
        UNION ALL
        SELECT
            billing_currency AS currency,
            -if({basis:String} = 'billed', delta_billed_cost, delta_effective_cost) AS amount,
            1 AS is_change
        FROM cost_restatements FINAL
        WHERE
            customer_id = {customer_id:String}
            AND provider IN {providers:Array(String)}
            AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
            AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
            AND detected_at > {known_at:DateTime64(3, 'UTC')}
            AND (provider, account_id, day) IN (SELECT provider, account_id, day FROM known)
            AND ({service:String} = '' OR service_name = {service:String})
            AND ({region:String} = '' OR region_id = {region:String})
            AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
            AND ({charge_category:String} = '' OR charge_category = {charge_category:String})
            AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
    )
GROUP BY currency
ORDER BY currency ASC
