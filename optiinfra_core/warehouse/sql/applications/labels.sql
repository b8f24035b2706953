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
    AND ({interaction:String} = '' OR interaction_id = {interaction:String})
    AND (application_id, interaction_id) IN (
        SELECT llm_interactions.application_id, concat(llm_interactions.trace_id, '-', llm_interactions.span_id)
        FROM llm_interactions
        WHERE
            llm_interactions.customer_id = {customer_id:String}
            AND llm_interactions.day >= toDate({start:DateTime('UTC')}) - 1
            AND llm_interactions.day <= toDate({end:DateTime('UTC')}) + 1
            AND llm_interactions.trace_id IN (
                SELECT substring(named.interaction_id, 1, 32)
                FROM human_labels AS named FINAL
                WHERE
                    named.customer_id = {customer_id:String}
                    AND named.day >= toDate({start:DateTime('UTC')})
                    AND named.day <= toDate({end:DateTime('UTC')})
                    AND ({application:String} = '' OR named.application_id = {application:String})
                    AND ({interaction:String} = '' OR named.interaction_id = {interaction:String})
            )
        GROUP BY llm_interactions.application_id, llm_interactions.trace_id, llm_interactions.span_id
        HAVING max(llm_interactions.provider) IN {providers:Array(String)}
    )
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
