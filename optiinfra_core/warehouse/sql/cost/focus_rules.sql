-- Which rules of FOCUS do the charges of some days break, how often, and which are examples?
-- The empty rule counts all charges, so that a rule's share is known. Conditions on what is null hold for none.
-- A cost in whole cents may have been rounded to them; another is compared to a millionth. A thousandth of the
-- amount is for prices that are themselves rounded.
WITH
charge_category IN ('Usage', 'Purchase') AND charge_class != 'Correction' AS priced,
0.000001 AS exact,
0.005 AS cent
SELECT account_id, source, rule, count() AS charges, groupArray(3)(example) AS examples
FROM
    (
        SELECT
            account_id, source,
            concat(
                formatDateTime(charge_period_start, '%Y-%m-%dT%H:%i:%SZ', 'UTC'), ' ', service_name, ' ',
                resource_id, ' ', sku_id, ' ', charge_category
            ) AS example,
            arrayJoin(arrayPushFront(arrayFilter(broken -> broken != '', [
                if(billing_account_id = '', 'BillingAccountId-C-001-M', ''),
                if(service_name = '', 'ServiceName-C-003-M', ''),
                if(billing_currency NOT IN {currencies:Array(String)}, 'BillingCurrency-C-006-M', ''),
                if(billing_period_end <= billing_period_start, 'BillingPeriodEnd-C-004-M', ''),
                if(charge_period_end <= charge_period_start, 'ChargePeriodEnd-C-004-M', ''),
                if(charge_category NOT IN ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'), 'ChargeCategory-C-003-M', ''),
                if(charge_class NOT IN ('', 'Correction'), 'ChargeClass-C-005-C', ''),
                if(charge_class != 'Correction' AND abs(toFloat64(contracted_unit_price) * toFloat64(pricing_quantity) - toFloat64(contracted_cost)) > if(contracted_cost = round(contracted_cost, 2), cent, exact) + 0.001 * abs(toFloat64(contracted_cost)), 'ContractedCost-C-009-C', ''),
                if(charge_class != 'Correction' AND abs(toFloat64(list_unit_price) * toFloat64(pricing_quantity) - toFloat64(list_cost)) > if(list_cost = round(list_cost, 2), cent, exact) + 0.001 * abs(toFloat64(list_cost)), 'ListCost-C-009-C', ''),
                if(charge_category = 'Credit' AND effective_cost != billed_cost, 'EffectiveCost-C-010-C', ''),
                if(charge_category = 'Purchase' AND commitment_discount_id != '' AND effective_cost != 0, 'EffectiveCost-C-005-C', ''),
                if(toDate(charge_period_start) < billing_period_start OR toDate(charge_period_start) >= if(billing_period_end > billing_period_start, billing_period_end, addMonths(billing_period_start, 1)), 'BillingPeriodStart-C-004-M', ''),
                if(capacity_reservation_id = '' AND capacity_reservation_status != '', 'CapacityReservationStatus-C-003-C', ''),
                if(capacity_reservation_id != '' AND charge_category = 'Usage' AND capacity_reservation_status = '', 'CapacityReservationStatus-C-004-C', ''),
                if(capacity_reservation_status NOT IN ('', 'Used', 'Unused'), 'CapacityReservationStatus-C-006-M', ''),
                if(charge_frequency = '', 'ChargeFrequency-C-002-M', ''),
                if(charge_frequency NOT IN ('', 'One-Time', 'Recurring', 'Usage-Based'), 'ChargeFrequency-C-003-M', ''),
                if(charge_category = 'Purchase' AND charge_frequency = 'Usage-Based', 'ChargeFrequency-C-004-C', ''),
                if(commitment_discount_id = '' AND commitment_discount_category != '', 'CommitmentDiscountCategory-C-003-C', ''),
                if(commitment_discount_id != '' AND commitment_discount_category = '', 'CommitmentDiscountCategory-C-004-C', ''),
                if(commitment_discount_category NOT IN ('', 'Spend', 'Usage'), 'CommitmentDiscountCategory-C-005-M', ''),
                if(commitment_discount_id = '' AND commitment_discount_name != '', 'CommitmentDiscountName-C-004-C', ''),
                if(priced AND commitment_discount_id != '' AND isNull(commitment_discount_quantity), 'CommitmentDiscountQuantity-C-005-C', ''),
                if(isNotNull(commitment_discount_quantity) AND (commitment_discount_id = '' OR charge_category NOT IN ('Usage', 'Purchase')), 'CommitmentDiscountQuantity-C-007-C', ''),
                if(commitment_discount_id = '' AND commitment_discount_status != '', 'CommitmentDiscountStatus-C-003-C', ''),
                if(commitment_discount_id != '' AND charge_category = 'Usage' AND commitment_discount_status = '', 'CommitmentDiscountStatus-C-004-C', ''),
                if(commitment_discount_status NOT IN ('', 'Used', 'Unused'), 'CommitmentDiscountStatus-C-005-M', ''),
                if(commitment_discount_id = '' AND commitment_discount_type != '', 'CommitmentDiscountType-C-004-C', ''),
                if(commitment_discount_id != '' AND commitment_discount_type = '', 'CommitmentDiscountType-C-005-C', ''),
                if(isNull(commitment_discount_quantity) AND commitment_discount_unit != '', 'CommitmentDiscountUnit-C-005-C', ''),
                if(isNotNull(commitment_discount_quantity) AND commitment_discount_unit = '', 'CommitmentDiscountUnit-C-006-C', ''),
                if((charge_category != 'Usage' OR commitment_discount_status = 'Unused') AND isNotNull(consumed_quantity), 'ConsumedQuantity-C-004-C', ''),
                if(charge_category = 'Usage' AND charge_class != 'Correction' AND commitment_discount_status != 'Unused' AND isNull(consumed_quantity), 'ConsumedQuantity-C-006-C', ''),
                if(isNull(consumed_quantity) AND consumed_unit != '', 'ConsumedUnit-C-005-C', ''),
                if(isNotNull(consumed_quantity) AND consumed_unit = '', 'ConsumedUnit-C-006-C', ''),
                if(isNull(contracted_cost), 'ContractedCost-C-003-M', ''),
                if(charge_category = 'Tax' AND isNotNull(contracted_unit_price), 'ContractedUnitPrice-C-005-C', ''),
                if(priced AND isNull(contracted_unit_price), 'ContractedUnitPrice-C-006-C', ''),
                if(contracted_unit_price < 0, 'ContractedUnitPrice-C-009-C', ''),
                if(isNull(list_cost), 'ListCost-C-003-M', ''),
                if(charge_category = 'Tax' AND isNotNull(list_unit_price), 'ListUnitPrice-C-004-C', ''),
                if(priced AND isNull(list_unit_price), 'ListUnitPrice-C-005-C', ''),
                if(list_unit_price < 0, 'ListUnitPrice-C-008-M', ''),
                if(charge_category = 'Tax' AND pricing_category != '', 'PricingCategory-C-003-C', ''),
                if(priced AND pricing_category = '', 'PricingCategory-C-004-C', ''),
                if(pricing_category NOT IN ('', 'Standard', 'Dynamic', 'Committed', 'Other'), 'PricingCategory-C-007-M', ''),
                if(commitment_discount_id != '' AND charge_category = 'Usage' AND pricing_category NOT IN ('', 'Committed'), 'PricingCategory-C-009-C', ''),
                if(charge_category = 'Tax' AND isNotNull(pricing_quantity), 'PricingQuantity-C-004-C', ''),
                if(priced AND isNull(pricing_quantity), 'PricingQuantity-C-005-C', ''),
                if(isNull(pricing_quantity) AND pricing_unit != '', 'PricingUnit-C-005-C', ''),
                if(isNotNull(pricing_quantity) AND pricing_unit = '', 'PricingUnit-C-006-C', ''),
                if(region_id = '' AND region_name != '', 'RegionName-C-004-C', ''),
                if(region_id != '' AND region_name = '', 'RegionName-C-005-C', ''),
                if(resource_id = '' AND resource_name != '', 'ResourceName-C-004-C', ''),
                if(resource_id = '' AND resource_type != '', 'ResourceType-C-004-C', ''),
                if(resource_id != '' AND resource_type = '', 'ResourceType-C-005-C', ''),
                if(service_category = '', 'ServiceCategory-C-002-M', ''),
                if(service_category NOT IN ('', 'AI and Machine Learning', 'Analytics', 'Business Applications', 'Compute', 'Databases', 'Developer Tools', 'Identity', 'Integration', 'Internet of Things', 'Management and Governance', 'Media', 'Migration', 'Mobile', 'Multicloud', 'Networking', 'Other', 'Security', 'Storage', 'Web'), 'ServiceCategory-C-003-M', ''),
                if(charge_category = 'Tax' AND sku_id != '', 'SkuId-C-004-C', ''),
                if(priced AND sku_id = '', 'SkuId-C-005-C', ''),
                if(sku_id = '' AND sku_meter != '', 'SkuMeter-C-004-C', ''),
                if(sku_price_id = '' AND sku_price_details != '', 'SkuPriceDetails-C-004-C', ''),
                if(charge_category = 'Tax' AND sku_price_id != '', 'SkuPriceId-C-004-C', ''),
                if(priced AND sku_price_id = '', 'SkuPriceId-C-005-C', ''),
                if(sub_account_id = '' AND sub_account_name != '', 'SubAccountName-C-004-C', ''),
                if(sub_account_id != '' AND sub_account_name = '', 'SubAccountName-C-005-C', ''),
                if(sub_account_id = '' AND sub_account_type != '', 'SubAccountType-C-004-C', ''),
                if(sub_account_id != '' AND sub_account_type = '', 'SubAccountType-C-005-C', ''),
                if(arrayExists(name -> NOT startsWith(name, 'x_'), mapKeys(extra)), 'ColumnHandling-A-010-M', ''),
                if(charge_category = 'Usage' AND charge_class != 'Correction' AND contracted_cost > list_cost AND list_cost >= 0, 'OptiInfra-001', '')
            ]), '')) AS rule
        FROM cost_metrics FINAL
        WHERE
            customer_id = {customer_id:String} AND provider = {provider:String}
            AND day >= {first_day:Date} AND day <= {last_day:Date}
    )
GROUP BY account_id, source, rule
UNION ALL
SELECT account_id, source, 'ServiceName-C-005-C' AS rule, count() AS charges, groupArray(3)(name) AS examples
FROM
    (
        SELECT account_id, source, service_name AS name
        FROM cost_metrics FINAL
        WHERE
            customer_id = {customer_id:String} AND provider = {provider:String}
            AND day >= {first_day:Date} AND day <= {last_day:Date}
            AND service_name != '' AND service_category != ''
        GROUP BY account_id, source, service_name
        HAVING uniqExact(service_category) > 1
    )
GROUP BY account_id, source
UNION ALL
SELECT account_id, source, 'SkuPriceId-C-008-M' AS rule, count() AS charges, groupArray(3)(name) AS examples
FROM
    (
        SELECT account_id, source, sku_price_id AS name
        FROM cost_metrics FINAL
        WHERE
            customer_id = {customer_id:String} AND provider = {provider:String}
            AND day >= {first_day:Date} AND day <= {last_day:Date}
            AND sku_price_id != '' AND sku_id != ''
        GROUP BY account_id, source, sku_price_id
        HAVING uniqExact(sku_id) > 1
    )
GROUP BY account_id, source
