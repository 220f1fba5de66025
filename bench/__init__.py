"""Speed, as a ratio to a named peer or floor in the same run. Never a timed test."""
