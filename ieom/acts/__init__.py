"""What people and the clock do: one function an act, which asks the rule, writes the record and leaves the audit row."""
