-- What did the provider change after it was first served? Newest finding first.
SELECT
    provider, account_id, charge_period_start, charge_period_end, sub_account_id, service_name,
    charge_category, charge_class, charge_description, region_id, resource_id, sku_id,
    billing_currency AS currency, change,
    if({basis:String} = 'billed', old_billed_cost, old_effective_cost) AS old,
    if({basis:String} = 'billed', new_billed_cost, new_effective_cost) AS new,
    if({basis:String} = 'billed', delta_billed_cost, delta_effective_cost) AS delta,
    source, source_version, run_id, detected_at, line, from_version
FROM cost_restatements FINAL
WHERE
    customer_id = {customer_id:String}
    AND provider IN {providers:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    AND detected_at >= {detected_after:DateTime64(3, 'UTC')}
    AND has({changes:Array(String)}, change)
    AND ({service:String} = '' OR service_name = {service:String})
    AND ({region:String} = '' OR region_id = {region:String})
    AND ({account:String} = '' OR account_id = {account:String} OR sub_account_id = {account:String})
    AND ({charge_category:String} = '' OR charge_category = {charge_category:String})
    AND ({resource_id:String} = '' OR resource_id = {resource_id:String})
    AND if({basis:String} = 'billed', delta_billed_cost, delta_effective_cost) != 0
    AND (
        NOT {has_after:Bool}
        OR detected_at < {after_detected:DateTime64(3, 'UTC')}
        OR (
            detected_at = {after_detected:DateTime64(3, 'UTC')}
            AND (provider, account_id, line, from_version)
            > ({after_provider:String}, {after_account:String}, {after_line:UInt64}, {after_version:UInt64})
        )
    )
ORDER BY detected_at DESC, provider ASC, account_id ASC, line ASC, from_version ASC
LIMIT {limit:UInt32}
