-- Every exported row of the usage days from `low` to `high` as known at `known` (epoch seconds).
CREATE MACRO exported(known, low, high) AS TABLE
WITH hours AS (
    SELECT l.*, unnest(range(l.count)) AS number
    FROM lines AS l
    WHERE l.day BETWEEN low AND high
),
rows_of AS (
    SELECT
        h.*,
        h.start + h.number * h.step AS began,
        h.start + (h.number + 1) * h.step AS ended,
        -- Rows are appended every two hours, thirteen minutes past.
        ((h.start + (h.number + 1) * h.step + h.lag - 780 + 7199) // 7200) * 7200 + 780 AS appended
    FROM hours AS h
)
SELECT
    f.*,
    r.* EXCLUDE (place, start, count, step, number, lag),
    to_timestamp(r.began) AS usage_start,
    to_timestamp(r.ended) AS usage_end,
    to_timestamp(r.appended) AS export_at,
    date_trunc('day', to_timestamp(r.appended)) AS partition_at,
    coalesce(r.month, strftime(to_timestamp(r.began) AT TIME ZONE 'America/Los_Angeles', '%Y%m'))
        AS invoice_month,
    list_filter(
        [
            struct_pack(
                name := f.discount.name, amount := r.discounted / 1e6,
                full_name := f.discount.full_name, id := f.discount.id, type := f.discount.type
            ),
            struct_pack(
                name := f.promotion.name, amount := r.promoted / 1e6,
                full_name := f.promotion.full_name, id := f.promotion.id, type := f.promotion.type
            )
        ],
        lambda each: each.amount IS NOT NULL
    ) AS all_credits
FROM rows_of AS r
JOIN facets AS f ON f.place = r.place
WHERE r.appended <= known
