-- How much did providers change charges of a period, and of the one before, after their days had ended?
SELECT
    billing_currency AS currency,
    toBool(charge_period_start >= {start:DateTime('UTC')}) AS current,
    sum(if({basis:String} = 'billed', delta_billed_cost, delta_effective_cost)) AS delta,
    count() AS changes,
    max(detected_at) AS last_detected
FROM cost_restatements FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({before:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND charge_period_start >= {before:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    AND change != 'source'
    AND detected_at > charge_period_end
    AND ({service:String} = '' OR service_name = {service:String})
    AND ({region:String} = '' OR region_id = {region:String})
    AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
    AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
GROUP BY currency, current
HAVING delta != 0
ORDER BY currency ASC, current ASC
