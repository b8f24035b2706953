-- Why: business intelligence tools read views with stable names, the newest committed rows and nothing
-- else: no text of a prompt, no tombstone, no row of a window that was never committed. Who may read the
-- views needs no right on the tables below them. Conditions on customer_id and day reach both sides of
-- the join with the commit records, so that a view reads no more than a question of the API.
-- Charges in the columns of FOCUS 1.3; x_ columns are ours. ProviderName and its kin are the provider's
-- short name where a source tells none.
CREATE VIEW IF NOT EXISTS ${DB}.bi_costs ${ON_CLUSTER}
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    customer_id, provider, account_id, day,
    nullIf(allocated_method_details, '') AS AllocatedMethodDetails,
    nullIf(allocated_method_id, '') AS AllocatedMethodId,
    nullIf(allocated_resource_id, '') AS AllocatedResourceId,
    nullIf(allocated_resource_name, '') AS AllocatedResourceName,
    if(empty(allocated_tags), NULL, toJSONString(mapSort(allocated_tags))) AS AllocatedTags,
    nullIf(availability_zone, '') AS AvailabilityZone,
    billed_cost AS BilledCost,
    nullIf(billing_account_id, '') AS BillingAccountId,
    nullIf(billing_account_name, '') AS BillingAccountName,
    nullIf(billing_account_type, '') AS BillingAccountType,
    nullIf(billing_currency, '') AS BillingCurrency,
    toDateTime64(coalesce(billing_period_end, addMonths(billing_period_start, 1)), 0, 'UTC') AS BillingPeriodEnd,
    toDateTime64(billing_period_start, 0, 'UTC') AS BillingPeriodStart,
    nullIf(capacity_reservation_id, '') AS CapacityReservationId,
    nullIf(capacity_reservation_status, '') AS CapacityReservationStatus,
    nullIf(charge_category, '') AS ChargeCategory,
    nullIf(charge_class, '') AS ChargeClass,
    nullIf(charge_description, '') AS ChargeDescription,
    nullIf(charge_frequency, '') AS ChargeFrequency,
    toDateTime64(charge_period_end, 0, 'UTC') AS ChargePeriodEnd,
    toDateTime64(charge_period_start, 0, 'UTC') AS ChargePeriodStart,
    nullIf(commitment_discount_category, '') AS CommitmentDiscountCategory,
    nullIf(commitment_discount_id, '') AS CommitmentDiscountId,
    nullIf(commitment_discount_name, '') AS CommitmentDiscountName,
    commitment_discount_quantity AS CommitmentDiscountQuantity,
    nullIf(commitment_discount_status, '') AS CommitmentDiscountStatus,
    nullIf(commitment_discount_type, '') AS CommitmentDiscountType,
    nullIf(commitment_discount_unit, '') AS CommitmentDiscountUnit,
    consumed_quantity AS ConsumedQuantity,
    nullIf(consumed_unit, '') AS ConsumedUnit,
    nullIf(contract_applied, '') AS ContractApplied,
    contracted_cost AS ContractedCost,
    contracted_unit_price AS ContractedUnitPrice,
    effective_cost AS EffectiveCost,
    coalesce(nullIf(host_provider_name, ''), nullIf(provider_name, ''), provider) AS HostProviderName,
    nullIf(invoice_id, '') AS InvoiceId,
    coalesce(nullIf(invoice_issuer_name, ''), nullIf(provider_name, ''), provider) AS InvoiceIssuerName,
    list_cost AS ListCost,
    list_unit_price AS ListUnitPrice,
    nullIf(pricing_category, '') AS PricingCategory,
    nullIf(pricing_currency, '') AS PricingCurrency,
    pricing_currency_contracted_unit_price AS PricingCurrencyContractedUnitPrice,
    pricing_currency_effective_cost AS PricingCurrencyEffectiveCost,
    pricing_currency_list_unit_price AS PricingCurrencyListUnitPrice,
    pricing_quantity AS PricingQuantity,
    nullIf(pricing_unit, '') AS PricingUnit,
    coalesce(nullIf(provider_name, ''), nullIf(service_provider_name, ''), provider) AS ProviderName,
    coalesce(nullIf(publisher_name, ''), nullIf(provider_name, ''), nullIf(service_provider_name, ''), provider) AS PublisherName,
    nullIf(region_id, '') AS RegionId,
    nullIf(region_name, '') AS RegionName,
    nullIf(resource_id, '') AS ResourceId,
    nullIf(resource_name, '') AS ResourceName,
    nullIf(resource_type, '') AS ResourceType,
    nullIf(service_category, '') AS ServiceCategory,
    nullIf(service_name, '') AS ServiceName,
    coalesce(nullIf(service_provider_name, ''), nullIf(provider_name, ''), provider) AS ServiceProviderName,
    nullIf(service_subcategory, '') AS ServiceSubcategory,
    nullIf(sku_id, '') AS SkuId,
    nullIf(sku_meter, '') AS SkuMeter,
    nullIf(sku_price_details, '') AS SkuPriceDetails,
    nullIf(sku_price_id, '') AS SkuPriceId,
    nullIf(sub_account_id, '') AS SubAccountId,
    nullIf(sub_account_name, '') AS SubAccountName,
    nullIf(sub_account_type, '') AS SubAccountType,
    if(empty(tags), NULL, toJSONString(mapSort(tags))) AS Tags,
    finality AS x_Finality,
    source AS x_SourceDataset,
    tags AS x_TagMap,
    fromUnixTimestamp64Milli(version, 'UTC') AS x_CollectedAt,
    if(empty(extra), NULL, toJSONString(mapSort(extra))) AS x_ProviderColumns
FROM
    (SELECT *, day FROM ${DB}.cost_metrics FINAL) AS charge
LEFT SEMI JOIN
    (
        SELECT customer_id, provider, account_id, day
        FROM ${DB}.collection_windows
        WHERE dataset = 'cost'
    ) AS committed
    USING (customer_id, provider, account_id, day);

-- Samples of machines, databases, load balancers and functions, in canonical names and units.
CREATE VIEW IF NOT EXISTS ${DB}.bi_samples ${ON_CLUSTER}
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    customer_id, provider, account_id, day, region, resource_type, resource_id, resource_name,
    metric AS metric_name, statistic, unit, ts AS timestamp, period_s, value, source,
    fromUnixTimestamp64Milli(version, 'UTC') AS collected_at
FROM
    (
        SELECT *, day, toStartOfFifteenMinutes(ts) AS window_start
        FROM ${DB}.performance_metrics FINAL
    ) AS sample
LEFT SEMI JOIN
    (
        SELECT customer_id, provider, account_id, day, window_start
        FROM ${DB}.collection_windows
        WHERE dataset = 'performance'
    ) AS committed
    USING (customer_id, provider, account_id, day, window_start);

-- The day of each series of samples in one row; kept for years after the samples are gone.
CREATE VIEW IF NOT EXISTS ${DB}.bi_samples_daily ${ON_CLUSTER}
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    customer_id, provider, account_id, day, region, resource_type, resource_id, resource_name,
    metric AS metric_name, statistic, unit, samples, covered_s, value_sum,
    value_sum / nullIf(samples, 0) AS value_avg, value_min, value_max, value_last, value_p95
FROM ${DB}.performance_metrics_1d FINAL;

-- What exists now: the last committed snapshot of each account, at most two days old; a region that
-- failed in it is taken from the last snapshot in which it did not.
CREATE VIEW IF NOT EXISTS ${DB}.bi_inventory ${ON_CLUSTER}
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
WITH
commits AS
(
    SELECT customer_id, provider, account_id, window_start, failed_parts
    FROM ${DB}.collection_windows FINAL
    WHERE
        dataset = 'resource' AND day >= toDate(now('UTC')) - 2
        AND window_start > now('UTC') - INTERVAL 2 DAY AND (complete OR notEmpty(failed_parts))
),

latest AS
(
    SELECT
        customer_id, provider, account_id, max(window_start) AS ts,
        argMax(failed_parts, window_start) AS failed
    FROM commits
    GROUP BY customer_id, provider, account_id
),

lacking AS
(
    SELECT customer_id, provider, account_id, arrayJoin(failed) AS region FROM latest
),

behind AS
(
    SELECT customer_id, provider, account_id, region, max(window_start) AS ts
    FROM commits
    INNER JOIN lacking USING (customer_id, provider, account_id)
    WHERE NOT has(failed_parts, region)
    GROUP BY customer_id, provider, account_id, region
)

SELECT
    customer_id, provider, account_id, region, resource_type, resource_id, resource_name,
    state AS status, sku, vcpus, memory_gib, storage_gib, created_at, tags, attributes,
    ts AS snapshot_at
FROM ${DB}.resource_metrics FINAL
WHERE
    day >= toDate(now('UTC')) - 2
    AND (
        (
            (customer_id, provider, account_id, ts)
            IN (SELECT customer_id, provider, account_id, ts FROM latest)
            AND (customer_id, provider, account_id, region)
            NOT IN (SELECT customer_id, provider, account_id, region FROM lacking)
        )
        OR (customer_id, provider, account_id, region, ts)
        IN (SELECT customer_id, provider, account_id, region, ts FROM behind)
    );

-- What each quarter of an hour of an application's answers was judged to be. Series of different
-- judges, models or rubrics are never to be mixed; the mean of several windows is
-- sum(weighted_score) / sum(weight).
CREATE VIEW IF NOT EXISTS ${DB}.bi_quality ${ON_CLUSTER}
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    customer_id, provider, day, window_start, application_id, environment, service_version,
    prompt_name, prompt_version, model, metric_type, metric_name, judge, judge_model, rubric_version,
    judged, failed, without_score, tampered, not_passed, weight, weighted_score, weighted_not_passed,
    weighted_score / nullIf(weight, 0) AS mean_score,
    weighted_not_passed / nullIf(weight, 0) AS not_passed_share,
    judge_cost_usd,
    fromUnixTimestamp64Milli(version, 'UTC') AS computed_at
FROM ${DB}.quality_windows FINAL;

-- Which windows are committed, by which source, how late after their end, and what they lack.
CREATE VIEW IF NOT EXISTS ${DB}.bi_collection ${ON_CLUSTER}
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    customer_id, provider, dataset AS data_type, account_id, day, window_start, window_end, source,
    "rows", toBool(complete) AS complete, failed_parts, started_at, first_committed_at,
    finished_at AS committed_at,
    dateDiff('second', window_end, first_committed_at) AS lag_seconds
FROM ${DB}.collection_windows FINAL;

-- What collecting takes: one row is one call to a provider, with the price that its list says.
CREATE VIEW IF NOT EXISTS ${DB}.bi_collection_calls ${ON_CLUSTER}
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
    customer_id, provider, dataset AS data_type, account_id, day, at, operation, region, units, usd,
    milliseconds, status, toBool(throttled) AS throttled, error != '' AS failed
FROM ${DB}.collection_calls;
