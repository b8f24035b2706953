-- What did people say of single calls? Newest call first; a page starts after the cursor's row.
SELECT
    timestamp, application_id, interaction_id, metric_name, rater, toBool(flagged) AS flagged, labelled_at, key_id
FROM human_labels FINAL
WHERE
    customer_id = {customer_id:String}
    AND day >= toDate({start:DateTime('UTC')}) AND day <= toDate({end:DateTime('UTC')})
    AND timestamp >= {start:DateTime('UTC')} AND timestamp < {end:DateTime('UTC')}
    AND ({application:String} = '' OR application_id = {application:String})
    AND ({metric_name:String} = '' OR metric_name = {metric_name:String})
    AND ({rater:String} = '' OR rater = {rater:String})
    AND (
        NOT {has_after:Bool}
        OR timestamp < {after_timestamp:DateTime64(3, 'UTC')}
        OR (
            timestamp = {after_timestamp:DateTime64(3, 'UTC')}
            AND (application_id, interaction_id, metric_name, rater)
            > ({after_application:String}, {after_interaction:String}, {after_metric:String}, {after_rater:String})
        )
    )
ORDER BY timestamp DESC, application_id ASC, interaction_id ASC, metric_name ASC, rater ASC
LIMIT {limit:UInt32}
