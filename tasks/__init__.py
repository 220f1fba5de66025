"""How a step is retried: thin Prefect tasks, one file per stage."""
