"""What judging is made of: the names of its steps, which are those of assets, and of its job."""

INTERACTIONS = "application_interactions"
SAMPLE = "application_sample"
JUDGEMENTS = "application"
QUALITY = "application_quality"
STEPS = (INTERACTIONS, SAMPLE, JUDGEMENTS, QUALITY)
JOB = "judge"
