"""Pure decisions: plain values and an explicit `now` in, a decision out. No clock, file or database."""
