-- Which tags belong to an event that is gone?
DELETE FROM asset_event_tags
WHERE NOT EXISTS (SELECT 1 FROM event_logs WHERE event_logs.id = asset_event_tags.event_id)
