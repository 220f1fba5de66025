"""What people and the clock do: one function an act. It asks the rule, writes the record, leaves the audit row."""
