"""What happened: one file per noun, its table and its queries. Times are UTC; a naive time is refused."""
